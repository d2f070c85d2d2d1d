"""What Kolla's containers write, of all hosts in one order, with secrets blanked out."""

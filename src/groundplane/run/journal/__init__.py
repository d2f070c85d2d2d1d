"""What was done, kept: runs, their steps and hosts, events, receipts."""

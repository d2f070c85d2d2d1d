"""How a site stands, from its files and its state alone, and which command makes sense next. Asks no host."""

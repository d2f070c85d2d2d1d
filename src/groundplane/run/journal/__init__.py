"""What was done, kept in SQLite in the site's state folder: runs, their steps and hosts, events, receipts.

The engine writes, everybody else reads. Nothing outside of this package knows the database. Start with
`store.open_journal` and `store.read_journal`; `models` are its tables.
"""

"""The command line: one small module per command that parses, calls and shows, and holds no logic.

The only place that prints, exits, asks a terminal or reads the environment (`settings`). Commands are imported when
they are called (`lazy_group`), so that `--help` is quick. Start with `main`; what commands share stands beside it:
opening a site (`common`, `planning`), changing what runs (`operations`).
"""

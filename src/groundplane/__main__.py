"""`python -m groundplane`: the same as the command."""

from groundplane.cli.main import main

main()

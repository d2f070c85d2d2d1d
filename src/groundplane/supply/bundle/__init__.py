"""The bundle: one folder or tar with all that a site needs, for a network that reaches no registry."""

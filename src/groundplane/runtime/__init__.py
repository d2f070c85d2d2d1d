"""Where ansible-core lives: a runtime of its own for each release, so that two releases never share one.

Takes a `Release` and gives a `Runtime`: a virtual environment, or a container image built from packages where this
machine's Python doesn't fit. Start with `choose.ensure_runtime`.
"""

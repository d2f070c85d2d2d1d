"""Checks: whether a site's files are right, how its hosts stand, and whether what was applied does its work.

Takes a `Site`, a `Graph` or a `Plan`, and gives problems with their places (`validation`), a table of layers and hosts
(`status`), or the result of each layer's verify playbook and of checks that the engine makes itself (`verify`,
`engine_checks`, which names them).
"""

"""How hosts are reached: pinned host keys, an agent of the run's own, one connection a host.

Takes a site's inventory and its operator's key, and gives what hosts answer to one question (`asking`), to a stream of
bytes (`piping`), line by line (`streaming`). Start with `connection.open_connection`; `trust` is how a key gets pinned.
"""

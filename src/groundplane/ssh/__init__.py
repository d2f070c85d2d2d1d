"""How hosts are reached: pinned host keys, an agent of the run's own, one connection a host."""

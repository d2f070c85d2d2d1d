"""Where ansible-core lives: a runtime of its own per release, so that two releases never share one."""

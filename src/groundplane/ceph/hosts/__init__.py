"""Hosts of a cluster that runs: adding one, draining one of its data and daemons, removing one."""

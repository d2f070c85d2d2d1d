"""The machine that Groundplane runs on: its programs, its podman, folders in memory, a minimal Debian made on it.

Knows of no site. Start with `host_commands`, by which a program is run; `processes` is for those that take long,
`memory` for what mustn't touch a disk, `cancel` for being stopped, `base_image` for what all images stand on.
"""

"""Images that Kolla describes: its templates, rendered by its own kolla-build, as recipes for our builder."""

"""Nodes that come to a cloud, and nodes that leave it, with all that knows of them."""

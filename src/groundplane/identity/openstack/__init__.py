"""What OpenStack knows of the identity layer: Keystone's identity provider, and the customers' domains."""

"""Compute hosts: how they stand, taking work away from them, and giving it back."""

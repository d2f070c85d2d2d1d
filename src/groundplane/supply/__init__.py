"""Where images, packages and wheels come from: built from package registries, kept in one cache."""

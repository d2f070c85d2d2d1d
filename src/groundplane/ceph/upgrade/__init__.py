"""Taking a running cluster to the image that images.lock names."""

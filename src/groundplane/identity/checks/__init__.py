"""Whether people can log in, tried for real."""

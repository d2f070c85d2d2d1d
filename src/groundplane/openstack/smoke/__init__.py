"""The smoke test: what a customer does with a cloud, done as an ordinary user, and removed again."""

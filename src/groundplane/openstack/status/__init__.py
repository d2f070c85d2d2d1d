"""How OpenStack stands: containers and clusters of all hosts, services as the API tells them, and what is wrong."""

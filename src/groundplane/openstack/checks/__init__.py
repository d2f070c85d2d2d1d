"""What `groundplane verify openstack` looks at: containers, clusters, agents, the load balancer and every endpoint."""

"""The graph: layers, their steps, and what each needs.

Takes a `Site` and layers.yml (the toolkit's and the site's own) and gives a `Graph`: steps in an order, each with its
playbook, service or action, its hosts, and the inputs that it depends on. Kolla's services become steps here, too.
What layers bring besides (actions, things handed over, checks of sense) is named in tables and imported by name.

Start with `loading.load_graph` and `model`; `kolla_steps` and `hooks` add to it.
"""

"""The site: what a cloud should be, as plain files say it, checked and explained.

Takes a folder (site.yml, inventory, environments, secrets.yml, images.lock) and the toolkit's content, and gives a
`Site`: the model, hosts and groups, the network plan, every variable with the place that sets it. All that comes after
reads this object and no file of a site's. Asks no host.

Start with `loading.load_site`, then `site.Site`; `variables` has the precedence, `explain` shows it to people.
"""

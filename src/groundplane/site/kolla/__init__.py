"""What a release's kolla-ansible can deploy, and what a site switches on of it.

Takes the catalogue that scripts/lock makes (images/kolla/RELEASE). It stands in `site` because a site's files are
checked against it: its variables' names are known like a role's. Start with `catalogue.read_catalogue`; what is worked
out from it for a site is the package `groundplane.kolla`.
"""

"""What kolla-ansible deploys for a site, and the site as kolla-ansible wants to be told of it.

Takes a `Site` and gives containers by host (`containers`), Kolla's variables, groups, override files and certificates,
and the playbook by which one service is deployed with Kolla's own roles (`playbook`). kolla-ansible itself is used as
it is, and isn't run here: `groundplane.run.kolla_service` does that.

Start with `playbook.KollaFolder`, which puts all of it into a folder; `validation` tells what can't be.
"""

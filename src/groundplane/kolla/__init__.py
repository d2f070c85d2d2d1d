"""A site, as kolla-ansible wants to be told of it: variables, groups, override files and certificates."""

"""Taking over a cluster that cephadm made before the site knew it: what runs is read and written down as the site's."""

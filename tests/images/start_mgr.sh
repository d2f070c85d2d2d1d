#!/bin/bash
# One monitor and one manager of an empty cluster, as cephadm's bootstrap makes them, inside a container of Ceph's image.
set -euo pipefail
fsid=$(cat /proc/sys/kernel/random/uuid)
keyring=/etc/ceph/ceph.client.admin.keyring
cat >/etc/ceph/ceph.conf <<CONF
[global]
fsid = $fsid
mon_host = 127.0.0.1
public_network = 127.0.0.0/8
auth_allow_insecure_global_id_reclaim = false
mon_allow_pool_size_one = true
mon_data_avail_warn = 1
CONF
ceph-authtool --create-keyring "$keyring" --gen-key -n mon. --cap mon 'allow *'
ceph-authtool "$keyring" --gen-key -n client.admin --cap mon 'allow *' --cap mgr 'allow *' --cap osd 'allow *' --cap mds 'allow *'
chown ceph:ceph "$keyring"
monmaptool --create --addv a '[v2:127.0.0.1:3300,v1:127.0.0.1:6789]' --fsid "$fsid" /tmp/monmap
install -d -o ceph -g ceph /var/lib/ceph/mon/ceph-a /var/lib/ceph/mgr/ceph-a
ceph-mon --mkfs -i a --monmap /tmp/monmap --keyring "$keyring" --setuser ceph --setgroup ceph
ceph-mon -i a --setuser ceph --setgroup ceph
ceph auth get-or-create mgr.a mon 'allow profile mgr' osd 'allow *' mds 'allow *' >/var/lib/ceph/mgr/ceph-a/keyring
chown ceph:ceph /var/lib/ceph/mgr/ceph-a/keyring
exec ceph-mgr -f -i a --setuser ceph --setgroup ceph

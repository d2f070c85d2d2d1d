"""What genconfig shows, from Ansible's lines."""

from __future__ import annotations

from groundplane.openstack.genconfig import Difference, differences

LOG = """\
TASK [nova : Copying over nova.conf] *******************************************
--- before: /etc/kolla/nova-api/nova.conf
+++ after: /dev/shm/r-1/local/tmp/nova.conf
@@ -1,3 +1,3 @@
 [DEFAULT]
-debug = False
+debug = True

changed: [node1] => (item=nova-api)
ok: [node2] => (item=nova-api)

TASK [nova : Ensuring config directories exist] ********************************
--- before
+++ after
@@ -1,4 +1,4 @@
-    "mode": "0700",
+    "mode": "0770",

changed: [node1] => (item=nova-api)
"""


def test_a_files_difference_is_told_with_its_host_and_folders_modes_are_left_out() -> None:
    lines = ("@@ -1,3 +1,3 @@", " [DEFAULT]", "-debug = False", "+debug = True")
    assert differences(LOG) == (Difference("node1", "/etc/kolla/nova-api/nova.conf", lines),)


def test_a_log_without_changes_has_none() -> None:
    assert differences("TASK [x] ***\nok: [node1]\n") == ()

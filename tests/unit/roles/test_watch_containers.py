"""Which containers and files a service's watch list names."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from groundplane.content import toolkit_content


def module(role: str, name: str) -> Any:
    path = toolkit_content().roles / role / "library" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def test_a_container_is_known_by_the_folder_that_it_mounts() -> None:
    output = "\n".join(
        [
            "/openvswitch_db\t/etc/kolla/openvswitch-db-server/\t/run",
            "/openvswitch_vswitchd\t/etc/kolla/openvswitch-vswitchd",
            "/ceph-mon\t/var/lib/ceph",
            "/alone",
        ]
    )
    folders = ["/etc/kolla/openvswitch-db-server", "/etc/kolla/openvswitch-vswitchd", "/etc/kolla/ovsdpdk-db"]
    found = module("watch", "watch_containers").containers_of(output, folders)
    assert found == ["openvswitch_db", "openvswitch_vswitchd"]


def test_all_files_below_a_folder_are_watched_and_one_that_is_not_there_has_none(tmp_path: Path) -> None:
    (tmp_path / "haproxy" / "services.d").mkdir(parents=True)
    for name in ("haproxy.cfg", "services.d/glance.cfg"):
        (tmp_path / "haproxy" / name).touch()
    watch = module("watch", "watch_containers")
    found = watch.files_of(str(tmp_path / "haproxy"))
    assert [Path(path).name for path in found] == ["haproxy.cfg", "glance.cfg"]
    assert watch.files_of(str(tmp_path / "proxysql")) == []


def test_images_lack_their_name_until_they_carry_it() -> None:
    names = {"r/cron@sha256:1": "r/cron:sha256-1", "r/nova@sha256:2": "r/nova:sha256-2", "r/gone@sha256:3": "r/gone:3"}
    images = [
        {"RepoDigests": ["r/cron@sha256:1"], "RepoTags": None},
        {"RepoDigests": ["r/nova@sha256:2"], "RepoTags": ["r/nova:sha256-2"]},
    ]
    lacking, missing = module("images", "images_name").to_name(names, images)
    assert lacking == {"r/cron@sha256:1": "r/cron:sha256-1"}
    assert missing == ["r/gone@sha256:3"]

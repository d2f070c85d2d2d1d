from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import pytest

from groundplane.errors import FailedError, InputError
from groundplane.ssh.known_hosts import HostKey, HostTarget, HostTrust, Trust, read_known_hosts
from groundplane.ssh.trust import pin_new, refuse_changed, refuse_unreachable

NODE1 = HostTarget("node1", "172.31.0.11")
NODE2 = HostTarget("node2", "172.31.0.12")


def _key(text: str, kind: str = "ssh-ed25519") -> HostKey:
    return HostKey(kind, b64encode(text.encode()).decode())


def test_only_new_hosts_are_pinned_with_the_keys_that_still_fit(tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    old, new = _key("old", "ssh-rsa"), _key("new")
    seen = [
        HostTrust(NODE1, Trust.NEW, seen=(new,), pinned=(old,)),
        HostTrust(NODE2, Trust.UNREACHABLE),
    ]
    assert pin_new(file, seen) == 1
    known = read_known_hosts(file)
    assert set(known.keys_of("node1")) == {old, new}
    assert known.keys_of("node2") == ()


def test_every_changed_host_is_named_with_both_fingerprints() -> None:
    one, other = _key("one"), _key("other")
    seen = [
        HostTrust(NODE1, Trust.CHANGED, seen=(other, _key("x", "ssh-rsa")), pinned=(one,)),
        HostTrust(NODE2, Trust.CHANGED, seen=(one,), pinned=(other,)),
    ]
    with pytest.raises(InputError) as told:
        refuse_changed(Path("known_hosts"), seen)
    first, second = told.value.problems
    assert one.fingerprint in first.what
    assert other.fingerprint in first.what
    assert "ssh-rsa" not in first.what
    assert "hosts forget node2" in second.cure


def test_silent_hosts_are_named_and_the_rest_is_counted() -> None:
    refuse_unreachable([HostTrust(NODE1, Trust.KNOWN)])
    with pytest.raises(FailedError, match="1 of 2") as told:
        refuse_unreachable([HostTrust(NODE1, Trust.KNOWN), HostTrust(NODE2, Trust.UNREACHABLE)])
    assert "node2" in told.value.problems[0].what

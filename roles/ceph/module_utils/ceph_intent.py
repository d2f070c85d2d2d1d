"""What the site asks for and the cluster doesn't have, by the very plans that the layer's steps carry out."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ceph_session import Cluster, Session

try:
    from ansible.module_utils import ceph_gateway_pools
    from ansible.module_utils.ceph_auth import plan_users, read_users
    from ansible.module_utils.ceph_filesystem import lacking, read_filesystems
    from ansible.module_utils.ceph_gateway_service import Gateways, set_up
    from ansible.module_utils.ceph_gateway_user import Wanted
    from ansible.module_utils.ceph_judging import Problem, listed
    from ansible.module_utils.ceph_pool import plan_pools, read_pool
    from ansible.module_utils.ceph_pool_work import look
    from ansible.module_utils.ceph_radosgw import Administration
except ImportError:
    import ceph_gateway_pools
    from ceph_auth import plan_users, read_users
    from ceph_filesystem import lacking, read_filesystems
    from ceph_gateway_service import Gateways, set_up
    from ceph_gateway_user import Wanted
    from ceph_judging import Problem, listed
    from ceph_pool import plan_pools, read_pool
    from ceph_pool_work import look
    from ceph_radosgw import Administration


def missing(
    cluster: Cluster, session: Session, given: Mapping[str, object], asked: Callable[[str], bool]
) -> list[Problem]:
    """A sentence for each step of which something isn't as the site asks.

    Args:
        given: the options of the module ceph_verify.
        asked: whether a step is verified.
    """
    found: list[Problem] = []
    if asked("pools"):
        found += _told("pools", "Pools", pools(session, _rows(given["pools"]), _dict(given["pool_defaults"])))
    if asked("users"):
        found += _told(
            "users", "CephX users", users(session, _rows(given["users"]), filesystems=bool(given["filesystems"]))
        )
    if asked("filesystems") and given["filesystems"]:
        found += _told("filesystems", "File systems", metadata_servers(session, given))
    if asked("gateway") and given["gateways"]:
        wanted = Gateways(
            port=cast("int", given["gateway_port"]),
            folder=str(given["gateway_certificates"]),
            settings=_dict(given["gateway_settings"]),
        )
        defaults = _dict(given["pool_defaults"])
        _, changes, problems = ceph_gateway_pools.plan(session, _rows(given["gateway_pools"]), defaults)
        differences = [*problems, *(change.sentence for change in changes), *set_up(session, wanted, check=True)]
        if given["gateway_users"]:
            differences += gateway_users(cluster, _rows(given["gateway_users"]))
        found += _told("gateway", "Gateways", differences)
    return found


def pools(session: Session, written: Sequence[dict[str, object]], defaults: dict[str, object]) -> list[str]:
    wanted, problems = [], []
    for row in written:
        pool, wrong = read_pool(row, defaults)
        wanted += [pool] if pool else []
        problems += wrong
    changes, refused = plan_pools(wanted, look(session, wanted))
    return [*problems, *refused, *(change.sentence for change in changes)]


def users(session: Session, written: Sequence[dict[str, object]], *, filesystems: bool) -> list[str]:
    wanted, problems = read_users(list(written), filesystems=filesystems)
    changes = plan_users(wanted, cast("dict[str, list[dict]]", session.call("auth ls"))["auth_dump"])
    return [*problems, *(change.sentence for change in changes)]


def metadata_servers(session: Session, given: Mapping[str, object]) -> list[str]:
    defaults, hosts = _dict(given["pool_defaults"]), cast("list[str]", given["filesystem_hosts"])
    wanted, problems = read_filesystems(_rows(given["filesystems"]), defaults, hosts)
    dump = _dict(session.call("fs dump"))
    lacks = {one.name: lacking(one, dump, standbys=True) for one in wanted}
    return [*problems, *(f"{name}: {why}" for name, why in lacks.items() if why)]


def gateway_users(cluster: Cluster, written: Sequence[dict[str, object]]) -> list[str]:
    found: list[str] = []
    with Administration(cluster) as administration:
        for row in written:
            user = Wanted(**{key: value for key, value in row.items() if key != "for"})  # type: ignore[arg-type]
            found += [said for said, _ in user.steps(administration.find(user.name))]
    return found


def _told(step: str, what: str, differences: Sequence[str]) -> list[Problem]:
    if not differences:
        return []
    text = f"{what} aren't as the site asks: {listed(differences)}. Cure: groundplane apply ceph.{step} --force"
    return [Problem(step, text)]


def _rows(value: object) -> list[dict[str, object]]:
    return cast("list[dict[str, object]]", value) if isinstance(value, list) else []


def _dict(value: object) -> dict[str, object]:
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}

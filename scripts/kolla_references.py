"""Which variables and groups kolla-ansible's templates read. Ansible alone renders them; here they are parsed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache

from jinja2 import Environment, TemplateSyntaxError, nodes

EXPRESSIONS = frozenset(
    {"when", "until", "changed_when", "failed_when", "that", "with_items", "with_dict", "loop", "var", "retries"}
)
"""Keys of a task whose values are expressions without braces."""
MAGIC = frozenset(
    {
        "groups",
        "group_names",
        "hostvars",
        "inventory_hostname",
        "inventory_hostname_short",
        "inventory_dir",
        "inventory_file",
        "item",
        "loop",
        "lookup",
        "query",
        "q",
        "omit",
        "now",
        "undef",
        "namespace",
        "range",
        "dict",
        "cycler",
        "joiner",
        "lipsum",
        "caller",
        "varargs",
        "kwargs",
        "true",
        "false",
        "none",
        "True",
        "False",
        "None",
        "play_hosts",
        "role_path",
        "role_name",
        "playbook_dir",
        "ansible_facts",
        "vars",
        "environment",
        "result",
        "self",
        "ansible_play_batch",
        "ansible_play_hosts",
        "ansible_play_hosts_all",
        "ansible_check_mode",
        "ansible_version",
        "ansible_env",
        "ansible_failed_result",
        "ansible_loop",
        "ansible_date_time",
        "ansible_run_tags",
    }
)
"""Names that Ansible and Jinja set themselves."""
SHARDS = frozenset(
    {
        "database_password",
        "enable_mariabackup",
        "mariadb_backup_database_password",
        "mariadb_shard_backup_user_prefix",
        "mariadb_shard_group",
        "mariadb_shard_id",
        "mariadb_shard_root_user_prefix",
    }
)
"""What Kolla's filter database_shards_info reads by itself; likewise kolla_address its network's interface."""
_ENVIRONMENT = Environment(extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"])  # noqa: S701 - it writes no HTML
_WORD = re.compile(r"(?<![A-Za-z0-9_.'\"])[A-Za-z_][A-Za-z0-9_]*")
_GROUP = re.compile(r"groups(?:\[\s*|\.get\(\s*)(?:'([^']+)'|\"([^\"]+)\"|([a-z_]+))")
_MEMBER = re.compile(
    r"inventory_hostname\s+(?:is\s+)?(?:not\s+)?in\s+groups(?:\[\s*|\.get\(\s*)(?:'[^']+'|\"[^\"]+\"|[a-z_]+)"
)
_OF_THE_PLAY = re.compile(r"groups(?:\[[^\]]*\]|\.get\([^)]*\))\s*\|\s*intersect\(ansible_play_batch\)")
"""Those of the group that the play is on anyway."""
_OF_OTHERS = re.compile(r"hostvars\s*\[[^\]]*\]\s*(?:\.\s*|\[\s*['\"])([A-Za-z_]\w*)")
_ADDRESS = re.compile(r"['\"](\w+)['\"]\s*\|\s*kolla_address")
_ADDRESS_OF = re.compile(r"['\"](\w+)['\"]\s*\|\s*kolla_address\(\s*(?!override_var|\s*\))")
"""Of another host, which is the filter's argument."""
_START = re.compile(r"lookup\('vars',\s*'(\w+_)'\s*[+~]")
_END = re.compile(r"lookup\('vars',.*?[+~]\s*'(_\w+)'")
_OVERRIDE = re.compile(r"override_var\s*=\s*['\"](\w+)")


@dataclass(slots=True)
class Read:
    """What a text reads."""

    names: set[str] = field(default_factory=set)
    groups: set[str] = field(default_factory=set)
    """Groups of which the members count; where only membership of the host itself counts, they aren't here."""
    others: set[str] = field(default_factory=set)
    """Variables of other hosts."""
    made: set[str] = field(default_factory=set)
    """Names that templates set themselves; a variable may have the same name."""
    patterns: set[str] = field(default_factory=set)
    """Of names that are put together: `run_default_volumes_*`, `*_services`."""

    def add(self, other: Read) -> None:
        self.names |= other.names
        self.groups |= other.groups
        self.others |= other.others
        self.made |= other.made
        self.patterns |= other.patterns


def is_template(text: str) -> bool:
    return "{{" in text or "{%" in text


@cache
def names_in_template(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """Names that it loads, and those that it sets."""
    try:
        tree = _ENVIRONMENT.parse(text)
    except TemplateSyntaxError:
        return frozenset(_WORD.findall(text)), frozenset()
    names = list(tree.find_all(nodes.Name))
    return (
        frozenset(node.name for node in names if node.ctx == "load"),
        frozenset(node.name for node in names if node.ctx != "load"),
    )


def read_text(text: str, *, bare: bool = False) -> Read:
    """What a template reads; `bare` is an expression without braces."""
    found = Read()
    if not bare and not is_template(text):
        return found
    loaded, stored = names_in_template(text if is_template(text) else "{{ " + text + " }}")
    found.names |= loaded
    found.made |= stored
    if "groups" in found.names:
        for match in _GROUP.finditer(_OF_THE_PLAY.sub("", _MEMBER.sub("", text))):
            if group := match[1] or match[2]:
                found.groups.add(group)
            elif match[3]:
                found.groups.add("$" + match[3])
    for name in (*_ADDRESS.findall(text), *(["api"] if "kolla_address" in text else [])):
        found.names |= {f"{name}_interface", f"{name}_address_family", "network_interface"}
    for name in _ADDRESS_OF.findall(text):
        found.others |= {f"{name}_interface", f"{name}_address_family"}
    found.names |= set(_OVERRIDE.findall(text))
    found.others |= set(_OF_OTHERS.findall(text)) - MAGIC
    found.names |= found.others
    if "lookup('vars'" in text:
        found.patterns |= {f"*{end}" for end in _END.findall(text)} | {f"{start}*" for start in _START.findall(text)}
    if "database_shards_info" in text:
        found.names |= SHARDS
        found.groups.add("mariadb")
    found.names -= MAGIC
    return found


def read_value(value: object, *, bare: bool = False) -> Read:
    """What the templates anywhere in a value read."""
    found = Read()
    if isinstance(value, dict):
        for key, item in value.items():
            found.add(read_value(key))
            found.add(read_value(item, bare=key in EXPRESSIONS))
    elif isinstance(value, list):
        for item in value:
            found.add(read_value(item, bare=bare))
    elif isinstance(value, str):
        found.add(read_text(value, bare=bare))
    return found

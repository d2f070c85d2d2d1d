from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.images.containers import Machine

PLUGINS = "[rabbitmq_management,rabbitmq_prometheus].\n"
SETTINGS = "listeners.tcp.default = 127.0.0.1:5672\n"


def test_it_starts_with_both_plugins_and_answers_its_own_health_check(machine: Machine) -> None:
    files = [
        ("rabbitmq.conf", SETTINGS, "/etc/rabbitmq/rabbitmq.conf", "rabbitmq", "0600"),
        ("enabled_plugins", PLUGINS, "/etc/rabbitmq/enabled_plugins", "rabbitmq", "0600"),
    ]
    options = machine.kolla_options(
        "/usr/sbin/rabbitmq-server", files=files, RABBITMQ_LOG_DIR="/var/log/kolla/rabbitmq"
    )
    broker = machine.start("rabbitmq", options=options)
    broker.until(
        lambda: broker.exec("rabbitmq-diagnostics", "-q", "check_running").code == 0, seconds=90, what="RabbitMQ runs"
    )
    broker.said("healthcheck_rabbitmq", timeout=90)
    enabled = json.loads(
        broker.said("rabbitmq-plugins", "list", "--enabled", "--formatter=json", "--quiet", "--silent")
    )
    names = {plugin["name"]: plugin["running_version"] for plugin in enabled["plugins"]}
    assert {"rabbitmq_management", "rabbitmq_prometheus"} <= set(names)
    assert all(names.values()), f"enabled, but not running: {names}"
    broker.said("rabbitmqctl", "add_user", "somebody", "password")
    assert "somebody" in broker.said("rabbitmqctl", "list_users", "--quiet")

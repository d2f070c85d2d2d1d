from __future__ import annotations

from typing import TYPE_CHECKING

from tests.images.containers import RELEASE
from tests.images.databases import PASSWORD, start_mariadb

if TYPE_CHECKING:
    from tests.images.containers import Container, Machine


def test_it_initialises_and_answers_a_query_also_after_a_restart(machine: Machine) -> None:
    volume = machine.volume()
    database = start_mariadb(machine, volume)
    words = ("mariadb", "--user=root", f"--password={PASSWORD}", "--batch", "--skip-column-names", "--execute")
    database.said(*words, "CREATE DATABASE a; CREATE TABLE a.b (c INT); INSERT INTO a.b VALUES (6), (7)")
    assert database.said(*words, "SELECT SUM(c) FROM a.b").strip() == "13"
    wrong = database.exec("mariadb", "--user=root", "--password=wrong", "--execute", "SELECT 1")
    assert wrong.code != 0
    assert "ERROR 1045" in wrong.err
    assert machine.podman("stop", "--time", "30", database.name).code == 0
    again = start_mariadb(machine, volume, initialise=False)
    assert again.said(*words, "SELECT COUNT(*) FROM a.b").strip() == "2"


def test_galera_is_there_and_the_health_check_tells_a_synced_node(machine: Machine) -> None:
    database = start_mariadb(machine, machine.volume(), galera=True)
    words = ("mariadb", "--user=root", f"--password={PASSWORD}", "--batch", "--skip-column-names", "--execute")
    state = (*words, "SHOW STATUS LIKE 'wsrep_local_state'")
    database.until(lambda: database.exec(*state).out.split() == ["wsrep_local_state", "4"], seconds=60, what="synced")
    if RELEASE == "2025.1":
        said = clustercheck(machine, database, PASSWORD)
        assert said.startswith("HTTP/1.1 200 OK\n")
        assert "Content-Length: 32\n" in said
        assert clustercheck(machine, database, "wrong").startswith("HTTP/1.1 503 ")
        return
    settings = machine.folder / "health.cnf"
    question = ["healthcheck.sh", "--defaults-file", "/etc/mysql/health.cnf", "--galera_online", "--galera_ready"]
    for password, code in ((PASSWORD, 0), ("wrong", 1)):
        settings.write_text(f"[client]\nuser=root\npassword={password}\n")
        assert machine.podman("cp", str(settings), f"{database.name}:/etc/mysql/health.cnf").code == 0
        database.said("chmod", "644", "/etc/mysql/health.cnf", user="root")
        assert database.exec(*question).code == code


def clustercheck(machine: Machine, database: Container, password: str) -> str:
    """What a balancer hears from Kolla's container for that, beside the database."""
    environment = {"MYSQL_USERNAME": "root", "MYSQL_PASSWORD": password, "MYSQL_HOST": "127.0.0.1"}
    variables = [word for key, value in environment.items() for word in ("--env", f"{key}={value}")]
    options = ["--network", f"container:{database.name}", "--entrypoint", "clustercheck", *variables]
    return machine.run("mariadb-clustercheck", options=options).out


def test_mariabackup_is_there(machine: Machine) -> None:
    assert "mariadb-backup based on MariaDB server" in machine.said("mariadb-server", "mariadb-backup", "--version")

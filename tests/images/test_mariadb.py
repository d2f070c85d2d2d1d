from __future__ import annotations

from typing import TYPE_CHECKING

from tests.images.databases import PASSWORD, start_mariadb

if TYPE_CHECKING:
    from tests.images.containers import Machine


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


def test_galera_is_there_and_the_healthcheck_tells_a_synced_node(machine: Machine) -> None:
    database = start_mariadb(machine, machine.volume(), galera=True)
    question = "healthcheck.sh --defaults-file /etc/mysql/health.cnf --connect --galera_online"
    folder = machine.folder / "health.cnf"
    folder.write_text(f"[client]\nuser=root\npassword={PASSWORD}\n")
    assert machine.podman("cp", str(folder), f"{database.name}:/etc/mysql/health.cnf").code == 0
    database.until(lambda: database.exec(*question.split()).code == 0, seconds=30, what="a node of its own is synced")


def test_mariabackup_is_there(machine: Machine) -> None:
    assert "mariadb-backup based on MariaDB server" in machine.said("mariadb-server", "mariadb-backup", "--version")

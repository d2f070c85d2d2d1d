"""MariaDB from its image, as other tests need it, too."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.images.containers import Container, Machine

PASSWORD = "not-secret-here"

SETTINGS = """[mysqld]
datadir = /var/lib/mysql
bind-address = 127.0.0.1
innodb_buffer_pool_size = 64M
innodb_log_file_size = 32M
binlog_format = ROW
default_storage_engine = InnoDB
innodb_autoinc_lock_mode = 2
"""
GALERA = """wsrep_on = ON
wsrep_provider = /usr/lib/galera/libgalera_smm.so
wsrep_cluster_address = gcomm://
wsrep_cluster_name = test
wsrep_node_address = 127.0.0.1
wsrep_sst_method = mariabackup
"""


def start_mariadb(machine: Machine, volume: str, *, initialise: bool = True, galera: bool = False) -> Container:
    """A server that answers on 127.0.0.1:3306 inside its container; `initialise` is what Kolla's bootstrap does."""
    settings = SETTINGS + (GALERA if galera else "")
    files = [("galera.cnf", settings, "/etc/mysql/my.cnf", "mysql", "0600")]
    data = ["--volume", f"{volume}:/var/lib/mysql"]
    if initialise:
        options = machine.kolla_options(
            "mariadbd-safe", files=files, KOLLA_BOOTSTRAP="", DB_ROOT_PASSWORD=PASSWORD, DB_MAX_TIMEOUT="60"
        )
        done = machine.run("mariadb-server", options=[*options, *data])
        assert done.code == 0, str(done)
    container = machine.start("mariadb-server", options=[*machine.kolla_options("mariadbd-safe", files=files), *data])
    ping = ("mariadb-admin", "--user=root", f"--password={PASSWORD}", "ping")
    container.until(lambda: container.exec(*ping).code == 0, seconds=60, what="MariaDB answers")
    return container

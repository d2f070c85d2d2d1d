"""What a console says, and what cloud-init is told."""

from __future__ import annotations

import yaml

from groundplane.openstack.smoke.guest import ended_without_metadata, finished, host_keys, last_lines, user_data

WORD = "groundplane-smoke-20260101t000000z-abcdef"
CONSOLE = f"""\
[    0.0] Linux version 6.12
\x1b[0;32m[  OK  ]\x1b[0m cloud-init\r
-----BEGIN SSH HOST KEY KEYS-----
ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBB root@smoke
ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGyEJ6tqMEpcSpAmVvLmYVjJ8hrqYkEk3qbC root@smoke
-----END SSH HOST KEY KEYS-----
{WORD}: cloud-init 24.4 finished after 31.2 seconds, from DataSourceOpenStackLocal
smoke login:
"""


def test_user_data_is_cloud_config_that_says_the_word() -> None:
    text = user_data(WORD, ("ssh-ed25519 AAAA me",))
    assert text.startswith("#cloud-config\n")
    data = yaml.safe_load(text)
    assert data["final_message"].startswith(f"{WORD}: ")
    assert data["ssh_authorized_keys"] == ["ssh-ed25519 AAAA me"]
    assert "ssh_authorized_keys" not in user_data(WORD)


def test_the_end_of_cloud_init_is_found() -> None:
    assert finished(CONSOLE, WORD) == "cloud-init 24.4 finished after 31.2 seconds, from DataSourceOpenStackLocal"


def test_an_echo_of_the_order_is_no_end() -> None:
    assert finished(user_data(WORD), WORD) is None
    assert finished(CONSOLE, "groundplane-smoke-another") is None


def test_a_server_that_nobody_told_who_it_is_has_ended_too() -> None:
    # As a guest said it whose interface was down on its host.
    end = (
        "cloud-init[462]: Cloud-init v. 25.1.4 finished at Sun, 22 Nov 2026 04:44:47 +0000. Datasource DataSourceNone."
    )
    assert ended_without_metadata(f"{end}\nlocalhost login: ") == end
    assert ended_without_metadata("cc_final_message.py[WARNING]: Used fallback datasource") is not None
    assert ended_without_metadata(CONSOLE) is None
    assert (
        ended_without_metadata("finished at Sun. Datasource DataSourceOpenStackLocal [net,ver=2].  Up 31 seconds")
        is None
    )


def test_host_keys_are_read_from_the_console() -> None:
    assert [key.split()[0] for key in host_keys(CONSOLE)] == ["ecdsa-sha2-nistp256", "ssh-ed25519"]
    assert host_keys("nothing") == ()


def test_last_lines_are_plain() -> None:
    assert last_lines(CONSOLE, 1) == ("smoke login:",)
    assert "[  OK  ] cloud-init" in last_lines(CONSOLE, 10)
    assert last_lines("\x1b[!p\x1b]104\x07login:\n[!p]104[0;1;38:5:185mDEPEND[0m\n") == ("login:", "DEPEND")
    assert last_lines("[H[J[1;1H[0;32m[  OK  ][0m ready\n") == ("[  OK  ] ready",)
    assert last_lines("[?7h[?25l[?2004hsmoke login: [6n[1;24r[=3h\n") == ("smoke login:",)
    assert last_lines("\x1b[?7h\x1b]0;title\x07\x1b(Bready\x00\x08\n]3008;start=7f;type=boot\\next\n") == (
        "ready",
        "next",
    )
    assert last_lines("[    1.2] pci 0000:00:01.0: [8086:7000] type 00\n")[0].endswith("[8086:7000] type 00")

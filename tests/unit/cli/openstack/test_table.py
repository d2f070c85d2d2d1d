from __future__ import annotations

from importlib import import_module

import click
import pytest

from groundplane.cli.openstack import COMMANDS


@pytest.mark.parametrize("name", list(COMMANDS))
def test_each_command_of_the_table_is_there_and_says_what_it_does(name: str) -> None:
    command = import_module(COMMANDS[name][0]).command
    assert isinstance(command, click.Command)
    assert command.help

"""Addresses of boards on other machines: their meaning, and that none can become an option or a shell command."""

from __future__ import annotations

import pytest
from tinyhost.boards.remote.addresses import (
    SshTarget,
    check_address,
    is_remote,
    parse_place,
    parse_selector,
    parse_ssh,
    programs_of,
)
from tinyhost.errors import UsageError


@pytest.mark.parametrize(
    ("spec", "target"),
    [
        ("ssh:rig2/native", SshTarget(host="rig2", board="native")),
        ("ssh:ada@rig2:2222/nano33emu:rev2", SshTarget(host="rig2", board="nano33emu:rev2", user="ada", port=2222)),
        ("ssh:rig2/0123456789ABCDEF", SshTarget(host="rig2", board="nano33ble:0123456789ABCDEF")),
        ("ssh:[fe80::1]:22/m4", SshTarget(host="fe80::1", board="m4", port=22)),
    ],
)
def test_ssh_names_a_machine_and_a_board_on_it(spec: str, target: SshTarget) -> None:
    assert parse_ssh(spec) == target
    assert is_remote(spec)


@pytest.mark.parametrize(
    "spec",
    [
        "ssh:rig2", "ssh:/native", "ssh:rig2/", "ssh:-oProxyCommand=x/native", "ssh:a b/native", "ssh:rig2;ls/native",
        "ssh:rig2:0/native", "ssh:rig2:70000/native", "ssh:-l@rig2/native", "ssh:rig2/-x", "ssh:$(ls)/native",
        "ssh:rig2/native;ls", "ssh:rig2/native\n", "labgrid:", "labgrid:-p", "labgrid:a=b,c", "labgrid:x=$(ls)",
        "labgrid:--proxy=x", "jumpstarter:-x", "jumpstarter:a", "jumpstarter:a=b;c", "socket://", "ship:rig2",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(spec: str) -> None:
    with pytest.raises(UsageError):
        check_address(spec)


def test_places_are_named_or_found_by_tags() -> None:
    assert parse_place("labgrid:desk-1") == ("desk-1", ())
    assert parse_place("labgrid:board=nano33ble,lamp=yes") == ("", ("board=nano33ble", "lamp=yes"))
    assert parse_selector("jumpstarter:board=m4,site==a") == "board=m4,site==a"
    assert parse_selector("jumpstarter:") == ""


def test_the_far_command_is_fixed_and_the_host_comes_after_all_options() -> None:
    command = parse_ssh("ssh:ada@rig2:2222/native").command()
    assert command[-6:] == ["--", "rig2", "tinyhost", "board", "serve", "--stdio"]
    assert "native" not in command
    assert programs_of("ssh:rig2/native")[0][0] == "ssh"
    assert programs_of("labgrid:desk-1") == (("labgrid-client", "-p", "desk-1"), ("ssh",))
    assert programs_of("jumpstarter:a=b") == (("jmp", "shell", "-l", "a=b"),)
    assert programs_of("socket://127.0.0.1:5555") == ()

"""`tinyhost reset`: start the firmware again."""

from __future__ import annotations

from typing import Annotated

from tinyhost.cli.declare import Command, make_command, option
from tinyhost.cli.options import BoardOption, StateOption
from tinyhost.cli.output import say

__all__ = ["command"]


def command() -> Command:
    """Return `reset`."""
    return make_command(
        reset,
        examples=(
            "tinyhost reset",
            "tinyhost reset --bootloader --board nano33ble",
        ),
    )


def reset(
    bootloader: Annotated[bool, option("--bootloader", help="Enter the bootloader, which only a Nano has.")] = False,
    board: BoardOption = None,
    state: StateOption = None,
) -> None:
    """Restart the board's firmware and wait until it answers."""
    from tinyhost.cli.connect import connected
    from tinyhost.errors import UsageError
    from tinyhost.protocol.messages import ResetMode

    with connected(board, None, state) as connection:
        if bootloader and not connection.board.board.has_bootloader:
            raise UsageError(f"{connection.board_name} has no bootloader", hint="omit --bootloader")
        connection.device.reset(ResetMode.BOOTLOADER if bootloader else ResetMode.APP)
        if bootloader:
            say(f"{connection.board_name}: ", ("in its bootloader", "yellow"))
            return
        uptime_ms = connection.device.ping().uptime_us / 1000
        say(f"{connection.board_name}: ", ("restarted", "green"), f" {uptime_ms:.0f} ms ago")

"""The power of a real board: programs that switch it, and the check that it was really lost.

power = { switch = "uhubctl", location = "1-1.4", port = 2 }
    power = { switch = "ykush", serial = "YK12345", port = 3 }
    power = { switch = "labgrid", place = "desk-1" }
    power = { switch = "command", off = ["relay", "7", "off"], on = ["relay", "7", "on"] }
    power = { switch = "jumpstarter" }    # by the driver `power` of the board's own exporter

Each takes `off_s`, the time without power, by default 2 s. The programs must be allowed by the computer's owner:
hil.allowed.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath

from tinyhost.errors import BoardError, MissingToolError
from tinyhost.protocol.messages import InfoReply
from tinyhost.protocol.reset import ResetReason
from tinyhost.system.toml_tables import Table

__all__ = ["PowerCommands", "check_power_lost", "check_program", "read_power", "run_command"]

SWITCHES = ("uhubctl", "ykush", "labgrid", "command", "jumpstarter")
DEFAULT_OFF_S = 2.0
MAX_OFF_S = 600.0
COMMAND_S = 30.0
_LOCATION = re.compile(r"\d+-\d+(\.\d+)*|\d+")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]*")


@dataclass(frozen=True, kw_only=True)
class PowerCommands:
    """Commands that switch a board's power off and on: programs with arguments, never a shell.

    Both are empty if the connection to the board has a switch of its own.
    """

    switch: str
    off: tuple[str, ...]
    on: tuple[str, ...]
    off_s: float = DEFAULT_OFF_S

    @property
    def commands(self) -> tuple[tuple[str, ...], ...]:
        """All commands that may be started."""
        return tuple(command for command in (self.off, self.on) if command)

    def cut(self, board: str, *, sleep: Callable[[float], None] = time.sleep) -> None:
        """Switch the power off and on. Raises BoardError, MissingToolError; the power is switched on in any case."""
        try:
            run_command(board, self.off)
            sleep(self.off_s)
        finally:
            run_command(board, self.on)


def read_power(table: Table, *, leased: bool = False) -> PowerCommands:
    """Return the commands in a rig's `power` table.

    leased: the board is jumpstarter's. Raises ConfigError with its line.
    """
    switch, off_s = table.choice("switch", SWITCHES), table.positive("off_s", DEFAULT_OFF_S)
    off: tuple[str, ...] | None
    on: tuple[str, ...] | None
    if switch == "command":
        off, on = table.texts("off"), table.texts("on")
        if off is None or on is None:
            missing = "off" if off is None else "on"
            raise table.error(None, f'"{missing}" is missing', hint=f'{missing} = ["PROGRAM", "ARGUMENT"]')
    elif switch == "uhubctl":
        where = ("-l", _matching(table, "location", _LOCATION, "1-1.4"), "-p", _port(table))
        off, on = (("uhubctl", *where, "-a", action) for action in ("off", "on"))
    elif switch == "ykush":
        hub, port = ("-s", _matching(table, "serial", _WORD, "YK12345")), _port(table)
        off, on = (("ykushcmd", *hub, action, port) for action in ("-d", "-u"))
    elif switch == "jumpstarter":
        off, on = (), ()
        if not leased:
            raise table.error(
                "switch", "only a board of jumpstarter has it", hint='address = "jumpstarter:LABEL=VALUE"'
            )
    else:
        place = _matching(table, "place", _WORD, "desk-1")
        off, on = (("labgrid-client", "-p", place, "power", action) for action in ("off", "on"))
    table.finish()
    if off_s > MAX_OFF_S:
        raise table.error("off_s", f"expected at most {MAX_OFF_S:g} s, got {off_s:g}", hint="off_s = 2")
    for key, command in (("off", off), ("on", on)):
        if command:
            check_program(table, key if switch == "command" else "switch", command[0])
    return PowerCommands(switch=switch, off=off, on=on, off_s=off_s)


def check_power_lost(board: str, before: InfoReply, after: InfoReply) -> None:
    """Raise BoardError unless a board lost its power between two replies: it must have started, because of power-on.

    For a board that does not report the reason, such as a virtual one, the new start is enough.
    """
    if before.boot == after.boot:
        raise BoardError(
            f"{board}: its power was not lost: it did not restart (start number {before.boot}), so only its data "
            f"lines were cut",
            hint="a hub that switches VBUS is needed (docs/guides/rigs.md), or remove `power` from the rig file",
        )
    if after.reset_reason not in (ResetReason.POWER_ON, ResetReason.UNKNOWN):
        reason = ResetReason(after.reset_reason).name.lower() if after.reset_reason in set(ResetReason) else "unknown"
        raise BoardError(
            f"{board}: its power was not lost: it started again by {reason}, expected power_on",
            hint="it has another power supply, or off_s is too short for its capacitors",
        )


def _matching(table: Table, key: str, pattern: re.Pattern[str], example: str) -> str:
    text = table.text(key)
    if not pattern.fullmatch(text):
        raise table.error(key, f'expected something like "{example}", got "{text}"', hint=f'{key} = "{example}"')
    return text


def _port(table: Table) -> str:
    number = table.positive("port", 0.0)
    if number not in range(1, 64):
        raise table.error("port", f"expected a port's number, got {number:g}", hint="port = 2")
    return str(int(number))


def check_program(table: Table, key: str, program: str) -> None:
    """Refuse a program whose meaning depends on the current folder."""
    if PurePath(program).name != program and not PurePath(program).is_absolute():
        raise table.error(key, f'"{program}" depends on the current folder', hint="a name on PATH, or a whole path")


def run_command(board: str, command: tuple[str, ...], *, timeout_s: float = COMMAND_S) -> None:
    """Run a program of the rig to its end. Raises BoardError if it fails, MissingToolError if it is missing."""
    program = shutil.which(command[0])
    if program is None:
        raise MissingToolError(f"{board}: {command[0]} is not installed", hint="the rig file names it: install it")
    try:
        done = subprocess.run(
            [program, *command[1:]], stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout_s, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as exc:
        raise BoardError(f"{board}: {' '.join(command)}: {exc}", hint="run it by hand") from exc
    if done.returncode:
        said = (done.stderr or done.stdout).decode(errors="replace").strip()[-400:]
        raise BoardError(f"{board}: {' '.join(command)}: exit {done.returncode}: {said}", hint="run it by hand")

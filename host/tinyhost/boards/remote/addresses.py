"""The addresses of boards on other machines: ssh:HOST/BOARD, labgrid:PLACE, jumpstarter:SELECTOR.

They may come from a foreign rig file and become arguments of programs, so each part is checked, and none can be taken
for an option.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from tinyhost.boards.ports import check_port_address, is_port
from tinyhost.errors import UsageError

__all__ = [
    "SCHEMES",
    "SshTarget",
    "check_address",
    "is_remote",
    "parse_place",
    "parse_selector",
    "parse_ssh",
    "programs_of",
]

SCHEMES = ("ssh", "labgrid", "jumpstarter")
_USER = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}"
_NAME = r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?"
_HOST = re.compile(rf"(?:(?P<user>{_USER})@)?(?P<host>{_NAME}|\[[0-9A-Fa-f:.]{{2,45}}\])(?::(?P<port>[0-9]{{1,5}}))?")
_BOARD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:+-]{0,127}")
_SERIAL = re.compile(r"[0-9A-Fa-f]{16}")
_KEY = r"[A-Za-z_][A-Za-z0-9_./-]{0,127}"
_PAIR = re.compile(rf"{_KEY}==?[A-Za-z0-9_][A-Za-z0-9_.:-]{{0,127}}")
_PLACE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_MAX_PORT = 65_535


@dataclass(frozen=True, kw_only=True)
class SshTarget:
    """A board behind ssh."""

    host: str
    """a name, an address, or an alias of ~/.ssh/config; without brackets"""
    board: str
    """as `--board` names it there"""
    user: str = ""
    """empty: ssh's default"""
    port: int = 0
    """0: ssh's default"""

    def command(self) -> list[str]:
        """Return the command that serves the board on its standard input and output."""
        place = [*(["-p", str(self.port)] if self.port else []), *(["-l", self.user] if self.user else [])]
        options = ["BatchMode=yes", "ConnectTimeout=15", "ServerAliveInterval=5", "ServerAliveCountMax=3"]
        dashed = [word for option in options for word in ("-o", option)]
        return ["ssh", "-T", *dashed, *place, "--", self.host, "tinyhost", "board", "serve", "--stdio"]


def is_remote(spec: str) -> bool:
    """Return whether `--board` names a board on another machine that is reached by a program."""
    return spec.partition(":")[0] in SCHEMES and ":" in spec


def parse_ssh(spec: str) -> SshTarget:
    """Parse ssh:[USER@]HOST[:PORT]/BOARD; a serial number alone is a Nano's. Raises UsageError."""
    where, slash, board = spec.removeprefix("ssh:").partition("/")
    found = _HOST.fullmatch(where)
    port = int(found["port"] or 0) if found else 0
    if not slash or not _BOARD.fullmatch(board) or not found or port > _MAX_PORT or (found["port"] and not port):
        raise UsageError(
            f"{spec!r} is not a board behind ssh",
            hint="expected ssh:[USER@]HOST[:PORT]/SERIAL, as ssh:rig2/0123456789ABCDEF",
        )
    if _SERIAL.fullmatch(board):
        board = f"nano33ble:{board}"
    return SshTarget(host=found["host"].strip("[]"), user=found["user"] or "", port=port, board=board)


def parse_place(spec: str) -> tuple[str, tuple[str, ...]]:
    """Return (place, tags) of labgrid:PLACE or labgrid:TAG=VALUE,...: one of them is empty. Raises UsageError."""
    text = spec.removeprefix("labgrid:")
    if _PLACE.fullmatch(text):
        return text, ()
    return "", _pairs(spec, text, "labgrid:PLACE, or tags as in labgrid:board=nano33ble,lamp=yes")


def parse_selector(spec: str) -> str:
    """Return the labels of jumpstarter:LABEL=VALUE,...; empty for jumpstarter:, the lease of this shell.

    Raises UsageError.
    """
    text = spec.removeprefix("jumpstarter:")
    return (
        ",".join(_pairs(spec, text, "jumpstarter:LABEL=VALUE,..., as in jumpstarter:board=nano33ble")) if text else ""
    )


def check_address(spec: str) -> None:
    """Raise UsageError for an invalid address of another machine's board."""
    scheme = spec.partition(":")[0]
    if scheme in _PARSERS:
        _PARSERS[scheme](spec)
    elif "://" in spec:
        check_port_address(spec)
    elif not is_port(spec):
        raise UsageError(
            f"{spec!r} is not the address of a board",
            hint="expected ssh:HOST/SERIAL, labgrid:PLACE, jumpstarter:LABEL=VALUE, socket://HOST:PORT, rfc2217://HOST:PORT",
        )


def programs_of(spec: str) -> tuple[tuple[str, ...], ...]:
    """Return the programs that an address starts on this computer, for its owner to allow. Raises UsageError."""
    scheme = spec.partition(":")[0]
    if scheme == "ssh":
        return (tuple(parse_ssh(spec).command()),)
    if scheme == "labgrid":
        place, tags = parse_place(spec)
        return (("labgrid-client", "-p", place or ",".join(tags)), ("ssh",))
    if scheme == "jumpstarter":
        return (("jmp", "shell", "-l", parse_selector(spec)),)
    return ()


def _pairs(spec: str, text: str, expected: str) -> tuple[str, ...]:
    pairs = text.split(",")
    if not all(_PAIR.fullmatch(pair) for pair in pairs):
        raise UsageError(f"{spec!r} is not a board of a lab", hint=f"expected {expected}")
    return tuple(pairs)


_PARSERS: dict[str, Callable[[str], object]] = {"ssh": parse_ssh, "labgrid": parse_place, "jumpstarter": parse_selector}

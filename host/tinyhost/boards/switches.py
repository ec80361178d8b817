"""The switches of the emulated Nano: commands to the socket `control` in its folder, each with one line of reply."""

from __future__ import annotations

from pathlib import Path

from tinyhost.errors import BoardError
from tinyhost.system.posix import ask_socket

__all__ = ["throw_switch"]

_TIMEOUT_S = 10.0


def throw_switch(folder: Path, command: str) -> str:
    """Return what the board in this folder replies to a command, without the `ok`. Raises BoardError."""
    try:
        reply = ask_socket(folder, "control", command, _TIMEOUT_S)
    except OSError as exc:
        raise BoardError(
            f"{folder.name}: no reply to {command!r} ({exc.strerror or exc})",
            hint="only the emulated Nano has switches",
        ) from exc
    verdict, _, rest = reply.partition(" ")
    if verdict != "ok":
        raise BoardError(
            f"{folder.name}: refused {command!r}: {rest or reply}", hint="docs/reference/boards.md has them"
        )
    return rest

"""The programs that rig files may start on this computer: allowed by its owner, never by a rig file.

allowed.json in the user's configuration folder has hashes of rig files that the owner has read, and single commands,
each with all of its arguments. A changed rig file must be allowed again.
"""

from __future__ import annotations

import json
import os
import shlex
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tinyhost.errors import ConfigError
from tinyhost.system.durable import write_atomically
from tinyhost.system.json_reading import JsonObject, read_json
from tinyhost.system.locks import locked
from tinyhost.system.user_folders import config_folder, is_of_another_user, is_writable_by_others

if TYPE_CHECKING:
    from tinyhost.hil.rigs import RigBoard

__all__ = ["Allowed", "allow_rig", "allowed_path", "check_allowed", "read_allowed"]

_MAX_BYTES = 1 << 20
Command = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Allowed:
    """The owner's permissions. rigs: SHA-256 of rig files, with their former paths."""

    rigs: dict[str, str]
    commands: tuple[Command, ...] = ()

    def permits(self, sha256: str, command: Command) -> bool:
        """Return whether a rig file of this hash may start a command."""
        return sha256 in self.rigs or command in self.commands


def allowed_path() -> Path:
    """Return the file: $TINYHOST_ALLOWED, else the user's own."""
    given = os.environ.get("TINYHOST_ALLOWED")
    return Path(given) if given else config_folder() / "allowed.json"


def read_allowed(path: Path | None = None) -> Allowed:
    """Return the permissions; none without a file.

    Raises ConfigError for a malformed file, or one that others may write.
    """
    path = path or allowed_path()
    if not path.exists():
        return Allowed(rigs={})
    if is_writable_by_others(path) or is_of_another_user(path):
        raise ConfigError(f"{path}: other users may write it", hint=f"chown it to yourself, and chmod go-w {path}")
    values = read_json(path, max_bytes=_MAX_BYTES)
    values.check_keys(("rigs", "commands"))
    rigs = values.object("rigs")
    return Allowed(rigs={sha256: rigs.text(sha256) for sha256 in rigs.values}, commands=_commands(values))


def allow_rig(rig: Path, sha256: str, path: Path | None = None) -> None:
    """Record that the owner allows all commands of the rig file with this hash."""
    path = path or allowed_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    with locked(path.with_name(f"{path.name}.lock")):
        allowed = read_allowed(path)
        allowed = replace(allowed, rigs={**allowed.rigs, sha256: str(rig.absolute())})
        document = {"rigs": allowed.rigs, "commands": [list(command) for command in allowed.commands]}
        write_atomically(path, (json.dumps(document, indent=2) + "\n").encode(), mode=0o600)


def check_allowed(board: RigBoard, allowed: Allowed) -> None:
    """Raise ConfigError if a rig file needs a command that the owner did not allow."""
    for command in board.programs if board.rig_sha256 else ():  # not for commands of the command line
        if not allowed.permits(board.rig_sha256, command):
            raise ConfigError(
                f"{board.where}: board {board.name} needs to start a program that has not been allowed on this "
                f"computer: "
                f"{shlex.join(command)}",
                hint="read the rig file, then: tinyhost hil allow --rig FILE",
            )


def _commands(values: JsonObject) -> tuple[Command, ...]:
    found = values.values["commands"]
    right = isinstance(found, list) and all(
        isinstance(command, list) and command and all(isinstance(word, str) for word in command) for command in found
    )
    if not right:
        raise ConfigError(f"{allowed_path()}: commands: expected lists of words", hint='"commands": [["relay", "off"]]')
    return tuple(tuple(command) for command in found)

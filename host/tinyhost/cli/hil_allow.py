"""`tinyhost hil allow`: allow a rig file to start the programs that it names."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

from tinyhost.cli.declare import Command, make_command, option
from tinyhost.cli.output import say
from tinyhost.errors import UsageError

__all__ = ["command"]


def command() -> Command:
    """Return `hil allow`."""
    return make_command(allow, examples=("tinyhost hil allow --rig hil/rigs/desk.toml",))


def allow(
    *,
    rig: Annotated[Path, option("--rig", metavar="FILE", help="The rig file, which you should have read.")],
    yes: Annotated[bool, option("--yes", help="Allow the programs; without this option they are only shown.")] = False,
) -> None:
    """Allow a rig file to start programs that connect to its boards and switch their power.

    The permission is for exactly this file; a changed file must be allowed again. docs/guides/rigs.md says where the
    permission is stored.
    """
    from tinyhost.hil.allowed import allow_rig, allowed_path
    from tinyhost.hil.rigs import load_rig

    loaded = load_rig(rig)
    commands = [(board.name, command) for board in loaded.boards for command in board.programs]
    if not commands:
        say(f"{rig} starts no programs, so there is nothing to allow")
        return
    for name, words in commands:
        say(f"{name}: {shlex.join(words)}")
    if not yes:
        raise UsageError(
            "nothing has been allowed yet", hint="if these programs are right, repeat the command with --yes"
        )
    allow_rig(rig, loaded.boards[0].rig_sha256)
    say(f"allowed in {allowed_path()}")

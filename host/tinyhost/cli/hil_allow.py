"""`tinyhost hil allow`: this computer's owner lets a rig file start the programs that it names."""

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
    rig: Annotated[Path, option("--rig", metavar="FILE", help="The rig file, which you have read.")],
    yes: Annotated[bool, option("--yes", help="Allow it; without this, the programs are only shown.")] = False,
) -> None:
    """Let a rig file start the programs that lead to its boards and switch their power.

    They are allowed to this very file: a changed one is asked for again. docs/guides/rigs.md says where that is kept.
    """
    from tinyhost.hil.allowed import allow_rig, allowed_path
    from tinyhost.hil.rigs import load_rig

    loaded = load_rig(rig)
    commands = [(board.name, command) for board in loaded.boards for command in board.programs]
    if not commands:
        say(f"{rig}: starts no programs, so there is nothing to allow")
        return
    for name, words in commands:
        say(f"{name}: {shlex.join(words)}")
    if not yes:
        raise UsageError("nothing is allowed yet", hint="if these are right, say it again with --yes")
    allow_rig(rig, loaded.boards[0].rig_sha256)
    say(f"allowed in {allowed_path()}")

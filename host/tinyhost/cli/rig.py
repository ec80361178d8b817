"""`tinyhost rig`: export a rig for other programs."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

from tinyhost.cli.declare import Group, make_command, make_group, option
from tinyhost.cli.output import note, say, write_file
from tinyhost.errors import UsageError

__all__ = ["command"]


def command() -> Group:
    """Return `rig export`."""
    return make_group(
        "Export a rig's boards to a lab: labgrid or jumpstarter.",
        {"export": make_command(export, examples=("tinyhost rig export --rig hil/rigs/desk.toml --out lab",))},
    )


def export(
    *,
    rig: Annotated[Path, option("--rig", metavar="FILE", help="The rig file.")],
    out: Annotated[Path, option("--out", metavar="DIR", help="The folder for the files, created if necessary.")],
    host: Annotated[
        str, option("--host", metavar="NAME", help="This computer's host name or address for the lab's users.")
    ] = "127.0.0.1",
    user: Annotated[str, option("--user", metavar="NAME", help="The ssh user name. Default: each user's own.")] = "",
    ssh_port: Annotated[int, option("--ssh-port", min=1, max=65_535, help="This computer's ssh port.")] = 22,
    first_port: Annotated[
        int, option("--first-port", min=1, max=65_535, help="The first of the loopback TCP ports for the boards.")
    ] = 15_300,
) -> None:
    """Write exporter files for labgrid and jumpstarter, and print the commands to run next.

    `exports.yaml` is for labgrid-exporter, `jumpstarter/NAME.yaml` for `jmp run`. Both export the ports on which
    `tinyhost board serve` serves the boards.
    """
    from tinyhost.boards.remote.addresses import parse_ssh
    from tinyhost.hil.exporters import exported_boards, jumpstarter_exporter, labgrid_exports
    from tinyhost.hil.rigs import load_rig

    try:
        parse_ssh(f"ssh:{f'{user}@' if user else ''}{f'[{host}]' if ':' in host else host}/native")
    except UsageError as exc:
        raise UsageError(f"--host {host!r}, --user {user!r}: not a valid ssh destination", hint="--host rig2") from exc
    boards = exported_boards(load_rig(rig), first_port)
    (out / "jumpstarter").mkdir(parents=True, exist_ok=True)
    write_file(out / "exports.yaml", labgrid_exports(boards, host=host, user=user, ssh_port=ssh_port))
    for exported in boards:
        write_file(out / "jumpstarter" / f"{exported.board.name}.yaml", jumpstarter_exporter(exported))
    note((f"wrote {out}; on this computer:", "dim"))
    for exported in boards:
        say(shlex.join(exported.serve))
    say(shlex.join(["labgrid-exporter", str(out / "exports.yaml")]))
    note(("once in the lab:", "dim"))
    for exported in boards:
        place = ["labgrid-client", "-p", exported.board.name]
        for words in (["create"], ["set-tags", *exported.tags], ["add-match", f"*/{exported.board.name}/*"]):
            say(shlex.join([*place, *words]))

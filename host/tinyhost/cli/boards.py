"""`tinyhost boards`: the real and virtual boards that can be used."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

from tinyhost.cli.connect import asked
from tinyhost.cli.declare import Command, make_command, option
from tinyhost.cli.options import JsonOption, StateOption
from tinyhost.cli.output import print_table, write_json

if TYPE_CHECKING:
    from tinyhost.boards import BoardStatus

__all__ = ["command"]

_STATE_STYLES = {
    "ready": "green",
    "running": "bold green",
    "bootloader": "yellow",
    "other firmware": "yellow",
    "busy": "yellow",
    "no firmware": "dim",
}


def command() -> Command:
    """Return `boards`."""
    return make_command(
        boards,
        examples=(
            "tinyhost boards",
            "tinyhost boards --no-ask --json -",
        ),
    )


def boards(
    *,
    ask: Annotated[
        bool,
        option(
            "--ask/--no-ask",
            help="Ask the boards that are plugged in what runs on them. With --no-ask, no port is opened.",
        ),
    ] = True,
    state: StateOption = None,
    json: JsonOption = None,
) -> None:
    """List the boards that are plugged in, and the virtual ones."""
    from tinyhost.boards import BoardsDocument, list_boards

    found = list_boards(state)
    if ask:
        found = [asked(status, state) for status in found]
    if json:
        write_json(BoardsDocument(boards=tuple(found)), json)
    if json != "-":
        _print(found)


def _print(found: Iterable[BoardStatus]) -> None:
    from tinyhost.views.tables import plain_table

    table = plain_table("board", "state", "port", "firmware", "build", "model", "")
    for status in found:
        style = _STATE_STYLES.get(status.state, "red")
        revision = f"{status.revision}; " if status.revision else ""
        table.add_row(
            status.name,
            (status.state, style),
            status.port,
            status.app,
            status.build_id,
            status.model,
            (f"{revision}{status.detail}", "dim"),
        )
    print_table(table)

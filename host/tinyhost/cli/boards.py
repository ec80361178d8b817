"""`tinyhost boards`: what can be used here, real and virtual."""

from __future__ import annotations

from dataclasses import asdict

import typer

from tinyhost.cli.options import JsonOption, StateOption
from tinyhost.cli.output import console, escape, plain_table, write_json

__all__ = ["register"]

_STATE_STYLES = {"ready": "green", "running": "bold green", "bootloader": "yellow", "no firmware": "dim"}


def register(app: typer.Typer) -> None:
    """Add `boards`."""
    app.command("boards")(boards)


def boards(state: StateOption = None, json: JsonOption = None) -> None:
    """List the boards: those plugged in, and the virtual ones."""
    from tinyhost.boards import list_boards

    found = list_boards(state)
    if json:
        write_json({"schema": "tinyhost.boards/1", "boards": [asdict(status) for status in found]}, json)
    if json == "-":
        return
    table = plain_table("board", "state", "port", "firmware", "build", "")
    for status in found:
        style = _STATE_STYLES.get(status.state, "red")
        table.add_row(
            status.name,
            f"[{style}]{status.state}[/]",
            status.port,
            status.app,
            status.build_id,
            f"[dim]{escape(status.detail)}[/]",
        )
    console().print(table)

"""`tinyhost models`: what the board's model slots hold, and back to the model before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from tinyhost.cli.options import BoardOption, JsonOption, StateOption
from tinyhost.cli.output import console, escape, write_json

if TYPE_CHECKING:
    from tinyhost.protocol.messages import SlotInfo

__all__ = ["register"]

_STATE_STYLES = {"valid": "green", "partial": "yellow", "invalid": "red", "empty": "dim"}


def register(app: typer.Typer) -> None:
    """Add `models` and `models rollback`."""
    group = typer.Typer(name="models", help="Show the board's model slots, or go back.", invoke_without_command=True)
    group.callback()(list_slots)
    group.command("rollback")(rollback)
    app.add_typer(group)


def list_slots(
    context: typer.Context, board: BoardOption = None, state: StateOption = None, json: JsonOption = None
) -> None:
    """Show what the board's model slots hold.

    `tinyhost models rollback` makes the other slot's model active.
    """
    if context.invoked_subcommand is None:
        _show(board, state, json, roll_back=False)


def rollback(board: BoardOption = None, state: StateOption = None, json: JsonOption = None) -> None:
    """Make the other slot's model active again."""
    _show(board, state, json, roll_back=True)


def _show(board: str | None, state: Any, json: str | None, *, roll_back: bool) -> None:
    from tinyhost.cli.connect import connected

    with connected(board, None, state) as connection:
        if roll_back:
            connection.device.rollback()
        slots = connection.device.models()
    if json:
        write_json({"schema": "tinyhost.slots/1", "slots": [_document(slot) for slot in slots]}, json)
    if json != "-":
        _print(slots)


def _document(slot: SlotInfo) -> dict[str, Any]:
    from tinyhost.protocol.messages import SlotState
    from tinyhost.protocol.status import Status

    return {
        "slot": slot.slot,
        "state": SlotState(slot.state).name.lower(),
        "active": bool(slot.active),
        "name": slot.name,
        "image_bytes": slot.image_bytes,
        "received_bytes": slot.received_bytes,
        "sha256": slot.sha256.hex() if slot.state != SlotState.EMPTY else "",
        "status": Status(slot.status).name.lower(),
    }


def _print(slots: list[SlotInfo]) -> None:
    from tinyhost.device import status_words
    from tinyhost.views.tables import plain_table

    table = plain_table("slot", "active", "state", "model", "bytes", "sha256", "")
    for slot in slots:
        row = _document(slot)
        received = f"{slot.received_bytes:,} of {slot.image_bytes:,}" if row["state"] == "partial" else ""
        table.add_row(
            str(slot.slot),
            "[bold green]●[/]" if slot.active else "",
            f"[{_STATE_STYLES[row['state']]}]{row['state']}[/]",
            escape(slot.name),
            received or (f"{slot.image_bytes:,}" if slot.image_bytes else ""),
            row["sha256"][:12],
            f"[red]{status_words(slot.status)}[/]" if slot.status else "",
        )
    console().print(table)

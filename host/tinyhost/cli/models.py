"""`tinyhost models`: show the board's model slots, and roll back to the previous model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tinyhost.cli.declare import Group, make_command, make_group
from tinyhost.cli.options import BoardOption, JsonOption, StateOption
from tinyhost.cli.output import print_table, write_json

if TYPE_CHECKING:
    from tinyhost.device.slots import SlotsDocument

__all__ = ["command"]

_STATE_STYLES = {"valid": "green", "partial": "yellow", "invalid": "red", "empty": "dim"}


def command() -> Group:
    """Return `models` and `models rollback`."""
    return make_group(
        "Show the board's model slots, or roll back.",
        {
            "rollback": make_command(rollback, examples=("tinyhost models rollback",)),
        },
        alone=list_slots,
        examples=("tinyhost models", "tinyhost models --json -"),
    )


def list_slots(board: BoardOption = None, state: StateOption = None, json: JsonOption = None) -> None:
    """Show the contents of the board's model slots."""
    _show(board, state, json, roll_back=False)


def rollback(board: BoardOption = None, state: StateOption = None, json: JsonOption = None) -> None:
    """Make the model in the other slot active again."""
    _show(board, state, json, roll_back=True)


def _show(board: str | None, state: Path | None, json: str | None, *, roll_back: bool) -> None:
    from tinyhost.cli.connect import connected
    from tinyhost.device.slots import SlotsDocument

    with connected(board, None, state) as connection:
        if roll_back:
            connection.device.rollback()
        document = SlotsDocument.of(connection.device.models())
    if json:
        write_json(document, json)
    if json != "-":
        _print(document)


def _print(document: SlotsDocument) -> None:
    from tinyhost.device import status_words
    from tinyhost.protocol.status import Status
    from tinyhost.views.tables import plain_table

    table = plain_table("slot", "active", "state", "model", "bytes", "sha256", "")
    for slot in document.slots:
        received = f"{slot.received_bytes:,} of {slot.image_bytes:,}" if slot.state == "partial" else ""
        table.add_row(
            str(slot.slot),
            ("●" if slot.active else "", "bold green"),
            (slot.state, _STATE_STYLES[slot.state]),
            slot.name,
            received or (f"{slot.image_bytes:,}" if slot.image_bytes else ""),
            slot.sha256[:12],
            (status_words(Status[slot.status.upper()]) if slot.status != "ok" else "", "red"),
        )
    print_table(table)

"""`tinyhost boards`: what can be used here, real and virtual."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tinyhost.cli.options import JsonOption, StateOption
from tinyhost.cli.output import console, escape, plain_table, status_console, write_json
from tinyhost.errors import LinkTimeoutError, PortBusyError, TinyhostError

if TYPE_CHECKING:
    from tinyhost.boards import BoardStatus

__all__ = ["register"]

_STATE_STYLES = {
    "ready": "green",
    "running": "bold green",
    "bootloader": "yellow",
    "other firmware": "yellow",
    "busy": "yellow",
    "no firmware": "dim",
}


def register(app: typer.Typer) -> None:
    """Add `boards`."""
    app.command("boards")(boards)


def boards(
    *,
    ask: Annotated[
        bool, typer.Option("--ask/--no-ask", help="Ask the boards that are plugged in what runs on them.")
    ] = True,
    state: StateOption = None,
    json: JsonOption = None,
) -> None:
    """List the boards: those plugged in, and the virtual ones."""
    from tinyhost.boards import list_boards

    found = list_boards(state)
    if ask:
        found = [_asked(status, state) for status in found]
    if json:
        write_json({"schema": "tinyhost.boards/1", "boards": [asdict(status) for status in found]}, json)
    if json != "-":
        _print(found)


def _asked(status: BoardStatus, state: Path | None) -> BoardStatus:
    """Return what a real board that runs an app says of itself, or why it says nothing."""
    from tinyhost.boards import resolve
    from tinyhost.cli.connect import show_log
    from tinyhost.device import Device

    if status.is_virtual or status.state != "ready":
        return status
    try:
        with (
            status_console().status(f"asking {status.name}"),
            resolve(status.name, state=state).power() as powered,
            Device.open(powered, log=show_log) as device,
        ):
            info = device.info
            model = next((slot.name for slot in device.models() if slot.active), "")
    except TinyhostError as exc:
        silent = isinstance(exc, LinkTimeoutError)
        why = "runs no firmware of tinyhost's, or hangs: tinyhost flash vww" if silent else exc.message
        now = "busy" if isinstance(exc, PortBusyError) else "silent"
        return replace(status, state=now, detail=f"{why}; {status.detail}")
    return replace(status, app=info.app, build_id=info.build_id, revision=info.revision, model=model)


def _print(found: Iterable[BoardStatus]) -> None:
    table = plain_table("board", "state", "port", "firmware", "build", "model", "")
    for status in found:
        style = _STATE_STYLES.get(status.state, "red")
        revision = f"{status.revision}; " if status.revision else ""
        table.add_row(
            escape(status.name),
            f"[{style}]{status.state}[/]",
            escape(status.port),
            escape(status.app),
            escape(status.build_id),
            escape(status.model),
            f"[dim]{revision}{escape(status.detail)}[/]",
        )
    console().print(table)

"""Asking a real board what runs on it, for `tinyhost boards` and `tinyhost doctor`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tinyhost.cli.output import status_console
from tinyhost.errors import LinkTimeoutError, PortBusyError, TinyhostError

if TYPE_CHECKING:
    from tinyhost.boards import BoardStatus

__all__ = ["ask_board"]

_GREET_S = 3.0
"""A real board answers within half a second, even in an inference; another firmware never does."""


def ask_board(status: BoardStatus, state: Path | None = None) -> BoardStatus:
    """Return the status with what the board says of itself, or why it says nothing.

    Only a real board that runs an app is asked. The state becomes `busy` if another program has its port, `silent` if
    it does not answer.
    """
    from tinyhost.boards import resolve
    from tinyhost.cli.connect import show_log
    from tinyhost.device import Device

    if status.is_virtual or status.state != "ready":
        return status
    try:
        with (
            status_console().status(f"asking {status.name}"),
            resolve(status.name, state=state).power() as powered,
            Device.open(powered, log=show_log, greet_s=_GREET_S) as device,
        ):
            info = device.info
            model = next((slot.name for slot in device.models() if slot.active), "")
    except TinyhostError as exc:
        silent = isinstance(exc, LinkTimeoutError)
        why = "runs no firmware of tinyhost's, or hangs: tinyhost flash vww" if silent else exc.message
        now = "busy" if isinstance(exc, PortBusyError) else "silent"
        return replace(status, state=now, detail=f"{why}; {status.detail}")
    return replace(status, app=info.app, build_id=info.build_id, revision=info.revision, model=model)

"""A real board's information about itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tinyhost.boards import BoardStatus, resolve
from tinyhost.device.device import Device
from tinyhost.errors import LinkTimeoutError, PortBusyError, TinyhostError
from tinyhost.protocol.faults import fault_of
from tinyhost.protocol.frames import LogText

__all__ = ["query_board"]

_GREET_S = 3.0
"""Our firmware answers within half a second, even during an inference; other firmware never does."""


def query_board(status: BoardStatus, state: Path | None, log: Callable[[LogText], None]) -> BoardStatus:
    """Return the status, completed by the board's own information, or by the reason why it gives none.

    Only a real board that runs an app is asked. The state becomes `busy` if another program has its port, `silent` if
    it does not answer. log: called with the board's log lines meanwhile.
    """
    if status.is_virtual or status.state != "ready":
        return status
    try:
        with (
            resolve(status.name, state=state).power() as powered,
            Device.open(powered, log=log, greet_s=_GREET_S) as device,
        ):
            info = device.info
            model = next((slot.name for slot in device.models() if slot.active), "")
    except TinyhostError as exc:
        silent = isinstance(exc, LinkTimeoutError)
        why = "does not run tinyhost's firmware, or hangs: tinyhost flash vww" if silent else exc.message
        now = "busy" if isinstance(exc, PortBusyError) else "silent"
        return replace(status, state=now, detail=f"{why}; {status.detail}")
    return replace(
        status, app=info.app, build_id=info.build_id, revision=info.revision, model=model, fault=fault_of(info)
    )

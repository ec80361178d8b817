"""Detection of a board's restarts from its replies to PING."""

from __future__ import annotations

import time
from collections.abc import Callable

from tinyhost.device.clock import BoardClock
from tinyhost.protocol.faults import fault_of
from tinyhost.protocol.messages import InfoReply, PingReply
from tinyhost.protocol.reset import ResetReason

__all__ = ["Boots", "cause_of_start"]

_CAUSES: dict[int, str] = {
    ResetReason.POWER_ON: "after a loss of power",
    ResetReason.PIN: "by the reset button",
    ResetReason.SOFTWARE: "by a command",
    ResetReason.LOCKUP: "after a fault in the handler of a fault",
}


class Boots:
    """The last known start of a board's firmware.

    Every start has a number. Firmware of protocol version 1 has none: then the board's clock tells, as far as it can be
    trusted.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._boot: int | None = None
        self._clock = BoardClock(clock)

    def has_restarted(self, reply: PingReply, asked_s: float, *, where: str) -> bool:
        """Process a reply; return whether the board has restarted since the last one.

        asked_s: when it was asked for, by time.monotonic(). Raises ProtocolError for a board that has neither numbers
        nor a clock that goes on.
        """
        before, self._boot = self._boot, reply.boot
        went_back = not reply.boot and self._clock.has_restarted(reply.uptime_us / 1e6, asked_s, where=where)
        if before is None:
            return False
        return reply.boot != before if reply.boot or before else went_back


def cause_of_start(info: InfoReply) -> str:
    """Return why a board's firmware started, with the address of a fault; "" if the board does not report it."""
    fault = fault_of(info)
    if fault is not None and fault.is_cause_of_start:
        return f"after a {fault}: {fault.meaning}"
    return _CAUSES.get(info.reset_reason, "")

"""Detection of restarts by the board's clock, for firmware of protocol version 1, which does not number its starts."""

from __future__ import annotations

import time
from collections.abc import Callable

from tinyhost.errors import ProtocolError

__all__ = ["BoardClock"]

_SLACK_S = 0.02
# The nRF52840's oscillator is off by 8 % at most while its crystal is not running.
_ERROR = 0.1


class BoardClock:
    """The last reading of a board's clock, and when it was taken."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._last: tuple[float, float] | None = None

    def has_restarted(self, uptime_s: float, asked_s: float, *, where: str) -> bool:
        """Process a reading; return whether it advanced by less than the time between the last reply and this request.

        asked_s: when it was asked for, by time.monotonic(). Raises ProtocolError for a clock that stands still.
        """
        last, self._last = self._last, (uptime_s, self._now_s())
        if last is None:
            return False
        before_s, noted_s = last
        if uptime_s == before_s and asked_s - noted_s > _SLACK_S:
            raise ProtocolError(
                f"{where}: its clock has stopped at {uptime_s:.6f} s, so restarts cannot be detected",
                hint="flash the board with this version of tinyhost: tinyhost flash vww",
            )
        return uptime_s < max(before_s, before_s + (asked_s - noted_s) * (1 - _ERROR) - _SLACK_S)

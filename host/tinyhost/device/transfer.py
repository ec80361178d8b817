"""Progress of a transfer, for reads from a board and writes to it alike."""

from __future__ import annotations

from tinyhost.device.connection import Connection
from tinyhost.device.timing import Deadline

__all__ = ["NO_PROGRESS_S", "TransferProgress"]

NO_PROGRESS_S = 10.0
_LEAST_PROGRESS_BYTES = 200  # in that time; a link that loses most of its bytes still moves more
_TRANSFER_S = 60.0
_LEAST_BYTES_PER_S = 500


class TransferProgress:
    """The progress of a transfer of `n_bytes`, and its deadline."""

    def __init__(self, connection: Connection, n_bytes: int) -> None:
        self.attempt = 1
        """which try the next one is since there was something new"""
        self.n_bytes = n_bytes
        self.n_done = 0
        """at most so far; after a restart of the board less may be there"""
        self.n_new = 0
        """since the deadline began"""
        self.deadline = connection.deadline(NO_PROGRESS_S)
        """of the next progress"""
        self._end = connection.deadline(_TRANSFER_S + n_bytes / _LEAST_BYTES_PER_S)
        self._done_then = 0

    def note(self, n_done: int) -> Deadline | None:
        """Record how many bytes are transferred.

        Returns the deadline if it is over; None if there is time, or all arrived.
        """
        self.attempt = 1 if n_done > self.n_done else self.attempt + 1
        self.n_done = max(n_done, self.n_done)
        self.n_new = self.n_done - self._done_then
        if n_done >= self.n_bytes:
            return None
        if self.n_new >= _LEAST_PROGRESS_BYTES:
            self._done_then = self.n_done
            self.deadline.start_again()
        return next((late for late in (self.deadline, self._end) if not late.left_s), None)

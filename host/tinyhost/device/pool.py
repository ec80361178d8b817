"""Several devices with one model: each item of work goes to a free one, and a lost device may return."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from tinyhost.device.device import Device
from tinyhost.errors import BoardError, LinkError, LinkLostError, TinyhostError

__all__ = ["DevicePool", "PoolMember", "PoolShare"]

_MAX_LOSSES = 3
"""losses after which an item of work is taken to be the cause"""
_LOOK_S = 0.5
_WAITS_S = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)
T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, kw_only=True)
class PoolShare:
    """The work of one board of several."""

    name: str
    """the name for `--board`, or the name in the rig file"""
    unique_id: str
    items: int
    """number of samples that it processed"""
    rejoined: int
    """number of times it was lost and returned"""
    lost: str
    """why it was missing at the end; empty if it was not"""


@dataclass(kw_only=True)
class PoolMember:
    """A device of a pool. reopen: returns it in a new session; it raises while the board is away."""

    name: str
    device: Device
    reopen: Callable[[], Device]


class DevicePool:
    """Devices with the same model. The first one is `device`, for work that only one can do."""

    def __init__(self, members: Sequence[PoolMember], *, check: Callable[[Device], None] = lambda device: None) -> None:
        """check: raises if a returned device does not run the others' model."""
        self._members = list(members)
        self._check = check
        self._shares = [
            PoolShare(name=member.name, unique_id=member.device.info.unique_id, items=0, rejoined=0, lost="")
            for member in members
        ]

    @classmethod
    def of_one(cls, device: Device) -> DevicePool:
        """Return a pool of a single device; its loss ends the work."""

        def reopen() -> Device:
            raise LinkLostError(f"{device.name}: lost")

        return cls([PoolMember(name=device.name, device=device, reopen=reopen)])

    @property
    def shares(self) -> tuple[PoolShare, ...]:
        """The work of each board so far."""
        return tuple(self._shares)

    def map(
        self, work: Callable[[Device, T], R], items: Sequence[T], on_done: Callable[[int], None] = lambda n_done: None
    ) -> list[R]:
        """Return the devices' results for all items, in the items' order. on_done: called here, as results come.

        An item whose device was lost goes to another one. Raises what `work` raises; LinkError or BoardError when no
        device is left, or when several were lost with the same item.
        """
        if len(self._members) == 1:
            return self._alone(work, items, on_done)
        job = _Job(work, items)
        threads = [
            threading.Thread(target=self._serve, args=(n, job), daemon=True, name=f"pool {member.name}")
            for n, member in enumerate(self._members)
        ]
        for thread in threads:
            thread.start()
        try:
            for n_done in job.progress(threads):
                on_done(n_done)
        finally:
            job.stop()
            for thread in threads:
                thread.join()
        return job.all_results()

    def close(self) -> None:
        """Close the devices' sessions."""
        for member in self._members:
            with suppress(TinyhostError):
                member.device.close()

    def _alone(self, work: Callable[[Device, T], R], items: Sequence[T], on_done: Callable[[int], None]) -> list[R]:
        results = []
        for n_done, item in enumerate(items, 1):
            results.append(work(self._members[0].device, item))
            self._note(0, items=1)
            on_done(n_done)
        return results

    def _serve(self, n: int, job: _Job[T, R]) -> None:
        """Work until no item is left, or the device is lost."""
        while (index := job.take()) is not None:
            try:
                result = job.work(self._members[n].device, job.items[index])
            except (LinkError, BoardError) as exc:
                job.give_back(index, exc)
                if not self._rejoin(n, job, exc):
                    return
            except BaseException as exc:
                job.fail(exc)
                return
            else:
                job.put(index, result)
                self._note(n, items=1)

    def _rejoin(self, n: int, job: _Job[T, R], why: TinyhostError) -> bool:
        """Return whether the device returned while there was work."""
        member = self._members[n]
        with suppress(TinyhostError):
            member.device.close()
        for wait_s in _WAITS_S:
            if job.ended.wait(wait_s):
                break
            try:
                device = member.reopen()
                try:
                    self._check(device)
                except BaseException:
                    device.close()
                    raise
            except TinyhostError as exc:
                why = exc
                continue
            member.device = device
            self._note(n, rejoined=1)
            return True
        self._shares[n] = replace(self._shares[n], lost=why.message)
        return False

    def _note(self, n: int, *, items: int = 0, rejoined: int = 0) -> None:
        share = self._shares[n]
        self._shares[n] = replace(share, items=share.items + items, rejoined=share.rejoined + rejoined)


@dataclass
class _Job(Generic[T, R]):
    """The items of a job, shared by several threads, and their results."""

    work: Callable[[Device, T], R]
    items: Sequence[T]
    ended: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._waiting = deque(range(len(self.items)))
        self._results: dict[int, R] = {}
        self._losses: dict[int, int] = {}
        self._error: BaseException | None = None
        self._last_loss: TinyhostError | None = None
        self._changed = threading.Condition()

    def take(self) -> int | None:
        """Return the next item; waits while others hold the rest, which they may give back. None: nothing is left."""
        with self._changed:
            while not self._waiting and not self._is_over():
                self._changed.wait()
            return None if self._is_over() else self._waiting.popleft()

    def put(self, index: int, result: R) -> None:
        """Record a result."""
        with self._changed:
            self._results[index] = result
            self._changed.notify_all()
            if len(self._results) == len(self.items):
                self.ended.set()

    def give_back(self, index: int, exc: TinyhostError) -> None:
        """Return an item for another device."""
        with self._changed:
            self._last_loss = exc
            self._losses[index] = self._losses.get(index, 0) + 1
            if self._losses[index] >= _MAX_LOSSES:
                self._error = self._error or exc
            self._waiting.appendleft(index)
            self._changed.notify_all()

    def fail(self, exc: BaseException) -> None:
        """End the work with an item's exception."""
        with self._changed:
            self._error = self._error or exc
            self._changed.notify_all()
        self.ended.set()

    def stop(self) -> None:
        """End the work."""
        with self._changed:
            if self._error is None and len(self._results) < len(self.items):
                self._error = self._last_loss or LinkLostError("the work was stopped")
            self._changed.notify_all()
        self.ended.set()

    def progress(self, threads: Sequence[threading.Thread]) -> Iterator[int]:
        """Yield the number of results whenever it grows; ends with the work, or with the last thread."""
        told = 0
        while True:
            with self._changed:
                if len(self._results) == told and not self._is_over():
                    self._changed.wait(_LOOK_S)
                over, n_done = self._is_over(), len(self._results)
            if n_done != told:
                told = n_done
                yield told
            if over or not any(thread.is_alive() for thread in threads):
                return

    def all_results(self) -> list[R]:
        """Return the results in the items' order. Raises the error that ended the work early."""
        if self._error is not None:
            raise self._error
        return [self._results[index] for index in range(len(self.items))]

    def _is_over(self) -> bool:
        return self._error is not None or len(self._results) == len(self.items)

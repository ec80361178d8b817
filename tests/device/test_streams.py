"""Streams on real firmware: every item that does not arrive is counted, at both ends and while the port is away."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from numpy.typing import NDArray
from tinyhost.boards import Board, PoweredBoard
from tinyhost.device import Device, StreamItem, Subscription
from tinyhost.link import Link
from tinyhost.link.faults import Faults
from tinyhost.protocol.frames import Frame, FrameDecoder, encode_frame
from tinyhost.protocol.messages import MessageType, StreamId

pytestmark = pytest.mark.firmware


class DeafLink:
    """A link that loses stream items, and nothing else, while its `board.deaf` is set."""

    def __init__(self, inner: Link, board: DeafBoard) -> None:
        self.name = inner.name
        self._inner = inner
        self._board = board
        self._decoder = FrameDecoder()

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        frames = [
            each for each in self._decoder.feed(self._inner.read(max_bytes, timeout_s)) if isinstance(each, Frame)
        ]
        items = [frame for frame in frames if frame.type == MessageType.STREAM_DATA]
        if self._board.deaf:
            self._board.n_lost += len(items)
            frames = [frame for frame in frames if frame.type != MessageType.STREAM_DATA]
        return b"".join(encode_frame(frame.type, frame.seq, frame.payload) for frame in frames)

    def write(self, data: bytes, timeout_s: float = 2.0) -> None:
        self._inner.write(data, timeout_s)

    def close(self) -> None:
        self._inner.close()


class DeafBoard:
    """A powered board whose links are DeafLinks."""

    def __init__(self, powered: PoweredBoard) -> None:
        self._powered = powered
        self.board: Board = powered.board
        self.port = powered.port
        self.stays_on = powered.stays_on
        self.failure = ""
        self.scene_name = ""
        self.scene_failure = None
        self.deaf = False
        self.n_lost = 0

    def scene_item(self, capture: int) -> str:
        return self._powered.scene_item(capture)

    def open_link(self) -> Link:
        return DeafLink(self._powered.open_link(), self)

    def reset(self) -> None:
        self._powered.reset()

    def close(self) -> None:
        self._powered.close()


@contextmanager
def streaming(board: PoweredBoard, faults: Faults | None = None) -> Iterator[tuple[Device, Subscription]]:
    with Device.open(board, faults=faults) as device, device.stream(StreamId.CAMERA, period_ms=5) as items:
        yield device, items


def take(items: Subscription, n_items: int) -> list[StreamItem]:
    return list(itertools.islice(items, n_items))


def test_items_lost_after_the_last_one_are_counted(powered: PoweredBoard) -> None:
    board = DeafBoard(powered)
    with Device.open(board) as device:
        with device.stream(StreamId.CAMERA, period_ms=5) as items:
            take(items, 5)
            board.deaf = True
            while board.n_lost < 3:
                time.sleep(0.01)
        board.deaf = False
        counts = items.counts(StreamId.CAMERA)
    assert counts.link_lost == board.n_lost
    assert counts.received >= 5
    assert (counts.device_dropped, counts.restarts) == (0, 0)


def test_items_lost_before_the_first_one_are_counted(powered: PoweredBoard) -> None:
    board = DeafBoard(powered)
    board.deaf = True
    with streaming(board) as (_, items):
        while board.n_lost < 3:
            time.sleep(0.01)
        board.deaf = False
        first = next(items)
        assert first.link_lost == board.n_lost == first.index


def test_a_second_subscription_counts_from_its_own_beginning(powered: PoweredBoard) -> None:
    with Device.open(powered) as device, device.stream(StreamId.CAMERA, period_ms=5) as first:
        take(first, 10)
        with device.stream(StreamId.CAMERA, period_ms=1000) as second:
            assert next(second).index == 0
        assert [item.index for item in take(first, 300)][-1] >= 309
        counts = first.counts(StreamId.CAMERA)
        assert (counts.device_dropped, counts.link_lost) == (0, 0)


def test_what_was_sent_while_the_port_was_away_is_counted_as_lost(
    powered: PoweredBoard, pictures: list[NDArray[np.uint8]]
) -> None:
    with streaming(powered, Faults(vanish_after_bytes=60_000)) as (device, items):
        seen = take(items, 40)
        assert device.link_stats.reconnects >= 2
        assert device.link_stats.restarts == 0
    for before, after in itertools.pairwise(seen):
        newly = sum(getattr(after, name) - getattr(before, name) for name in ("device_dropped", "link_lost"))
        assert after.index - before.index - 1 == newly
        # The camera's own count, which the stream's bookkeeping does not use.
        assert after.frame_index - before.frame_index - 1 == newly  # type: ignore[union-attr]
    assert seen[-1].link_lost + seen[-1].device_dropped > 0
    assert seen[-1].restarts == 0


def test_a_power_cut_is_told_from_a_port_that_was_away(powered: PoweredBoard) -> None:
    with streaming(powered) as (device, items):
        before = take(items, 10)[-1]
        powered.reset()
        while (item := next(items)).restarts == 0:
            before = item
        assert item.restarts == 1
        assert item.index == before.index + 1
        assert item.frame_index == 0  # type: ignore[union-attr]
        assert items.counts(StreamId.CAMERA).restarts == device.link_stats.restarts == 1

"""Helpers for streams: receive items, and compare gaps with the losses that the board reports."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from tinyhost.device import Device, PredictionItem, SamplesItem, StreamItem, Subscription
from tinyhost.protocol.messages import StreamId

__all__ = ["ITEM_S", "LONGEST_S", "Stretch", "assert_nothing_lost_unreported", "listen", "stretches", "take"]

ITEM_S = 60.0
"""longest time between two items of a stream"""
LONGEST_S = 60.0
"""longest time of listening until the predictions have come that a test waits for"""


def take(items: Subscription, n_items: int) -> list[StreamItem]:
    """Return the next items; fails when one takes longer than ITEM_S."""
    taken: list[StreamItem] = []
    for _ in range(n_items):
        item = items.get(ITEM_S)
        assert item is not None, f"no item in {ITEM_S} s, after {len(taken)}"
        taken.append(item)
    return taken


def assert_nothing_lost_unreported(items: Sequence[StreamItem]) -> None:
    """Assert that the drops which board and host report cover every gap in the numbering."""
    for before, after in pairwise(items):
        reported = after.device_dropped - before.device_dropped + after.host_dropped - before.host_dropped
        assert after.index - before.index - 1 == reported
        assert after.timestamp_us > before.timestamp_us
    assert items[-1].link_lost == 0


def listen(device: Device, n_predictions: int) -> tuple[list[SamplesItem], list[PredictionItem]]:
    """Return the sensor's samples from its start on, and the app's predictions, up to the given number of them."""
    samples: list[SamplesItem] = []
    predictions: list[PredictionItem] = []
    with device.stream(StreamId.SAMPLES, StreamId.PREDICTIONS) as items:
        deadline = time.monotonic() + LONGEST_S
        while len(predictions) < n_predictions:
            assert time.monotonic() < deadline, f"{len(predictions)} predictions in {LONGEST_S} s"
            (item,) = take(items, 1)
            if isinstance(item, SamplesItem):
                samples.append(item)
            elif isinstance(item, PredictionItem):
                predictions.append(item)
    assert_nothing_lost_unreported(samples)
    assert_nothing_lost_unreported(predictions)
    return samples, predictions


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """Consecutive samples, from a moment at which the app started afresh."""

    position: int
    """of the first one, since the sensor's start"""
    samples: NDArray[np.int16]
    """(n, n_channels)"""

    @property
    def end(self) -> int:
        """The position behind the last one."""
        return self.position + len(self.samples)


def stretches(items: Iterable[SamplesItem]) -> list[Stretch]:
    """Return streamed samples joined where there is no gap.

    The app begins anew where its sensor lost samples. Behind a gap that only the stream has, it does not: what it heard
    in the gap is not known, so the samples up to the next gap of the sensor are left out.
    """
    pieces: list[list[SamplesItem]] = []
    end = lost = 0
    is_known = True
    for item in items:
        if item.position != end or not pieces:
            is_known = item.position - end == item.lost - lost
            pieces.append([])
        if is_known:
            pieces[-1].append(item)
        end, lost = item.position + len(item.samples), item.lost
    return [
        Stretch(position=piece[0].position, samples=np.concatenate([item.samples for item in piece]))
        for piece in pieces
        if piece
    ]

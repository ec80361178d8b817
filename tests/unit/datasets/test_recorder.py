"""The recorder: consecutive samples from a stream's pieces, and the gaps between them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tinyhost.datasets.capture import Recorder
from tinyhost.device import SamplesItem
from tinyhost.errors import LinkTimeoutError, ProtocolError

RATE_HZ = 1000.0


def piece(position: int, n: int, restarts: int = 0) -> SamplesItem:
    """Return samples that say where they are."""
    samples = (np.arange(position, position + n) % 30_000).astype(np.int16)[:, None]
    return SamplesItem(
        timestamp_us=position * 1000,
        position=position,
        lost=0,
        rate_hz=RATE_HZ,
        scale=1.0,
        samples=samples,
        restarts=restarts,
    )


class Pieces:
    """The part of a subscription that the recorder uses."""

    def __init__(self, pieces: Iterable[SamplesItem]) -> None:
        self._pieces = list(pieces)

    def get(self, timeout_s: float) -> SamplesItem | None:
        return self._pieces.pop(0) if self._pieces else None

    def silence(self, seconds: float) -> LinkTimeoutError:
        return LinkTimeoutError(f"nothing for {seconds:g} s")


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(0, 5)), min_size=1, max_size=20), st.integers(1, 200))
def test_a_recording_has_the_samples_in_order_and_counts_the_missing_ones(
    sizes: list[tuple[int, int]], wanted: int
) -> None:
    pieces: list[SamplesItem] = []
    position = 0
    for n, gap in sizes:
        position += gap if pieces else 0
        pieces.append(piece(position, n))
        position += n
    pieces.append(piece(position, 300))
    recording = Recorder(Pieces(pieces), channels=(1,)).record(wanted / RATE_HZ)
    assert recording is not None
    everything = np.concatenate([item.samples for item in pieces])
    np.testing.assert_array_equal(recording.samples, everything[:wanted])
    n_taken = next(i for i in range(1, len(pieces) + 1) if sum(len(p.samples) for p in pieces[:i]) >= wanted)
    gaps = [b.position - a.position - len(a.samples) for a, b in pairwise(pieces[:n_taken])]
    assert recording.n_missing == sum(gaps)


def test_a_gap_before_the_recording_is_none_of_its_own() -> None:
    recorder = Recorder(Pieces([piece(0, 10), piece(500, 10), piece(510, 10)]), channels=(1,))
    recorder.skip(0.010)
    recording = recorder.record(0.020)
    assert recording is not None
    assert (recording.n_missing, recording.timestamp_us) == (0, 500_000)


def test_a_board_that_restarted_has_lost_something() -> None:
    recording = Recorder(Pieces([piece(100, 10), piece(0, 10, restarts=1)]), channels=(1,)).record(0.020)
    assert recording is not None
    assert recording.n_missing >= 1


def test_samples_that_change_their_channels_are_an_error() -> None:
    wider = replace(piece(10, 10), samples=np.zeros((10, 3), np.int16))
    with pytest.raises(ProtocolError, match="expected 1 values each, got 3"):
        Recorder(Pieces([piece(0, 10), wider]), channels=(1, 3)).record(0.020)


def test_samples_of_another_sensor_are_an_error_at_the_first_piece() -> None:
    pieces = Pieces([piece(0, 1), piece(1, 1)])
    with pytest.raises(ProtocolError, match="expected 3 or 6 values each, got 1"):
        Recorder(pieces, channels=(3, 6)).record(10.0)
    assert pieces.get(0.0) is not None


def test_a_sensor_that_gives_nothing_is_an_error() -> None:
    with pytest.raises(LinkTimeoutError, match="nothing for 5 s"):
        Recorder(Pieces([piece(0, 10)]), channels=(1,)).record(1.0)

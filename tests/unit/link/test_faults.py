"""FaultyLink breaks as many bytes as requested, and the same ones for the same seed."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tinyhost.errors import LinkLostError
from tinyhost.link.faults import Faults, FaultyLink

N = 200_000


class Memory:
    """A link in memory: what is written is kept, what is given is read."""

    name = "memory"

    def __init__(self, incoming: bytes = b"") -> None:
        self.incoming = incoming
        self.written = b""

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        data, self.incoming = self.incoming[:max_bytes], self.incoming[max_bytes:]
        return data

    def write(self, data: bytes, timeout_s: float = 2.0) -> None:
        self.written += data

    def close(self) -> None:
        pass


def written(faults: Faults, data: bytes, *, seed: int = 1, cuts: tuple[int, ...] = ()) -> bytes:
    memory = Memory()
    link = FaultyLink(memory, faults, seed)
    start = 0
    for cut in (*sorted(cuts), len(data)):
        link.write(data[start:cut])
        start = max(start, cut)
    return memory.written


def test_without_faults_nothing_changes() -> None:
    data = bytes(range(256)) * 4
    assert written(Faults(), data) == data
    assert FaultyLink(Memory(data), Faults()).read(4096, 0) == data


@pytest.mark.parametrize("chance", [0.001, 0.01])
def test_bytes_break_as_often_as_asked(chance: float) -> None:
    expected, spread = N * chance, 6 * (N * chance) ** 0.5
    assert abs(N - len(written(Faults(drop=chance), bytes(N))) - expected) < spread
    assert abs(len(written(Faults(duplicate=chance), bytes(N))) - N - expected) < spread
    flipped = written(Faults(flip=chance), bytes(N))
    assert len(flipped) == N
    assert abs(N - flipped.count(0) - expected) < spread
    assert {byte.bit_count() for byte in flipped} == {0, 1}


@given(st.lists(st.integers(0, 2000), max_size=6), st.integers(0, 2**32))
def test_the_fate_of_a_byte_depends_on_the_seed_and_its_place_only(cuts: list[int], seed: int) -> None:
    faults = Faults(drop=0.05, flip=0.05, duplicate=0.05)
    data = bytes(2000)
    assert written(faults, data, seed=seed, cuts=tuple(cuts)) == written(faults, data, seed=seed)


def test_reading_and_writing_break_independently() -> None:
    faults = Faults(flip=0.05)
    link = FaultyLink(memory := Memory(bytes(2000)), faults, 3)
    link.write(bytes(2000))
    assert link.read(2000, 0) != memory.written


def test_the_port_vanishes_after_so_many_bytes_and_stays_gone() -> None:
    memory = Memory(bytes(100))
    link = FaultyLink(memory, Faults(vanish_after_bytes=50))
    assert len(link.read(30, 0)) == 30
    with pytest.raises(LinkLostError, match="vanished"):
        link.write(b"x" * 30)
    assert len(memory.written) == 20
    with pytest.raises(LinkLostError):
        link.read(1, 0)


def test_a_stall_holds_back_what_was_received() -> None:
    link = FaultyLink(Memory(bytes(100)), Faults(stall_every_bytes=60, stall_s=1.0))
    link.read(50, 0)
    start = time.monotonic()
    link.read(50, 0)
    assert time.monotonic() - start >= 1.0

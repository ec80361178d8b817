"""Energy by a PPK2: its wire format on a pty, samples that are missing, windows by a marker, idle power told apart."""

from __future__ import annotations

import os
import pty
import struct
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from numpy.typing import NDArray
from tinyhost.bench.energy.ppk2 import RATE_HZ, Decoder, Ppk2, parse_calibration, voltage_command
from tinyhost.bench.energy.samples import energy_of_windows, joined
from tinyhost.errors import ProtocolError, UsageError
from tinyhost.link.serial import SerialLink

R = (1031.64, 101.65, 10.15, 0.94, 0.043)
METADATA = "".join(
    f"{name}{place}: {value}\n"
    for place in range(5)
    for name, value in (("R", R[place]), ("GS", 0), ("GI", 1), ("O", 8), ("S", 0), ("I", 0), ("UG", 1))
)
VOLTS = 3.3


def words_of(amps: NDArray[np.float64], markers: NDArray[np.uint8], *, first: int = 0) -> bytes:
    """Return what a PPK2 sends, each current in the finest range that it fits."""
    out = []
    for n, (current, marker) in enumerate(zip(amps, markers, strict=True)):
        codes = [round((current * r / (1.8 / 163_840) + 8) / 4) for r in R]
        place = next(k for k, code in enumerate(codes) if code < 1 << 14)
        out.append(codes[place] | place << 14 | (first + n) % 64 << 18 | int(marker) << 24)
    return struct.pack(f"<{len(out)}I", *out)


def load(n_windows: int, *, idle: float = 0.004, busy: float = 0.012) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """Return currents and marker of windows of 300 samples, 200 apart."""
    markers = np.tile(np.repeat(np.array([0, 1], np.uint8), (200, 300)), n_windows)
    markers = np.append(markers, np.zeros(200, np.uint8))
    return np.where(markers == 1, busy, idle), markers


def test_energy_of_each_window_and_the_idle_power() -> None:
    decoder = Decoder(parse_calibration(METADATA + "END"), VOLTS)
    data = words_of(*load(20))
    samples = joined(decoder.feed(data[at : at + 61]) for at in range(0, len(data), 61))  # as a port gives them
    figures = energy_of_windows(samples, marker=0)
    assert (figures.n, figures.n_broken, figures.lost) == (20, 0, 0)
    assert figures.seconds == pytest.approx(300 / RATE_HZ)
    assert figures.idle_watts == pytest.approx(0.004 * VOLTS, rel=0.01)
    assert figures.energy_nj is not None and figures.net_nj is not None
    assert figures.energy_nj.median == pytest.approx(0.012 * VOLTS * 300 / RATE_HZ * 1e9, rel=0.01)
    assert figures.net_nj.median == pytest.approx(0.008 * VOLTS * 300 / RATE_HZ * 1e9, rel=0.015)


@pytest.mark.parametrize("n_lost", [1, 5, 63])
def test_lost_samples_are_counted_and_break_their_window(n_lost: int) -> None:
    data = words_of(*load(4))
    cut = 4 * (500 + 250)
    samples = Decoder(parse_calibration(METADATA), VOLTS).feed(data[:cut] + data[cut + 4 * n_lost :])
    figures = energy_of_windows(samples, marker=0)
    assert (figures.lost, figures.n, figures.n_broken) == (n_lost, 3, 1)


def test_the_three_samples_after_a_change_of_range_are_smoothed() -> None:
    amps = np.array([1e-6] * 10 + [1e-3] * 10)
    data = words_of(amps, np.zeros(20, np.uint8))
    samples = Decoder(parse_calibration(METADATA), VOLTS).feed(data)
    decoder = Decoder(parse_calibration(METADATA), VOLTS)
    pieces = joined(decoder.feed(data[at : at + 4]) for at in range(0, len(data), 4))
    assert np.array_equal(pieces.amps, samples.amps), "pieces of one sample settle as the whole does"
    assert samples.amps[9] == pytest.approx(1e-6, rel=0.05)
    assert samples.amps[10] == pytest.approx(0.18 * 1e-3, rel=0.05)
    assert samples.amps[13] == pytest.approx(1e-3, rel=0.05)


@pytest.mark.parametrize("text", ["", "END", METADATA.replace("UG4", "XX4"), METADATA.replace("R0: 1031", "R0: -1")])
def test_metadata_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ProtocolError, match="its metadata"):
        parse_calibration(text)


def test_the_supply_is_bounded() -> None:
    assert voltage_command(3300) == bytes([0x0D, 3 + 2532 // 256, 2532 % 256])
    for wrong in (799, 5001):
        with pytest.raises(UsageError, match="expected 800 to 5000"):
            voltage_command(wrong)


@contextmanager
def simulated_meter(data: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """Yield the port of a PPK2 that sends `data` over and over when it is started, and what it was told."""
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    told: list[bytes] = []

    def serve() -> None:
        while True:
            try:
                command = os.read(ours, 64)
            except OSError:
                return
            told.append(command)
            if b"\x19" in command:
                os.write(ours, (METADATA + "END").encode())
            if b"\x06" in command:
                os.write(ours, data)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield os.ttyname(theirs), told
    finally:
        os.close(theirs)
        os.close(ours)


def test_a_meter_on_a_port_is_calibrated_set_and_read() -> None:
    data = words_of(*load(1))
    with simulated_meter(data) as (port, told):
        link = SerialLink(port, "PPK2")
        try:
            meter = Ppk2(link, millivolts=3300, source=True)
            samples = joined([next(meter.measure(5.0))])
        finally:
            link.close()
    assert 0 < len(samples.amps) <= len(data) // 4
    assert samples.lost == 0
    said = b"".join(told)
    assert said.startswith(b"\x07\x19")
    assert b"\x11\x02" + voltage_command(3300) + b"\x0c\x01\x06" in said

"""Energy by a PPK2: its wire format on a pty, samples that are missing, windows by a marker, idle power told apart."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tinyhost.bench.energy.js220 import Aligner
from tinyhost.bench.energy.measure import measure_energy
from tinyhost.bench.energy.meters import MeterPlan, OpenedMeter, parse_meter
from tinyhost.bench.energy.ppk2 import RATE_HZ, Decoder, parse_calibration, voltage_command
from tinyhost.bench.energy.samples import EnergyFigures, PowerSamples, energy_by_stage, joined
from tinyhost.bench.energy.simulated import CURRENTS, METADATA, open_simulated, pack_words
from tinyhost.boards.scenes.messages import MARKS_KEPT, StageMark
from tinyhost.errors import BoardError, ProtocolError, UsageError

VOLTS = 3.3
INVOKE = {"invoke": 0}


def load(n_windows: int, *, idle: float = 0.004, busy: float = 0.012) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """Return currents and marker of windows of 300 samples, 200 apart."""
    markers = np.tile(np.repeat(np.array([0, 1], np.uint8), (200, 300)), n_windows)
    markers = np.append(markers, np.zeros(200, np.uint8))
    return np.where(markers == 1, busy, idle), markers


def test_energy_of_each_window_and_the_idle_power() -> None:
    decoder = Decoder(parse_calibration(METADATA + "END"), VOLTS)
    data = pack_words(*load(20))
    samples = joined(decoder.feed(data[at : at + 61]) for at in range(0, len(data), 61))  # as a port gives them
    power = energy_by_stage(samples, INVOKE)
    figures = power.of("invoke")
    assert figures is not None
    assert (figures.n, figures.n_broken, power.lost) == (20, 0, 0)
    assert figures.seconds == pytest.approx(300 / RATE_HZ)
    assert power.idle_watts == pytest.approx(0.004 * VOLTS, rel=0.01)
    assert figures.energy_nj is not None and figures.net_nj is not None
    assert figures.energy_nj.median == pytest.approx(0.012 * VOLTS * 300 / RATE_HZ * 1e9, rel=0.01)
    assert figures.net_nj.median == pytest.approx(0.008 * VOLTS * 300 / RATE_HZ * 1e9, rel=0.015)


@pytest.mark.parametrize("n_lost", [1, 5, 63])
def test_lost_samples_are_counted_and_break_their_window(n_lost: int) -> None:
    data = pack_words(*load(4))
    cut = 4 * (500 + 250)
    samples = Decoder(parse_calibration(METADATA), VOLTS).feed(data[:cut] + data[cut + 4 * n_lost :])
    power = energy_by_stage(samples, INVOKE)
    for figures in power.windows:
        assert (power.lost, figures.n, figures.n_broken) == (n_lost, 3, 1)


def test_the_three_samples_after_a_change_of_range_are_smoothed() -> None:
    amps = np.array([1e-6] * 10 + [1e-3] * 10)
    data = pack_words(amps, np.zeros(20, np.uint8))
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


def test_an_inference_is_all_its_stages_since_the_one_before() -> None:
    stages = [0, 1, 0, 1, 0, 2, 0, 1, 2, 0]
    markers = np.repeat(np.array(stages, np.uint8), 100)
    amps = np.where(markers == 2, 0.012, np.where(markers == 1, 0.010, 0.004))
    samples = Decoder(parse_calibration(METADATA), VOLTS).feed(pack_words(amps, markers))
    figures = energy_by_stage(samples, {"preprocess": 0, "invoke": 1})
    inference = figures.of("inference")
    assert inference is not None
    assert inference.energy_nj is not None
    nj = VOLTS * 100 / RATE_HZ * 1e9
    assert inference.energy_nj.max == pytest.approx(nj * (0.010 + 0.010 + 0.012), rel=0.02)
    assert inference.energy_nj.min == pytest.approx(nj * (0.010 + 0.012), rel=0.02)
    assert [(each.stage, each.n) for each in figures.windows] == [("preprocess", 3), ("invoke", 2), ("inference", 2)]


class Marking:
    """Writes marks as a board does."""

    def __init__(self, folder: Path, first: int) -> None:
        self._path, self._number, self._now_ns = folder / "marks", first, 1_000_000
        self._data = bytearray(MARKS_KEPT * StageMark.SIZE)

    def write(self, stages: Sequence[tuple[int, int]]) -> None:
        """stages: what begins, and how long it takes, us."""
        for what, us in stages:
            at = self._number % MARKS_KEPT * StageMark.SIZE
            mark = StageMark(time_ns=self._now_ns, number=self._number, stages=what)
            self._data[at : at + StageMark.SIZE] = mark.pack()
            self._number += 1
            self._now_ns += 1000 * us
        self._path.write_bytes(self._data)


@pytest.mark.parametrize("inputs", [(0, 1, 2), (7, 3, 5)])
def test_a_simulated_meter_plays_what_a_board_marks(tmp_path: Path, inputs: tuple[int, int, int]) -> None:
    plan = MeterPlan(kind="simulated", inputs=inputs)
    board = Marking(tmp_path, MARKS_KEPT - 7)  # the file is full after some of them
    work = [(2, 1000), (0, 10), (4, 20_000), (0, 9_000_000)]
    with closing(open_simulated(tmp_path, plan)) as meter:
        board.write(work)  # before anybody measures
        energy = measure_energy(OpenedMeter(meter=meter, plan=plan), lambda: board.write(work), runs=5)
    assert (energy.meter, energy.lost, energy.runs) == ("simulated PPK2", 0, 5)
    assert energy.idle_watts == pytest.approx(CURRENTS[0] * VOLTS, rel=0.01)
    for stage, amps, seconds in (("preprocess", CURRENTS[2], 0.001), ("invoke", CURRENTS[4], 0.020)):
        figures = energy.of(stage)
        assert figures is not None
        assert (figures.n, figures.n_broken) == (5, 0)
        assert figures.seconds == pytest.approx(seconds, abs=2 / RATE_HZ)
        assert figures.energy_nj is not None
        assert figures.energy_nj.median == pytest.approx(amps * VOLTS * seconds * 1e9, rel=0.02)


def test_a_pin_that_is_wired_nowhere_is_reported(tmp_path: Path) -> None:
    plan = MeterPlan(kind="simulated")
    with (
        closing(open_simulated(tmp_path, plan)) as meter,
        pytest.raises(BoardError, match=r"simulated PPK2: input 2 was never high"),
    ):
        measure_energy(OpenedMeter(meter=meter, plan=plan), lambda: None, runs=1)


@pytest.mark.parametrize("text", ["ppk2", "ppk2:", "js220:", "simulated:1", "", "multimeter"])
def test_what_is_no_meter_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="expected ppk2:PORT"):
        parse_meter(text)


def aligned(messages: Sequence[tuple[str, int, NDArray[np.generic]]], factor: int = 10) -> PowerSamples:
    """Return what a JS220's messages make: signal, position of the first value, values."""
    aligner = Aligner([0, 3])
    found = [
        aligner.take(signal, {"sample_id": first * factor, "decimate_factor": factor, "data": data})
        for signal, first, data in messages
    ]
    return joined(each for each in found if each is not None)


def js220_messages(
    amps: NDArray[np.float64], high: NDArray[np.uint8], piece: int
) -> list[tuple[str, int, NDArray[np.generic]]]:
    """Return messages of so many samples each; the signals come one after another, and bits eight in a byte."""
    found: list[tuple[str, int, NDArray[np.generic]]] = []
    for at in range(0, len(amps), piece):
        part = slice(at, at + piece)
        bits = np.packbits(high[part], bitorder="little")
        found += [("gpi/0", 1000 + at, bits), ("i", 1000 + at, amps[part].astype(np.float32))]
        found += [("v", 1000 + at, np.full(len(amps[part]), VOLTS, np.float32)), ("gpi/3", 1000 + at, 0 * bits)]
    return found


@pytest.mark.parametrize("piece", [64, 100, 999])
def test_the_signals_of_a_js220_are_put_together(piece: int) -> None:
    amps, high = load(8)
    samples = aligned(js220_messages(amps, high, piece))
    assert samples.lost == 0
    assert np.array_equal(samples.amps, amps.astype(np.float32)[: len(samples.amps)])
    assert np.array_equal(samples.markers, high[: len(samples.amps)])
    figures = energy_by_stage(samples, INVOKE).of("invoke")
    assert figures is not None
    assert figures.n >= 7


@pytest.mark.parametrize("missing", [9, 10, 11])
def test_what_one_signal_of_a_js220_lacks_is_lost(missing: int) -> None:
    amps, high = load(8)
    messages = js220_messages(amps, high, 96)
    del messages[missing]
    samples = aligned(messages)
    figures: EnergyFigures = energy_by_stage(samples, INVOKE)
    assert samples.lost == 96
    assert figures.of("invoke").n_broken == 1  # type: ignore[union-attr]

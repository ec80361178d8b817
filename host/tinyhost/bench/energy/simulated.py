"""A simulated meter: a PPK2's wire format on a pty, of a load that follows the marks of a virtual board.

Its time is the board's own, taken from the marks. The currents are invented: its figures test the path from the marker
to the report, and are not those of a board.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tinyhost.bench.energy.meters import MeterPlan
from tinyhost.bench.energy.ppk2 import RATE_HZ, Ppk2
from tinyhost.boards.scenes.messages import MARKS_KEPT, StageMark
from tinyhost.errors import BoardError
from tinyhost.link.serial import SerialLink
from tinyhost.system.posix import open_pty
from tinyhost.system.reading import read_file
from tinyhost.system.waiting import has_input

__all__ = ["CURRENTS", "METADATA", "MarkReader", "SimulatedPpk2", "open_simulated", "pack_words"]

CURRENTS = {0: 0.004, 1: 0.010, 2: 0.008, 4: 0.012}
"""A, by hal::Stage."""
_R = (1031.64, 101.65, 10.15, 0.94, 0.043)
_ADC_VOLTS = 1.8 / 163_840
METADATA = "".join(
    f"{name}{place}: {value}\n"
    for place in range(5)
    for name, value in (("R", _R[place]), ("GS", 0), ("GI", 1), ("O", 8), ("S", 0), ("I", 0), ("UG", 1))
)
_TURN_S = 0.005
_MAX_IDLE = 500  # samples between two stages: the host's work in between takes no time of the board's
_LEAD = 1000  # samples per turn while the board is idle
_PIECE = 4096  # samples


def pack_words(amps: NDArray[np.float64], markers: NDArray[np.uint8], first: int = 0) -> bytes:
    """Return a PPK2's bytes, each current in the finest range that it fits. first: the samples' first counter."""
    codes = np.round((amps[:, None] * np.array(_R) / _ADC_VOLTS + 8) / 4).astype(np.int64)
    places = np.argmax(codes < 1 << 14, axis=1)
    adc = codes[np.arange(len(amps)), places]
    counters = (first + np.arange(len(amps))) % 64
    words: NDArray[np.uint32] = (adc | places << 14 | counters << 18 | markers.astype(np.int64) << 24).astype("<u4")
    return words.tobytes()


class MarkReader:
    """The marks that a virtual board writes from now on."""

    def __init__(self, folder: Path) -> None:
        """folder: the board's state. The file is created, or emptied while the firmware goes on writing."""
        self._path = folder / "marks"
        self._path.write_bytes(b"")
        self._last = 0

    def new(self) -> list[StageMark]:
        """Return the marks since the last call, in order."""
        found = sorted((each for each in self._all() if each.number > self._last), key=lambda each: each.number)
        self._last = found[-1].number if found else self._last
        return found

    def _all(self) -> list[StageMark]:
        data = read_file(self._path, max_bytes=MARKS_KEPT * StageMark.SIZE, error=BoardError)
        return [StageMark.unpack(data, at) for at in range(0, len(data) - StageMark.SIZE + 1, StageMark.SIZE)]


class SimulatedPpk2:
    """Simulates a PPK2 on a port of this computer, in a thread, until it is closed."""

    def __init__(self, folder: Path, inputs: tuple[int, int, int]) -> None:
        self._marks = MarkReader(folder)
        self._inputs = inputs
        self._master, self._slave, self.port = open_pty()
        self._end = threading.Event()
        self._sampling = False
        self._counter = 0
        self._before: StageMark | None = None
        self._thread = threading.Thread(target=self._serve, name="simulated PPK2", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop it. Pending output is lost."""
        self._end.set()
        os.close(self._slave)  # ends a blocked write
        self._thread.join()
        os.close(self._master)

    def _serve(self) -> None:
        with suppress(OSError):
            while not self._end.is_set():
                if has_input(self._master, _TURN_S):
                    self._obey(os.read(self._master, 256))
                if self._sampling:
                    self._play()

    def _obey(self, commands: bytes) -> None:
        skip = 0
        for code in commands:
            if skip:
                skip -= 1
            elif code == 0x19:
                self._send((METADATA + "END").encode())
            elif code in (0x06, 0x07):
                self._sampling = code == 0x06
                self._marks.new()  # nobody was there to see those before
                self._before = None
            else:
                skip = {0x11: 1, 0x0D: 2, 0x0C: 1}.get(code, 0)

    def _play(self) -> None:
        self._samples(0, _LEAD)
        for mark in self._marks.new():
            if self._before is not None and mark.time_ns >= self._before.time_ns:
                n = round((mark.time_ns - self._before.time_ns) * RATE_HZ / 1e9)
                stages = self._before.stages
                self._samples(stages, n if stages else min(n, _MAX_IDLE))
            self._before = mark

    def _samples(self, stages: int, n: int) -> None:
        wired = sum(1 << marker for bit, marker in enumerate(self._inputs) if stages >> bit & 1)
        while n > 0 and not self._end.is_set():
            piece = min(n, _PIECE)
            amps = np.full(piece, CURRENTS.get(stages, CURRENTS[0]))
            self._send(pack_words(amps, np.full(piece, wired, np.uint8), self._counter))
            self._counter += piece
            n -= piece

    def _send(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._master, data) :]


class _OpenedPpk2(Ppk2):
    name = "simulated PPK2"

    def __init__(self, simulated: SimulatedPpk2, plan: MeterPlan) -> None:
        self._simulated = simulated
        super().__init__(SerialLink(simulated.port, self.name), millivolts=round(1000 * plan.volts))

    def close(self) -> None:
        """End both."""
        super().close()
        self._simulated.close()


def open_simulated(folder: Path, plan: MeterPlan) -> Ppk2:
    """Return a reader of a simulated PPK2 at the supply of the virtual board whose state is in a folder."""
    simulated = SimulatedPpk2(folder, plan.inputs)
    try:
        return _OpenedPpk2(simulated, plan)
    except BaseException:
        simulated.close()
        raise

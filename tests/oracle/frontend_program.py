"""The frontend as a program for a virtual board, built at an optimization level; see firmware/test/frontend_program."""

from __future__ import annotations

import dataclasses
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tinyhost.audio.features import FrontendConfig
from tinyhost.system.locks import locked

__all__ = ["LEVELS", "Cost", "build_program", "run_program"]

LEVELS = ("O0", "Os", "O2", "O3")
_ROOT = Path(__file__).resolve().parents[2]
_QEMU = ("qemu-system-arm", "-machine", "mps2-an386", "-icount", "shift=7", "-display", "none", "-monitor", "none")
_QEMU_IO = ("-serial", "none", "-semihosting-config", "enable=on,target=native", "-kernel")
_COST = re.compile(r"strides (\d+) mean (\d+) max (\d+) unit (\w+) state_bytes (\d+)")


@dataclass(frozen=True, kw_only=True)
class Cost:
    """The cost of strides, without the first, and the memory of a Frontend."""

    n_strides: int
    mean: int
    max: int
    unit: str
    """of mean and max: instructions on m4, ns on native"""
    state_bytes: int


def build_program(board: str, level: str) -> Path:
    """Build the program for native or m4 and return it. Raises CalledProcessError.

    Tests run in several processes, and two of make in one folder link objects that are half written.
    """
    make = ["make", "--silent", "-C", str(_ROOT / "firmware/test/frontend_program"), f"BOARD={board}", f"LEVEL={level}"]
    folder = _ROOT / f"build/frontend/{board}-{level}"
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder / "lock"):
        subprocess.run(make, check=True, capture_output=True, text=True)
    return folder / "program"


def run_program(
    board: str, level: str, pcm: NDArray[np.int16], config: FrontendConfig, folder: Path
) -> tuple[NDArray[np.integer], Cost]:
    """Return what the program computes in `folder`, and its cost.

    Raw features, (n_strides, n_channels) uint16, or cepstral coefficients, (n_strides, n_coefficients) int8.
    """
    program = build_program(board, level)
    values = dataclasses.asdict(config)
    names = ("sample_rate_hz", "window_ms", "stride_ms", "lower_band_hz", "upper_band_hz", "n_channels", "variant")
    header = np.array([int(values[name]) for name in (*names, "n_coefficients")], "<u4").tobytes()
    (folder / "sound.bin").write_bytes(header + pcm.astype("<i2").tobytes())
    command = [str(program)] if board == "native" else [*_QEMU, *_QEMU_IO, str(program)]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=600)
    match = _COST.search(done.stdout + done.stderr)  # QEMU prints what a program does on its standard error
    if match is None:
        raise RuntimeError(f"{program}: expected its cost, got {done.stdout + done.stderr!r}")
    n_strides, mean, largest, unit, state_bytes = match.groups()
    values_of = np.dtype("i1" if config.n_coefficients else "<u2")
    rows = np.frombuffer((folder / "features.bin").read_bytes(), values_of).reshape(-1, config.n_features)
    cost = Cost(n_strides=int(n_strides), mean=int(mean), max=int(largest), unit=unit, state_bytes=int(state_bytes))
    return rows, cost

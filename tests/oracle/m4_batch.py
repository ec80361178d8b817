"""Many small models on the board m4, in one start of QEMU: the instructions themselves rather than their emulation."""

from __future__ import annotations

import struct
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tinyhost.boards.build import build_firmware
from tinyhost.compiler import CompiledModel
from tinyhost.system.tools import require_tool

from tests.oracle.oracle import run_compiled

__all__ = ["Case", "build_batch_program", "case_of", "run_on_m4"]

_QEMU = ("-machine", "mps2-an386", "-display", "none", "-monitor", "none", "-serial", "none")
_SEMIHOSTING = ("-semihosting-config", "enable=on,target=native")
_TIMEOUT_S = 600


@dataclass(frozen=True, kw_only=True)
class Case:
    """A model image with inputs and their expected outputs."""

    image: bytes
    inputs: tuple[bytes, ...]
    expected: tuple[bytes, ...]


def case_of(compiled: CompiledModel, inputs: Sequence[NDArray[np.generic]]) -> Case:
    """Return the case that a model answers on the board what the portable kernels answer here."""
    answers = run_compiled(compiled, inputs, simd=False)
    return Case(
        image=compiled.image,
        inputs=tuple(values.tobytes() for values in inputs),
        expected=tuple(answer.tobytes() for answer in answers),
    )


def build_batch_program() -> Path:
    """Return the program, built if it is not up to date."""
    return build_firmware("test_oracle", "m4").path


def run_on_m4(program: Path, cases: Sequence[Case]) -> list[int]:
    """Return the indices of the cases that answer otherwise than expected.

    Raises subprocess.CalledProcessError if the program stops before the last, as it does at an image that the engine
    refuses.
    """
    with tempfile.TemporaryDirectory(prefix="tinyhost-oracle-") as folder:
        path = Path(folder)
        with (path / "cases.bin").open("wb") as file:
            for case in cases:
                file.write(struct.pack("<II", len(case.image), len(case.inputs)))
                file.write(case.image + b"".join(case.inputs))
        qemu = require_tool("qemu-system-arm", why="it is the board m4")
        command = [qemu, *_QEMU, *_SEMIHOSTING, "-kernel", str(program)]
        subprocess.run(command, cwd=path, check=True, timeout=_TIMEOUT_S, stdin=subprocess.DEVNULL)
        outputs = (path / "outputs.bin").read_bytes()
    wrong, offset = [], 0
    for index, case in enumerate(cases):
        expected = bytes(4) + b"".join(case.expected)
        if outputs[offset : offset + len(expected)] != expected:
            wrong.append(index)
        offset += len(expected)
    return wrong

"""Measures the mix of instructions of each kind of operator, and derives cycles per instruction from it.

    python -m scripts.cycles.measure MODEL_OR_FOLDER... [--write]

Runs the models operator by operator on m4, in a QEMU with a plugin that counts every address. --write replaces
host/tinyhost/bench/cycles.json, from which `tinyhost bench` estimates. docs/reference/performance.md has the method.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tinyhost.bench.table import find_models
from tinyhost.boards import resolve
from tinyhost.boards.build import build_firmware
from tinyhost.boards.flash import flash_firmware
from tinyhost.device import Device
from tinyhost.models.file import load_model_file
from tinyhost.models.summary import summarize
from tinyhost.protocol.messages import InferSource

from scripts.cycles.costs import FLASH_WAIT_STATES, Cost, Instruction, parse_listing

_ROOT = Path(__file__).resolve().parents[2]
_TABLE = _ROOT / "host/tinyhost/bench/cycles.json"
_COUNTERS = 1 << 21
_WINDOW = "_ZN8tinyhost3hal12_GLOBAL__N_16windowE"


def main() -> int:
    arguments = [argument for argument in sys.argv[1:] if argument != "--write"]
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 2
    firmware = build_firmware("vww", "m4")
    instructions = _engine_instructions(firmware.path)
    totals: dict[str, list[Cost]] = defaultdict(list)
    counts: dict[str, int] = defaultdict(int)
    with tempfile.TemporaryDirectory(prefix="tinyhost-cycles-") as folder:
        state = Path(folder)
        with _counting_qemu(firmware.path, state) as counters:
            board = resolve("m4", state=state / "state")
            flash_firmware(board, firmware)
            with board.power() as power, Device.open(power) as device:
                for path in find_models([Path(argument) for argument in arguments]):
                    for kind, delta in _operators(device, path, counters):
                        n, cost = _cycles(instructions, delta)
                        counts[kind] += n
                        totals[kind].append(cost)
    table = {kind: _per_instruction(totals[kind], counts[kind]) for kind in sorted(totals) if counts[kind]}
    for kind, row in table.items():
        print(f"{kind:20} {counts[kind]:12,} instructions: {row['low']:.2f} {row['likely']:.2f} {row['high']:.2f}")
    if "--write" in sys.argv:
        document = {"build_id": firmware.build_id, "cycles_per_instruction": table}
        _TABLE.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return 0


def _operators(device: Device, path: Path, counters: NDArray[np.uint64]) -> Iterator[tuple[str, NDArray[np.uint64]]]:
    """Yield (kind, counts) of each operator of a model, run one by one."""
    image = load_model_file(path).image
    model = summarize(image)
    device.push(image)
    before = np.array(counters)
    for index, _ in device.step_operators(InferSource.PATTERN, seed=1):
        now = np.array(counters)
        yield model.operators[index].code, now - before
        before = now


def _cycles(instructions: list[Instruction], delta: NDArray[np.uint64]) -> tuple[int, Cost]:
    """Return (instructions that ran, their cycles) of the engine's code."""
    n, low, likely, high = 0, 0.0, 0.0, 0.0
    for at, item in enumerate(instructions):
        ran, reads = int(delta[item.address // 2]), int(delta[_COUNTERS + item.address // 2])
        if not ran:
            continue
        taken = 0
        if item.taken is not None:
            after = instructions[at + 1].address if at + 1 < len(instructions) else item.address
            taken = ran if item.always_taken else max(0, ran - int(delta[after // 2]))
            low, likely, high = (
                total + taken * (branch - base)
                for total, branch, base in zip((low, likely, high), _ends(item.taken), (1.0, 1.0, 1.0), strict=True)
            )
        n += ran
        low += ran * item.cost.low + reads * FLASH_WAIT_STATES.low
        likely += ran * item.cost.likely + reads * FLASH_WAIT_STATES.likely
        high += ran * item.cost.high + reads * FLASH_WAIT_STATES.high
    return n, Cost(low=low, likely=likely, high=high)


def _ends(cost: Cost) -> tuple[float, float, float]:
    return cost.low, cost.likely, cost.high


def _per_instruction(costs: list[Cost], n: int) -> dict[str, float]:
    return {name: round(sum(getattr(cost, name) for cost in costs) / n, 3) for name in ("low", "likely", "high")}


def _engine_instructions(program: Path) -> list[Instruction]:
    """Return the instructions of the functions that the linker took from libengine."""
    ranges = _engine_ranges(program.with_name("program.map"))
    listing = subprocess.run(
        ["arm-none-eabi-objdump", "-d", "--no-show-raw-insn", str(program)], check=True, capture_output=True, text=True
    ).stdout
    return [item for item in parse_listing(listing) if any(first <= item.address < end for first, end in ranges)]


def _engine_ranges(linker_map: Path) -> list[tuple[int, int]]:
    linked = linker_map.read_text(encoding="utf-8").partition("Linker script and memory map")[2]
    found = re.findall(r"^ \.text\S*\s+0x([0-9a-f]+)\s+0x([0-9a-f]+) \S*libengine\.a\(", linked, re.MULTILINE)
    return [(int(first, 16), int(first, 16) + int(size, 16)) for first, size in found]


@contextmanager
def _counting_qemu(program: Path, folder: Path) -> Iterator[NDArray[np.uint64]]:
    """Yield counters that the QEMU of every board started meanwhile adds to: a wrapper comes first in the PATH."""
    qemu = shutil.which("qemu-system-arm")
    plugin, file = folder / "instruction_counts.so", folder / "counters"
    source = Path(__file__).with_name("instruction_counts.c")
    subprocess.run(["gcc", "-O2", "-Wall", "-Wextra", "-shared", "-fPIC", "-o", plugin, source], check=True)
    with file.open("wb") as out:
        out.truncate(2 * _COUNTERS * 8)
    symbols = subprocess.run(["arm-none-eabi-nm", "-S", program], check=True, capture_output=True, text=True).stdout
    first, size = next(line.split()[:2] for line in symbols.splitlines() if line.endswith(_WINDOW))
    window = f"begin=0x{first},end={int(first, 16) + int(size, 16)}"
    wrapper = folder / "bin" / "qemu-system-arm"
    wrapper.parent.mkdir()
    wrapper.write_text(f'#!/bin/sh\nexec {qemu} -plugin "{plugin},counters={file},{window}" "$@"\n')
    wrapper.chmod(0o755)
    before = os.environ["PATH"]
    os.environ["PATH"] = f"{wrapper.parent}:{before}"
    try:
        yield np.memmap(file, np.uint64, "r", shape=(2 * _COUNTERS,))
    finally:
        os.environ["PATH"] = before


if __name__ == "__main__":
    sys.exit(main())

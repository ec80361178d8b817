"""Print the cost of a stride of the audio frontend on the virtual board m4: .venv/bin/python -m scripts.bench_frontend

Instructions per stride of 30 s of synthetic sound, bytes of RAM (all but a few hundred of stack) and of flash, without
the C library. --json FILE also writes them. TFLM's microfrontend, as shipped, takes 84.9 k at -O2, and 11.4 KB.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import json
import re
import sys
import tempfile
from pathlib import Path

import numpy as np
from tinyhost.audio.features import FrontendConfig

from tests.oracle.frontend_program import LEVELS, build_program, run_program
from tests.oracle.frontend_sounds import synthetic_sound

_SECTION = re.compile(r"^ \.(?:text|rodata|data)\S*\n? +0x\w+ +0x(\w+) (\S+)$", re.MULTILINE)


def flash_bytes(program: Path) -> int:
    """Return the code and constants of the frontend's own files in a program, from the linker's map."""
    text = program.with_name("program.map").read_text(encoding="utf-8")
    linked = text.partition("Linker script and memory map")[2]
    return sum(int(size, 16) for size, origin in _SECTION.findall(linked) if "/lib/frontend/src/" in origin)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    sound = np.concatenate(list(synthetic_sound(30.0, seed=1)))
    results = {}
    for level, n_coefficients in itertools.product(LEVELS, (0, 13)):
        with tempfile.TemporaryDirectory() as folder:
            _, cost = run_program("m4", level, sound, FrontendConfig(n_coefficients=n_coefficients), Path(folder))
        flash = flash_bytes(build_program("m4", level))
        name = f"{level}, {n_coefficients} coefficients" if n_coefficients else level
        results[name] = {**dataclasses.asdict(cost), "flash_bytes": flash}
        print(
            f"m4 -{name}: {cost.mean:7,} instructions per 20 ms stride, at most {cost.max:7,}; "
            f"RAM {cost.state_bytes:,} B, flash {flash:,} B"
        )
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Print what it takes from `tinyhost flash kws --board nano33emu` on an empty chip to the first prediction.

    python -m scripts.bench_first_prediction [--board nano33emu:rev2] [--app anomaly] [--turns N] [--build]

Each turn begins with an empty state folder. Wall time, and CPU time of the commands and the emulator. It should take at
most 10 s once the emulator is built; --build deletes that before the first turn, and tells what building it takes.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tinyhost.boards.emulator import build_emulator
from tinyhost.boards.project import find_project

TINYHOST = [sys.executable, "-c", "from tinyhost.cli.main import main; main()"]
LONGEST_S = 10.0


@dataclass(frozen=True, kw_only=True)
class Cost:
    """The cost of a step."""

    wall_s: float
    cpu_s: float

    def __str__(self) -> str:
        return f"{self.wall_s:6.2f} s, of the processor {self.cpu_s:6.2f} s"


class Meter:
    """Measures the cost of this process and of the processes that it waits for, from its start on."""

    def __init__(self) -> None:
        self._wall_s, self._cpu_s = time.monotonic(), self._cpu_now_s()

    @staticmethod
    def _cpu_now_s() -> float:
        usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(usage.ru_utime + usage.ru_stime for usage in usages)

    def cost(self) -> Cost:
        """Return the cost so far."""
        return Cost(wall_s=time.monotonic() - self._wall_s, cpu_s=self._cpu_now_s() - self._cpu_s)


def run(words: list[str], state: Path) -> tuple[str, Cost]:
    """Return what a command printed, and its cost. Raises CalledProcessError."""
    meter = Meter()
    environment = {**os.environ, "TINYHOST_STATE": str(state)}
    done = subprocess.run([*TINYHOST, *words], check=True, stdout=subprocess.PIPE, text=True, env=environment)
    return done.stdout, meter.cost()


def main() -> None:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--board", default="nano33emu")
    parser.add_argument("--app", default="kws")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--build", action="store_true", help="build the emulator anew first")
    given = parser.parse_args()
    if given.build:
        shutil.rmtree(find_project() / "build/emulator", ignore_errors=True)
    meter = Meter()
    build_emulator()
    print(f"the emulator, {'built' if given.build else 'there'}: {meter.cost()}")
    fastest_s = float("inf")
    for _ in range(given.turns):
        with tempfile.TemporaryDirectory() as state:
            printed, flash = run(["flash", given.app, "--board", given.board, "--json", "-"], Path(state))
            _, first = run(["monitor", "--board", given.board, "--count", "1", "--plain"], Path(state))
        print(f"flash ({json.loads(printed)['firmware']} firmware): {flash}; first prediction: {first}")
        fastest_s = min(fastest_s, flash.wall_s + first.wall_s)
    print(f"the fastest turn took {fastest_s:.2f} s; it should be at most {LONGEST_S:g} s on a quiet computer")


if __name__ == "__main__":
    main()

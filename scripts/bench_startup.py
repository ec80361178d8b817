"""Print what it costs to start `tinyhost`, beside mpremote, esptool and pio, measured in turns in one environment.

    python -m scripts.bench_startup [--wheel FILE] [--turns N]

The wheel (by default one that is built now) and the other tools, from PyPI, are installed into an environment that is
thrown away. CPU time of the process and its children; the ratio of medians is the figure, and
`boards --no-ask` should take at most 1.3 times what `mpremote devs` takes.
"""

from __future__ import annotations

import argparse
import os
import resource
import shlex
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from scripts.wheel_tour import at_home, build_wheel, install

OTHERS = ("mpremote", "esptool")  # pio comes with the extra that builds firmware
LINES = (
    "tinyhost --help",
    "tinyhost boards --no-ask",
    "mpremote devs",
    "esptool version",
    "pio --version",
    "python -c pass",
    "python -c 'import click'",
)
MONITOR = "tinyhost monitor --board native --scene pictures --count 1 --plain"


@dataclass(frozen=True)
class Cost:
    """The cost of a command."""

    cpu_ms: float
    wall_ms: float


def cost(command: list[str], home: Path) -> Cost:
    """Return the cost of one run of a command and its children. Raises CalledProcessError."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=home, env=at_home(home))
    wall_s, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(cpu_s * 1000, wall_s * 1000)


def measure(folder: Path, home: Path, n_turns: int) -> dict[str, list[Cost]]:
    """Return the cost of each command line, turn by turn."""
    commands = {}
    for line in (*LINES, MONITOR):
        program, *words = shlex.split(line)
        commands[line] = [str(folder / program), *words]
    for line in ("flash vww --board native", "synth pictures pictures --count 2"):
        cost([str(folder / "tinyhost"), *line.split()], home)
    for command in commands.values():
        cost(command, home)  # what is done once only is done now
    found: dict[str, list[Cost]] = {line: [] for line in commands}
    for _ in range(n_turns):
        for line, command in commands.items():
            found[line].append(cost(command, home))
    return found


def main() -> None:
    """Print the medians and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wheel", type=Path, help="this one, in place of one that is built now")
    parser.add_argument("--turns", type=int, default=15)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tinyhost-startup-") as place:
        home = Path(place)
        wheel = options.wheel.resolve() if options.wheel else build_wheel(home / "wheel")
        program, environment = install(wheel, "build,camera", "pip", home)
        pip = [str(environment / "bin/python"), "-m", "pip", "install", "--quiet", *OTHERS]
        subprocess.run(pip, check=True)
        times = measure(program.parent, home, options.turns)
    load, n_cpus = os.getloadavg()[0], os.cpu_count()
    print(f"medians of {options.turns} turns; load {load:.1f} on {n_cpus} CPUs")
    cpu = {line: statistics.median(one.cpu_ms for one in found) for line, found in times.items()}
    for line, found in times.items():
        wall = statistics.median(one.wall_ms for one in found)
        print(f"{line:50} {cpu[line]:7.1f} ms of CPU time in {wall:7.1f} ms")
    mine = "tinyhost boards --no-ask"
    for other in ("mpremote devs", "esptool version", "pio --version"):
        print(f"{mine} / {other}: {cpu[mine] / cpu[other]:.2f}")


if __name__ == "__main__":
    main()

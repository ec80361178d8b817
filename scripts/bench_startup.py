"""Print how long `tinyhost --help` takes, beside `import typer` and an empty Python, measured in turns.

Wall time on a busy machine is noisy: the ratio of medians is the figure; the aim is at most 2.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

N_TURNS = 25
COMMANDS = {
    "tinyhost --help": [str(Path(sys.executable).with_name("tinyhost")), "--help"],
    "import typer": [sys.executable, "-c", "import typer"],
    "python": [sys.executable, "-c", "pass"],
}


def duration_ms(command: list[str]) -> float:
    """Return the wall time of one run, ms."""
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - started) * 1000


def main() -> None:
    """Print the medians and their ratio."""
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(N_TURNS):
        for name, command in COMMANDS.items():
            times[name].append(duration_ms(command))
    medians = {name: statistics.median(values) for name, values in times.items()}
    for name, median in medians.items():
        print(f"{name:16} {median:7.1f} ms")
    print(f"ratio            {medians['tinyhost --help'] / medians['import typer']:7.2f} (median of {N_TURNS} turns)")


if __name__ == "__main__":
    main()

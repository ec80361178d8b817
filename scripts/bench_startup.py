"""Print what it costs to start `tinyhost`, beside an empty Python, `import typer` and tools like it, measured in turns.

    python scripts/bench_startup.py [folder with tinyhost, mpremote, esptool, ...]

CPU time of the process and its children; the ratio of medians is the figure. The aims: `--help` at most 2 times
`import typer`, `boards --no-ask` at most 1.3 times `mpremote devs`. Tools that are not installed are left out.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from pathlib import Path

N_TURNS = 15


def commands(folder: Path) -> dict[str, list[str]]:
    """Return what is measured, by its name, of the programs that a folder has."""
    python = str(folder / "python")
    lines = ("tinyhost --help", "tinyhost boards --no-ask", "mpremote devs", "esptool version", "pio --version")
    found = {line: [str(folder / line.split()[0]), *line.split()[1:]] for line in lines}
    found = {line: command for line, command in found.items() if Path(command[0]).is_file()}
    return {**found, "import typer": [python, "-c", "import typer"], "python": [python, "-c", "pass"]}


def cpu_ms(command: list[str]) -> float:
    """Return the CPU time of one run, ms."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return (usage.ru_utime + usage.ru_stime) * 1000


def main() -> None:
    """Print the medians and their ratios."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(sys.executable).parent
    measured = commands(folder)
    times: dict[str, list[float]] = {name: [] for name in measured}
    for _ in range(N_TURNS):
        for name, command in measured.items():
            times[name].append(cpu_ms(command))
    medians = {name: statistics.median(values) for name, values in times.items()}
    for name, median in medians.items():
        print(f"{name:26} {median:7.1f} ms")
    for mine, others in (("tinyhost --help", "import typer"), ("tinyhost boards --no-ask", "mpremote devs")):
        if others in medians:
            print(f"{mine} / {others}: {medians[mine] / medians[others]:.2f} (medians of {N_TURNS} turns)")


if __name__ == "__main__":
    main()

"""Run the README's tour as a reader would type it: the demo is the test of the README's commands.

Every line that starts with `$` is a real command; nothing here is recorded. What is left behind:
    build/demo/      the data sets, and the virtual boards with what is on them
    reports/         the HTML reports
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from tinyhost.boards.emulator import SWITCHES_VARIABLE

from scripts.command_blocks import commands, read_blocks

__all__ = ["main", "tour"]

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "build/demo"
REPORTS = ROOT / "reports"
LINKED = ("hil", "models", "reports")


def tour() -> list[str]:
    """Return the commands of the README that a reader can run here."""
    blocks = read_blocks(ROOT / "README.md")
    return [command for block in blocks if block.language == "sh" and not block.mark for command in commands(block)]


def main() -> int:
    """Run the tour; return the exit code of the first command that fails."""
    console = Console(highlight=False)
    begin = time.time()
    prepare()
    binaries = str(Path(sys.executable).parent)
    environment = {
        **os.environ,
        "PATH": f"{binaries}:{os.environ['PATH']}",
        "TINYHOST_STATE": str(WORK / "boards"),
        SWITCHES_VARIABLE: "--strict",
    }
    for command in tour():
        console.print(f"\n[bold green]$[/] [bold]{escape(command)}[/]")
        done = subprocess.run(shlex.split(command), check=False, cwd=WORK, env=environment)
        if done.returncode:
            console.print(f"[bold red]the demo stops here:[/] that command ended with exit code {done.returncode}")
            return done.returncode
    for defects in (WORK / "boards").rglob("defects"):
        console.print(f"[bold red]silicon would not forgive[/] {escape(defects.read_text())}({defects})")
        return 1
    minutes, seconds = divmod(round(time.time() - begin), 60)
    console.print(f"\n[bold cyan]done[/] in {minutes} min {seconds} s. Look at:")
    for report in sorted(REPORTS.glob("*.html")):
        if report.stat().st_mtime >= begin:
            console.print(f"    {report.relative_to(ROOT)}")
    return 0


def prepare() -> None:
    """Make a folder like a fresh clone, whose boards have nothing on them."""
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    REPORTS.mkdir(exist_ok=True)
    for name in LINKED:
        (WORK / name).symlink_to(ROOT / name)


if __name__ == "__main__":
    sys.exit(main())

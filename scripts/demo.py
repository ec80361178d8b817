"""Run the main job on the virtual boards, command by command, as a person would type it.

Every line that starts with `$` is a real command; nothing here is recorded. What is left behind:
    build/demo/      the drawn pictures, the captured data set, the JSON of each measurement
    reports/         one HTML report per board
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
WORK = Path("build/demo")
REPORTS = Path("reports")
STATE = WORK / "boards"
LABELS = ("person", "no_person")
N_SCENE = 12
N_CAPTURED = 8
SEED = 2026

console = Console(highlight=False)


def say(text: str) -> None:
    """Print a heading of the tour."""
    console.print(f"\n[bold cyan]{text}[/]")


def run(*arguments: str) -> None:
    """Show and run one tinyhost command; stop the demo if it fails."""
    console.print(f"[bold green]$[/] [bold]tinyhost {shlex.join(arguments)}[/]")
    tinyhost = Path(sys.executable).with_name("tinyhost")
    done = subprocess.run([tinyhost, *arguments], check=False, env={**os.environ, "TINYHOST_STATE": str(STATE)})
    if done.returncode:
        console.print(f"[bold red]the demo stops here:[/] that command ended with exit code {done.returncode}")
        raise SystemExit(done.returncode)


def tour(board: str) -> None:
    """Flash, capture, push, watch and measure one virtual board."""
    scene = str(WORK / "scene")
    data = str(WORK / "captured" / board)
    say(f"{board}: build the firmware, flash it, push the default model")
    run("flash", "vww", "--board", board)
    say(f"{board}: capture labelled pictures over the link")
    for label in LABELS:
        count = str(N_CAPTURED)
        run("capture", "--sensor", "camera", "--board", board, "--label", label, "--count", count,
            "--data", data, "--scene", str(WORK / "scene" / label))  # fmt: skip
    say(f"{board}: push a model again; it is there already, so nothing is sent")
    run("push", "models/vww/model.tflite", "--board", board)
    say(f"{board}: watch live predictions")
    run("monitor", "--board", board, "--scene", scene, "--count", "6")
    say(f"{board}: measure latency, accuracy, and agreement with the host, on the board")
    report, result = str(REPORTS / f"demo-{board}.html"), str(WORK / f"bench-{board}.json")
    run("bench", "--board", board, "--model", "models/vww/model.tflite", "--runs", "3", "--samples", "10", "--link",
        "--data", data, "--json", result, "--report", report)  # fmt: skip


def listen(board: str) -> None:
    """Play words to a board's microphone, and a machine that breaks to its accelerometer."""
    say(f"{board}: the keyword spotter hears synthetic voices in noise")
    run("flash", "kws", "--board", board)
    run("monitor", "--board", board, "--scene", "speech:yes,no?snr=15&gap=0.6&seed=3", "--seconds", "12", "--plain")
    say(f"{board}: a machine loses its balance after 6 seconds")
    run("flash", "anomaly", "--board", board)
    run("monitor", "--board", board, "--scene", "machine:imbalance?rpm=540&start=6", "--seconds", "12", "--plain")


def summary() -> None:
    """Print what the two boards measured, side by side."""
    table = Table(title="what the boards measured", title_justify="left")
    for column in ("board", "invoke", "unit", "arena", "top-1", "disagreements with the host"):
        table.add_column(column, justify="left" if column in ("board", "unit") else "right")
    for board in ("native", "m4"):
        result = json.loads((WORK / f"bench-{board}.json").read_text())
        latency, agreement = result["latency"], result["agreement"]
        table.add_row(
            board,
            f"{latency['invoke']['median']:,}",
            latency["unit"],
            f"{result['model']['arena_bytes']:,} B",
            f"{100 * result['accuracy']['top1']:.1f} %",
            f"{agreement['mismatches']} of {agreement['compared']}",
        )
    console.print(table)
    console.print("instructions on QEMU are not cycles on the board; nanoseconds are this computer's", style="dim")


def main() -> None:
    """Run the tour."""
    os.chdir(ROOT)
    started = time.monotonic()
    shutil.rmtree(WORK, ignore_errors=True)
    say("a scene for the virtual camera: pictures drawn by tinyhost, seeded")
    run("synth", "pictures", str(WORK / "scene"), "--count", str(N_SCENE), "--seed", str(SEED))
    for board in ("native", "m4"):
        tour(board)
        listen(board)
    say("done")
    summary()
    minutes, seconds = divmod(round(time.monotonic() - started), 60)
    console.print(f"in {minutes} min {seconds} s. Look at:")
    for board in ("native", "m4"):
        console.print(f"    {REPORTS / f'demo-{board}.html'}")


if __name__ == "__main__":
    main()

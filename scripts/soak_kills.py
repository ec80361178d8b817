"""Kills hosts, players and firmware at random moments, on the board `native`, and checks what is left.

    python -m scripts.soak_kills                                 # 1,000 kills
    python -m scripts.soak_kills --kills 12 --seed 5 --json kills.json

A host captures pictures or pushes a model. It powers the board itself, or a player (`tinyhost board run`) keeps the
board on for it. One of the processes gets SIGKILL. Afterwards no process of the board may be left, every picture of
the set must be whole, one of the scene's, and as it was; and the board must run the model from before or the pushed
one, and give what that model gives. Exits 1 if anything is lost, corrupt, orphaned or hangs.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import itertools
import json
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from tinyhost.boards import resolve
from tinyhost.boards.build import build_firmware
from tinyhost.boards.flash import flash_firmware
from tinyhost.cli.main import main as run_tinyhost
from tinyhost.datasets.manifest import MANIFEST_NAME, Sample
from tinyhost.device import Device
from tinyhost.errors import PortBusyError
from tinyhost.protocol.messages import InferSource
from tinyhost.sensors.picture_file import read_picture

from tests.device.rig import make_pictures, small_model

FORK = multiprocessing.get_context("fork")  # Python and its libraries are loaded once
N_PICTURES = 16
N_MODELS = 3
ROUNDS_A_SET = 25
COUNT = "40"
LATEST_S = 0.6
END_S = 100.0
N_TRIES = 5
SEED = 11


@dataclass(kw_only=True)
class Bench:
    """The folders and the board of the soak test, and the expected answers."""

    folder: Path
    images: list[Path]
    outputs: dict[str, str] = field(default_factory=dict)
    """what each model answers to the pattern of seed 11, by the hash of its image"""
    pixels: set[str] = field(default_factory=set)
    """hashes of the scene's pictures"""
    stored: dict[str, str] = field(default_factory=dict)
    """files of the set, with their hashes, as the last round left them"""

    @property
    def state(self) -> Path:
        return self.folder / "state"

    @property
    def scene(self) -> Path:
        return self.folder / "scene"


def main() -> int:
    """Run all rounds and print the kills and the findings."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write the results there")
    arguments = parser.parse_args()
    counts: Counter[str] = Counter()
    problems: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        bench = in_child(lambda: prepare(Path(folder)))
        for number in itertools.count():
            done, found = round_of_kills(bench, number, random.Random(arguments.seed * 1_000_003 + number))
            for what in found:
                problems.append(f"round {number}: {done or 'nobody was killed'}: {what}")
                print(f"PROBLEM {problems[-1]}", flush=True)
            counts.update([done] if done else [])
            if done and counts.total() % 100 == 0:
                print(f"{counts.total():>6,} kills, {len(problems)} problems", flush=True)
            if counts.total() >= arguments.kills:
                break
    for what, count in sorted(counts.items()):
        print(f"{count:>6,}  {what}")
    print(f"{counts.total():,} kills, {len(problems)} lost, corrupt, orphaned or hanging")
    if arguments.json:
        arguments.json.write_text(json.dumps({"kills": dict(counts), "problems": problems}, indent=1) + "\n")
    return 1 if problems else 0


def in_child(work: Callable[[], Any]) -> Any:
    """Return what `work` returns in a process of its own, whose threads are gone afterwards."""
    ours, theirs = FORK.Pipe(duplex=False)
    child = FORK.Process(target=lambda: theirs.send(work()))  # one that fails is told by Python, and ends the soak
    child.start()
    theirs.close()
    try:
        return ours.recv()
    finally:
        child.join()


def prepare(folder: Path) -> Bench:
    """Return a bench with a flashed board that runs the first model, and what each model answers."""
    images = [folder / f"{number}.thm" for number in range(N_MODELS)]
    bench = Bench(folder=folder, images=images)
    bench.pixels = {digest(picture) for picture in make_pictures(bench.scene, N_PICTURES)}
    board = resolve("native", state=bench.state)
    flash_firmware(board, build_firmware("vww", "native"))
    with board.power() as powered, Device.open(powered) as device:
        for number in reversed(range(N_MODELS)):
            image = small_model(number)
            images[number].write_bytes(image)
            device.push(image)
            output = device.infer(InferSource.PATTERN, seed=SEED).output
            bench.outputs[hashlib.sha256(image).hexdigest()] = output.hex()
    return bench


def round_of_kills(bench: Bench, number: int, chance: random.Random) -> tuple[str, list[str]]:
    """Start a host, and perhaps a player, kill one process, and return what was killed and what is wrong.

    What was done is empty if the victim was not up yet, or done already.
    """
    if number % ROUNDS_A_SET == 0:
        bench.stored = {}
    data = bench.folder / f"set{number // ROUNDS_A_SET}"
    kept_on, work = chance.random() < 0.5, chance.choice(("capture", "push"))
    victim = chance.choice(("host", "firmware", "player") if kept_on else ("host", "firmware"))
    problems: list[str] = []
    with contextlib.ExitStack() as stack:
        player = stack.enter_context(running(bench, "board", "run", "--scene", str(bench.scene))) if kept_on else None
        if player is not None:
            wait_for(lambda: bool(board_processes(bench)) or not player.is_alive())
        words = ["push", str(chance.choice(bench.images)), "--force"]
        if work == "capture":
            words = ["capture", "--label", "person", "--count", COUNT, "--data", str(data)]
            words += [] if kept_on else ["--scene", str(bench.scene)]
        host = stack.enter_context(running(bench, *words))
        time.sleep(chance.uniform(0, LATEST_S))
        killed = kill(bench, victim, host, player)
        host.join(END_S)
        if host.is_alive():
            problems.append("the host hangs")
            host.kill()
        if player is not None:
            player.terminate()
            player.join(END_S)
            if player.exitcode not in (-signal.SIGKILL, -signal.SIGTERM, 143):
                problems.append(f"the player ended with {player.exitcode}")
    wait_for(lambda: not board_processes(bench), 5.0)
    problems += [f"orphan {pid}" for pid in board_processes(bench)]
    problems += in_child(lambda: wrong_pictures(bench, data))
    bench.stored = pictures(data)
    problems += in_child(lambda: wrong_model(bench))
    how = "board kept on" if kept_on else "own board"
    return f"{work}, {how}: {victim} killed, host ended with {host.exitcode}" if killed else "", problems


def kill(bench: Bench, victim: str, host: Any, player: Any) -> bool:
    """Kill a process, if it is there; return whether it was."""
    if victim == "firmware":
        pids = board_processes(bench)
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)  # its folder is that of our board, so it is ours
        return bool(pids)
    process = player if victim == "player" else host
    is_there = bool(process.is_alive())
    process.kill()
    return is_there


@contextlib.contextmanager
def running(bench: Bench, *words: str) -> Iterator[Any]:
    """Yield a process with a command on the board; it is gone afterwards."""

    def run() -> None:
        os.dup2(os.open(bench.folder / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND), 1)
        os.dup2(1, 2)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        run_tinyhost([*words, "--board", "native", "--state", str(bench.state)])

    process = FORK.Process(target=run)
    process.start()
    try:
        yield process
    finally:
        if process.is_alive():
            process.kill()
        process.join()


def board_processes(bench: Bench) -> list[int]:
    """Return the processes that run in the board's folder, as its firmware does."""
    found, folder = [], str(bench.state / "native")
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if str((process / "cwd").readlink()) == folder:
                found.append(int(process.name))
    return found


def pictures(data: Path) -> dict[str, str]:
    """Return the files of the set, with the hash of each one's content."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in data.glob("*/*.png")}


def wrong_pictures(bench: Bench, data: Path) -> list[str]:
    """Return what is wrong with the set: changed, broken or foreign pictures, missing ones, several unlisted ones."""
    now = pictures(data)
    wrong = [f"{name} was lost or changed" for name in bench.stored if now.get(name) != bench.stored[name]]
    for path in data.glob("*/*.png"):
        if digest(read_picture(path)) not in bench.pixels:
            wrong.append(f"{path.name} is none of the scene's pictures")
    manifest = data / MANIFEST_NAME
    lines = manifest.read_bytes().split(b"\n")[:-1] if manifest.exists() else []
    listed = {Path(Sample.from_line(line, str(n)).file).name for n, line in enumerate(lines, 1)}
    wrong += [f"{name} is in the manifest but does not exist" for name in listed - set(now)]
    if len(set(now) - listed) > 1:
        wrong.append(f"{len(set(now) - listed)} pictures are in no line of the manifest")
    return wrong


def wrong_model(bench: Bench) -> list[str]:
    """Return what is wrong with the model that the board runs after a restart.

    Its port may have the name of one that was another program's a moment ago, which that program still tries.
    """
    for _ in range(N_TRIES):
        with contextlib.suppress(PortBusyError):
            return _wrong_model(bench)
        time.sleep(1.0)
    return ["another program keeps the board's port"]


def _wrong_model(bench: Bench) -> list[str]:
    with resolve("native", state=bench.state).power() as powered, Device.open(powered) as device:
        active = next((slot for slot in device.models() if slot.active), None)
        if active is None:
            return ["no model is active"]
        expected = bench.outputs.get(active.sha256.hex())
        if expected is None:
            return [f"{active.name} was never pushed"]
        output = device.infer(InferSource.PATTERN, seed=SEED).output.hex()
    return [] if output == expected else [f"{active.name} gives {output}, expected {expected}"]


def digest(picture: np.ndarray[Any, Any]) -> str:
    return hashlib.sha256(picture.tobytes()).hexdigest()


def wait_for(condition: Callable[[], bool], timeout_s: float = END_S) -> None:
    """Return when the condition holds, or the time is over."""
    deadline = time.monotonic() + timeout_s
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)


if __name__ == "__main__":
    sys.exit(main())

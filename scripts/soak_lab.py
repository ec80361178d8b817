"""Kills what leads to a board of a lab, at random moments, and checks whose fault that is called and what is left.

    python -m scripts.soak_lab                                  # 200 kills
    python -m scripts.soak_lab --kills 12 --seed 5 --json lab.json

A lab in a network of its own (tests/labs.py): sshd, labgrid's coordinator and exporter, `tinyhost board serve` with a
board native. A station of a rig uses the board through labgrid or ssh; in the middle one of coordinator, exporter,
serve, the ssh, the sshd that serves it, or the TCP connection is killed. The outcome must be `rig`, or nothing if the
work was not touched; afterwards, with the lab as it was, the board must answer as before by the same address, no place
may be held and no process of a connection left. Exits 1 for anything else.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import random
import signal
import socket
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from serial.urlhandler import protocol_socket
from tinyhost.boards import resolve
from tinyhost.boards.flash import flash_firmware
from tinyhost.boards.packaged import find_firmware
from tinyhost.errors import TinyhostError
from tinyhost.hil.faults import fault_of
from tinyhost.hil.rigs import RigBoard
from tinyhost.hil.station import Station
from tinyhost.models.push import push_image
from tinyhost.protocol.messages import InferSource

from tests.labs import Lab, own_network, sshd

SEED = 13
N_WORK = 30
LATEST_S = 2.0
END_S = 60.0
VICTIMS = {"labgrid": ("coordinator", "exporter", "serve", "link"), "ssh": ("ssh", "sshd")}


def children(pid: int) -> list[int]:
    """Return the processes that a process has started, and theirs."""
    found = []
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in map(int, (task / "children").read_text().split()):
                found += [child, *children(child)]
    return found


def command_of(pid: int) -> str:
    """Return a process's command line; empty if it is gone."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return ""


def connections(lab: Lab) -> list[int]:
    """Return the processes of ssh connections, on both sides."""
    ours = [pid for pid in children(os.getpid()) if "board serve --stdio" in command_of(pid)]
    return ours + children(lab.machine.process.pid)


def kill(lab: Lab, victim: str) -> None:
    """Kill a process, if it exists."""
    if victim in lab.running:
        lab.kill(victim)
    elif victim == "link":
        for port in [thing for thing in gc.get_objects() if isinstance(thing, protocol_socket.Serial)]:
            with suppress(OSError, AttributeError):
                port._socket.shutdown(socket.SHUT_RDWR)
    else:
        side = children(lab.machine.process.pid) if victim == "sshd" else children(os.getpid())
        for pid in [pid for pid in side if victim == "sshd" or command_of(pid).startswith("/usr/bin/ssh ")]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def work(station: Station, expected: list[bytes]) -> None:
    """Use the board for a while. Raises AssertionError for a wrong answer."""
    with station.open_device() as device:
        for n in range(N_WORK):
            assert device.infer(InferSource.PATTERN, seed=n).output == expected[n], "a wrong answer"


def outcome(asked: RigBoard, state: Path, expected: list[bytes]) -> str:
    """Return what a run calls this use of the board: passed, rig, test, build; the hint of a wrong answer."""
    station = Station(asked, state=state)
    try:
        with station:
            try:
                work(station, expected)
            except TinyhostError as error:
                fault = fault_of(error)
                return station.triage(error)[0] if fault == "rig" and not station.broken else fault
    except TinyhostError as error:
        return fault_of(error)
    return "passed"


def mend(lab: Lab, victim: str) -> None:
    """Start what was killed, as the lab's administrator would."""
    for name in ("serve", "coordinator", "exporter"):
        if name not in lab.running:
            lab.start(name)
    if victim == "coordinator":  # the exporter gives up with it
        lab.kill("exporter")
        lab.start("exporter")


def soak(lab: Lab, kills: int, seed: int) -> tuple[Counter[str], list[str]]:
    """Return how often each victim had which outcome, and everything that is wrong."""
    dice, counts, wrong = random.Random(seed), Counter[str](), list[str]()
    boards = {
        "labgrid": RigBoard(name="lab", type="native", app="vww", address="labgrid:native-1"),
        "ssh": RigBoard(name="far", type="native", app="vww", address=f"{lab.machine.address}/native"),
    }
    lab.kill("serve")
    with Station(boards["ssh"], state=lab.folder) as station, station.open_device() as device:
        push_image(device, station.compile_model().image_for(device.engine))
        expected = [device.infer(InferSource.PATTERN, seed=n).output for n in range(N_WORK)]
    for n in range(kills):
        way = dice.choice(sorted(VICTIMS))
        victim = dice.choice(VICTIMS[way])
        if way == "ssh" and "serve" in lab.running:
            lab.kill("serve")  # else the board is on for it
        elif way == "labgrid":
            mend(lab, "")
        timer = threading.Timer(dice.uniform(0.0, LATEST_S), kill, (lab, victim))
        timer.start()
        found = outcome(boards[way], lab.folder, expected)
        timer.join()
        counts[f"{victim}: {found}"] += 1
        if found not in ("passed", "rig"):
            wrong.append(f"kill {n} of {victim}: {found}")
        if way == "labgrid":
            mend(lab, victim)
        if (again := outcome(boards[way], lab.folder, expected)) != "passed":
            wrong.append(f"kill {n} of {victim}: the board cannot be used again: {again}")
        if way == "labgrid" and (holder := lab.holder()):
            wrong.append(f"kill {n} of {victim}: {holder} still holds the place")
        deadline = time.monotonic() + END_S
        while (left := connections(lab)) and time.monotonic() < deadline:
            time.sleep(0.05)
        wrong += [f"kill {n} of {victim}: left {command_of(pid)}" for pid in left]
        print(f"{n + 1:4d} {victim:12s} {found}", flush=True)
    return counts, wrong


def main() -> None:
    """Run the soak test and print its results."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with own_network() as network, sshd(folder / "sshd", network) as machine:
            board = resolve("native", state=machine.state)
            flash_firmware(board, find_firmware("vww", "native"))
            with Lab(folder=folder / "lab", machine=machine) as lab:
                os.environ.update(lab.environment)
                counts, wrong = soak(lab, asked.kills, asked.seed)
    for line in [*(f"{n:4d}  {what}" for what, n in sorted(counts.items())), *wrong]:
        print(line)
    print(f"{asked.kills} kills, {len(wrong)} wrong")
    if asked.json:
        asked.json.write_text(json.dumps({"kills": asked.kills, "outcomes": counts, "wrong": wrong}, indent=2) + "\n")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()

"""Plants faults in a rig of simulated rooms, and checks that each outcome is the right one of rig, failed and build.

    python -m scripts.soak_faults                                 # 1,000 faults
    python -m scripts.soak_faults --faults 60 --seed 5 --json faults.json

A dark lamp, a frozen frame, a muted loudspeaker, a torn sound, an unplugged shaker, a lost hub, a wrong answer of the
firmware, a wrong model, firmware that does not build, and, so that nothing is always at fault, none. Each is a test of
its own with the firmware on the board `native`, run by the very runner and plugin that run a rig. Exits 1 if any was
mistaken.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from tinyhost.hil.rigs import load_rig
from tinyhost.hil.runner import run_rig

CAMERA = ("dark_lamp", "frozen_frame", "wrong_answer", "wrong_model", "no_build", "none")
EXPECTED = {
    "dark_lamp": "rig",
    "frozen_frame": "rig",
    "muted_speaker": "rig",
    "torn_sound": "rig",
    "unplugged_shaker": "rig",
    "lost_hub": "rig",
    "wrong_answer": "failed",
    "wrong_model": "failed",
    "no_build": "build",
    "none": "passed",
}
APPS = {"vww": CAMERA, "kws": ("muted_speaker", "torn_sound", "none"), "anomaly": ("unplugged_shaker", "none")}
SHARES = {"vww": 30, "kws": 2, "anomaly": 1}
"""of the faults: sound and motion pass in their own time"""


@dataclass(frozen=True, kw_only=True)
class Planted:
    """A fault."""

    app: str
    fault: str
    seed: int


def main() -> int:
    """Run all and print what was planted and what was mistaken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--faults", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--round", type=int, default=99, help="faults in one run of the rig")
    parser.add_argument("--json", type=Path, help="write the results there")
    arguments = parser.parse_args()
    planted = list(faults(arguments.faults, arguments.seed))
    counts: Counter[str] = Counter()
    mistaken: list[str] = []
    for begin in range(0, len(planted), arguments.round):
        for fault, outcome, text in run_round(planted[begin : begin + arguments.round]):
            counts[f"{fault.fault}: {outcome}"] += 1
            if outcome != EXPECTED[fault.fault]:
                mistaken.append(f"{asdict(fault)}: {outcome}: {text[-600:]}")
                print(f"MISTAKEN {mistaken[-1]}", flush=True)
        print(f"{counts.total():>6,} planted, {len(mistaken)} mistaken", flush=True)
        if arguments.json:
            arguments.json.write_text(json.dumps({"counts": dict(counts), "mistaken": mistaken}, indent=1) + "\n")
    for what, count in sorted(counts.items()):
        print(f"{count:>6,}  {what}")
    return 1 if mistaken else 0


def faults(n: int, seed: int) -> Iterator[Planted]:
    """Yield so many faults of all kinds, in an order that the seed gives; a lost hub in every 20th or so."""
    rng = random.Random(seed)
    apps = [app for app, share in SHARES.items() for _ in range(share)]
    for number in range(n):
        app = rng.choice(apps)
        yield Planted(app=app, fault=rng.choice(APPS[app]), seed=seed * 1_000_003 + number)


def run_round(planted: list[Planted]) -> Iterator[tuple[Planted, str, str]]:
    """Run a rig of three boards, one for each app; yield each fault with its outcome. The last one loses its hub."""
    last = {fault.app: n for n, fault in enumerate(planted)}
    planted = [
        Planted(app=fault.app, fault="lost_hub", seed=fault.seed) if last[fault.app] == n else fault
        for n, fault in enumerate(planted)
    ]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rig = 'name = "faults"\ntests = "tests"\n'
        for app in last:
            rig += (
                f'[[board]]\nname = "{app}"\ntype = "native"\napp = "{app}"\n'
                f'stimulus = {{ kind = "room" }}\nallow = ["test_planted.py::*[[]{app}-*"]\n'
            )
        (folder / "rig.toml").write_text(rig)
        (folder / "tests").mkdir()
        cases = [f"{fault.app}-{fault.fault}-{fault.seed}" for fault in planted]
        (folder / "tests" / "test_planted.py").write_text(
            f"import pytest\nfrom scripts.planted_faults import plant\n\n\n"
            f'@pytest.mark.parametrize("case", {cases!r})\n'
            "def test_planted(case, request, monkeypatch):\n    plant(case, request, monkeypatch)\n"
            '\n\ntest_planted = pytest.mark.usefixtures("station")(test_planted)\n'
        )
        result = run_rig(load_rig(folder / "rig.toml"), folder=folder / "out")
        found = {
            (board.board.name, test.test.partition("[")[2][:-1]): (test.outcome, test.text)
            for board in result.boards
            for test in board.tests
        }
    for fault, case in zip(planted, cases, strict=True):
        outcome, text = found.get((fault.app, case), ("missing", "it has no outcome"))
        yield fault, outcome, text


if __name__ == "__main__":
    sys.exit(main())

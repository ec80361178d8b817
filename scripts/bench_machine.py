"""Measure an anomaly detector on the simulated machine, through the board: what docs/guides/anomaly.md says of it.

    python scripts/bench_machine.py --model models/anomaly/model.tflite --json build/machine.json

Speeds and loads are between those of training. Exits 1 if a score differs from this computer's, or a limit is missed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tinyhost.boards import resolve
from tinyhost.boards.build import build_firmware
from tinyhost.boards.flash import flash_firmware
from tinyhost.device import Device
from tinyhost.metrics.classifier import roc_auc
from tinyhost.models.file import load_model_file
from tinyhost.motion.sensor import LSM9DS1
from tinyhost.synth.machine.faults import FAULTS, Fault
from tinyhost.synth.machine.machine import Machine, MachineOptions
from tinyhost.tasks.anomaly.detector import FedRun, HostDetector, feed_run
from tinyhost.tasks.listening import summarize_listening
from tinyhost.train.anomaly.machine import unseen_conditions

RATE_HZ = LSM9DS1.rate_hz
SEVERITIES = (1.0, 0.8, 0.6, 0.4, 0.3, 0.2, 0.1, 0.05)
START_S, AFTER_S = 20.0, 10.0
SEED = 4242
MIN_AUC, MAX_DELAY_S = 0.98, 2.0


class Bench:
    """A board with the model on it, and the same code on this computer."""

    def __init__(self, device: Device, image: bytes) -> None:
        self.device, self.host = device, HostDetector(image)
        self.n_windows = self.n_different = 0

    def feed(self, options: MachineOptions, seconds: float) -> FedRun:
        """Return the board's results for a run of the machine; every score is compared with this computer's."""
        samples = Machine(options).read(round(seconds * RATE_HZ))
        return self.compare(samples)

    def compare(self, samples: NDArray[np.int16]) -> FedRun:
        """Return the board's results for samples."""
        run = feed_run(self.device, samples, RATE_HZ)
        expected = self.host.scores(samples)
        assert len(expected) == len(run.scores), f"{len(run.scores)} windows, expected {len(expected)}"
        self.n_windows += len(expected)
        self.n_different += int((expected != run.scores).sum())
        return run


def main() -> int:
    """Measure, print, write; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, default=Path("models/anomaly/model.tflite"))
    parser.add_argument("--board", default="native")
    parser.add_argument("--minutes", type=float, default=60.0, help="of normal running")
    parser.add_argument("--runs", type=int, default=6, help="of each fault at each severity")
    parser.add_argument("--severities", default=",".join(map(str, SEVERITIES)))
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    severities = [float(item) for item in args.severities.split(",")] if args.severities else []
    with detector(args.board, args.model) as bench:
        result = measure(bench, args.minutes, args.runs, severities)
    if args.json:
        args.json.parent.mkdir(parents=True, exist_ok=True)
        args.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    show(result)
    return 0 if all(result["holds"].values()) else 1


@contextmanager
def detector(board: str, model: Path) -> Iterator[Bench]:
    """Yield the board with the app and the model on it."""
    target = resolve(board)
    flash_firmware(target, build_firmware("anomaly", target.firmware_kind))
    image = load_model_file(model).image
    with target.power() as powered, Device.open(powered) as device:
        device.push(image)
        yield Bench(device, image)


def measure(bench: Bench, minutes: float, n_runs: int, severities: list[float]) -> dict[str, Any]:
    """Return all figures."""
    normal, false_alarms, listening = _normal(bench, minutes)
    hours = len(normal) * bench.host.task.motion.hop / RATE_HZ / 3600.0
    faults = {
        fault: [_fault(bench, fault, severity, n_runs, normal) for severity in severities]
        for fault in FAULTS
        if fault != "none"
    }
    documented = [rows[0] for rows in faults.values() if rows and rows[0]["severity"] == 1.0]
    return {
        "board": bench.device.info.board,
        "unit": bench.device.info.tick_unit,
        "n_windows": bench.n_windows,
        "n_different": bench.n_different,
        "normal": {"hours": hours, "false_alarms": false_alarms},
        "listening": listening,
        "faults": faults,
        "holds": {
            "scores equal to the bit": bench.n_different == 0,
            "no false alarm": false_alarms == 0,
            f"AUC at least {MIN_AUC}": all(row["auc"] >= MIN_AUC for row in documented),
            f"alarm within {MAX_DELAY_S} s": all(
                row["n_noticed"] == row["n_runs"] and row["slowest_s"] <= MAX_DELAY_S for row in documented
            ),
        },
    }


def _normal(bench: Bench, minutes: float) -> tuple[NDArray[np.int32], int, dict[str, Any] | None]:
    """Return the scores of normal operation, the number of alarms, and the cost on the board."""
    scores, n_alarms, listening = [], 0, None
    conditions = unseen_conditions(max(1, round(minutes)), SEED)
    for index, (rpm, load) in enumerate(conditions):
        run = bench.feed(MachineOptions(rpm=rpm, load=load, seed=SEED + index), 60.0 * minutes / len(conditions))
        scores.append(run.scores)
        n_alarms += len(run.raised_at)
        cost = summarize_listening(run.results, rate_hz=RATE_HZ, unit=bench.device.info.tick_unit)
        if cost is not None and listening is None:
            listening = {"per_s": cost.per_s, "busy_share": cost.busy_share, "invoke": cost.invoke.median}
            listening["features"] = cost.per_stride.median
    return np.concatenate(scores), n_alarms, listening


def _fault(bench: Bench, fault: Fault, severity: float, n_runs: int, normal: NDArray[np.int32]) -> dict[str, Any]:
    """Return how a fault that begins while the machine runs is detected, at several speeds and loads."""
    delays, faulty, early = [], [], 0
    for index, (rpm, load) in enumerate(unseen_conditions(n_runs, SEED + 1000)):
        options = MachineOptions(
            rpm=rpm, load=load, fault=fault, severity=severity, start_s=START_S, seed=SEED + 5000 + index
        )
        run = bench.feed(options, START_S + AFTER_S)
        first = START_S * RATE_HZ + bench.host.task.motion.n_fft  # from here on windows are faulty all through
        faulty.append(run.scores[run.positions >= first])
        raised_s = [position / RATE_HZ for position in run.raised_at]
        early += sum(time_s < START_S for time_s in raised_s)
        delays += [time_s - START_S for time_s in raised_s if time_s >= START_S][:1]
    scores = np.concatenate([normal, *faulty]).astype(np.float64)
    return {
        "severity": severity,
        "auc": roc_auc(scores, np.arange(len(scores)) >= len(normal)),
        "n_runs": n_runs,
        "n_noticed": len(delays),
        "median_s": float(np.median(delays)) if delays else None,
        "slowest_s": max(delays) if delays else None,
        "false_alarms_before": early,
    }


def show(result: dict[str, Any]) -> None:
    """Print Markdown."""
    normal, cost = result["normal"], result["listening"]
    print(f"{result['board']}: {result['n_windows']:,} windows, {result['n_different']} other than on this computer")
    print(f"normal running, {normal['hours']:.2f} h: {normal['false_alarms']} false alarms")
    if cost:
        print(
            f"features {cost['features']:,} and model {cost['invoke']:,} {result['unit']} a window; "
            f"{cost['per_s']:,} a second, {100 * cost['busy_share']:.2f} % of the budget"
        )
    print("\n| fault | severity | AUC | noticed | median delay | slowest |\n| --- | --- | --- | --- | --- | --- |")
    for fault, rows in result["faults"].items():
        for row in rows:
            delays = "– | –" if row["median_s"] is None else f"{row['median_s']:.2f} s | {row['slowest_s']:.2f} s"
            noticed = f"{row['n_noticed']} of {row['n_runs']}"
            print(f"| `{fault}` | {row['severity']:g} | {row['auc']:.4f} | {noticed} | {delays} |")
    for name, holds in result["holds"].items():
        print(f"{'holds' if holds else 'FAILS'}: {name}")


if __name__ == "__main__":
    sys.exit(main())

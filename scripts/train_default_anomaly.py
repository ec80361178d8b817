"""Make the model that ships in models/anomaly: simulate a healthy machine at many speeds and loads, train, measure.

    python scripts/train_default_anomaly.py --out runs/anomaly

The defaults are those of the model that ships. `scripts/bench_machine.py` then measures it through the board.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path

from tinyhost.cli.train_progress import training_progress
from tinyhost.report.training import training_report
from tinyhost.train.anomaly.config import AnomalyTrainConfig
from tinyhost.train.anomaly.training import load, train
from tinyhost.train.core.trainer import Run
from tinyhost.train.core.writing import write_run

DATA_NOTE = (
    "Only the simulated machine of docs/reference/machine.md, healthy, at 300 to 900 rpm in steps of 25 and five "
    "loads, seen by the accelerometer of an Arduino Nano 33 BLE Sense rev 1. It has met no real machine: train on "
    "yours. The faults are of severity 1, at speeds and loads between those of training."
)


def main() -> None:
    """Simulate, train, write the run folder; print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("runs/anomaly"))
    parser.add_argument("--minutes", type=float, default=120.0, help="of normal running")
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--resume", action="store_true")
    args = parser.parse_args()
    config = AnomalyTrainConfig(
        machine=True,
        minutes=args.minutes,
        n_epochs=args.epochs,
        seed=args.seed,
        resume=args.resume,
        command=shlex.join(["python", *sys.argv]),
        data_note=DATA_NOTE,
    )
    with training_progress() as show:
        run = Run(folder=args.out, source="simulated machine", report=show)
        outcome = train(config, load(None, config, run), run)
    files = write_run(args.out, outcome, report=training_report(outcome), name="anomaly")
    for label, item in outcome.chosen.figures.labels.items():
        print(f"{label}: AUC {item.auc:.4f}, alarm in {item.n_alarmed} of {item.n_recordings} recordings")
    print(f"{files.model}: embedding {outcome.chosen.network.n_embedding}")


if __name__ == "__main__":
    main()

"""Make the models that ship in models/anomaly: simulate a healthy machine at many speeds and loads, train, measure.

    python scripts/train_default_anomaly.py --out runs/anomaly
    python scripts/train_default_anomaly.py --sensor bmi270 --out runs/anomaly-bmi270

The first is for revision 1 of the board, the second, in models/anomaly_bmi270, for revision 2: their accelerometers
have other rates. The defaults are those of the models that ship. `scripts/bench_machine.py` then measures a model
through the board.
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

REVISIONS = {"lsm9ds1": 1, "bmi270": 2}
DATA_NOTE = (
    "Only the simulated machine of docs/reference/machine.md, healthy, at 300 to 900 rpm in steps of 25 and five "
    "loads, seen by the accelerometer of an Arduino Nano 33 BLE Sense rev {revision}. It has met no real machine: "
    "train on yours. The faults are of severity 1, at speeds and loads between those of training."
)


def main() -> None:
    """Simulate, train, write the run folder; print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("runs/anomaly"))
    parser.add_argument("--sensor", choices=list(REVISIONS), default="lsm9ds1")
    parser.add_argument("--minutes", type=float, default=120.0, help="of normal running")
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--resume", action="store_true")
    args = parser.parse_args()
    config = AnomalyTrainConfig(
        machine=True,
        sensor=args.sensor,
        minutes=args.minutes,
        n_epochs=args.epochs,
        seed=args.seed,
        resume=args.resume,
        command=shlex.join(["python", *sys.argv]),
        data_note=DATA_NOTE.format(revision=REVISIONS[args.sensor]),
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

"""Make the model that ships in models/drawings: draw the pictures, train on them, write the run folder.

    python scripts/train_default_drawings.py --out runs/default_drawings

It takes a quarter of an hour on two cores. The defaults are those of the model that ships. Its card was then
finished by hand: what it answers on photographs, what to use it for.
"""

from __future__ import annotations

import argparse
import shlex
import sys
import tempfile
from pathlib import Path

from tinyhost.cli.train_progress import training_progress
from tinyhost.report.training import training_report
from tinyhost.synth.pictures import write_dataset
from tinyhost.train.core.trainer import Run
from tinyhost.train.core.writing import write_run
from tinyhost.train.vww.config import VwwTrainConfig
from tinyhost.train.vww.training import load, train

DATA_NOTE = (
    "Only drawn figures: every picture, person or not, comes from `tinyhost.synth.pictures`, the "
    "renderer in this repository. It has seen no photograph and no real person."
)


def main() -> None:
    """Draw, train, and print each epoch."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("runs/default_drawings"))
    parser.add_argument("--data", type=Path, help="keep the drawn pictures here")
    parser.add_argument("--n-train", type=int, default=10000, help="pictures per class")
    parser.add_argument("--n-eval", type=int, default=1000, help="per class, for val and for test")
    parser.add_argument("--epochs", type=int, default=28)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        data = args.data or Path(scratch)
        for split, count in (("train", args.n_train), ("val", args.n_eval), ("test", args.n_eval)):
            write_dataset(data, count, args.seed, split=split)
            print(f"drew {2 * count} pictures for {split}", flush=True)
        config = VwwTrainConfig(
            n_epochs=args.epochs,
            seed=args.seed,
            from_scratch=True,
            command=shlex.join(["python", *sys.argv]),
            data_note=DATA_NOTE,
        )
        with training_progress() as show:
            run = Run(folder=args.out, source="drawn figures", report=show)
            outcome = train(config, load(data, config, run), run)
        files = write_run(args.out, outcome, report=training_report(outcome))
    print(f"{files.model}: {len(outcome.tflite)} bytes, int8 accuracy {outcome.int8_test.accuracy:.4f}")


if __name__ == "__main__":
    main()

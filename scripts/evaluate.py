"""Measure models on a board over real pictures that none of them learnt from: `make evaluate`.

    python -m scripts.evaluate models/vww/model.tflite build/published_vww/model.tflite

The pictures are pedestrians and empty places of the second half of Debian's vtest.avi (scripts/real_pictures.py).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2

from scripts.real_pictures import cut_film, fetch_film

_HEADINGS = ("model", "right", "95 %", "persons found", "empty places told")


def main() -> None:
    """Cut the pictures, run `tinyhost bench --data` with each model, print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", type=Path, default=[Path("models/vww/model.tflite")])
    parser.add_argument("--board", default="native")
    parser.add_argument("--folder", type=Path, default=Path("build/real"), help="keeps the film and the pictures")
    parser.add_argument("--json", type=Path, help="write each model's accuracy, as `tinyhost bench` has it, here")
    args = parser.parse_args()
    write_pictures(args.folder)
    found = {str(model): measure(model, args.board, args.folder / "judge") for model in args.models}
    print(" | ".join(_HEADINGS))
    for name, accuracy in found.items():
        print(" | ".join((name, *_row(accuracy))))
    if args.json:
        args.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def write_pictures(folder: Path) -> None:
    """Write folder/PART/LABEL/*.png, unless they are there."""
    if (folder / "judge").is_dir():
        return
    for scene in cut_film(fetch_film(folder)):
        place = folder / scene.part / scene.label
        place.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(place / scene.name), scene.picture)


def measure(model: Path, board: str, data: Path) -> dict[str, Any]:
    """Return what the board makes of a folder of pictures with a model."""
    command = [str(Path(sys.executable).with_name("tinyhost")), "bench", "--board", board, "--app", "vww"]
    options = ["--model", str(model), "--data", str(data), "--samples", "0", "--runs", "1", "--json", "-"]
    done = subprocess.run([*command, *options], check=True, stdout=subprocess.PIPE, text=True)
    accuracy: dict[str, Any] = json.loads(done.stdout)["accuracy"]
    return {key: value for key, value in accuracy.items() if key not in ("pictures", "clips")}


def _row(accuracy: dict[str, Any]) -> tuple[str, ...]:
    (told, missed), (lost, found) = accuracy["confusion"]
    interval = accuracy["top1_interval"]
    return (
        f"{accuracy['top1']:.1%} of {accuracy['n']}",
        f"{interval['low']:.1%} to {interval['high']:.1%}",
        f"{found} of {lost + found}",
        f"{told} of {told + missed}",
    )


if __name__ == "__main__":
    main()

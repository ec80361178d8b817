"""Measures every class of shapes on m4, compares with TensorFlow Lite Micro's figures, and writes the table.

    python -m scripts.bench_classes [--models FOLDER] [--markdown FILE] [--tflm PROGRAM]

The classes are tests/oracle/shape_classes.py and the networks of --models. TensorFlow Lite Micro's figures are in
docs/reference/performance/classes_tflm.json, by sha256 of the .tflite; --tflm measures what that lacks with a built
vww_m4_tflm, and adds it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinyhost.bench.table import ModelFigures, find_models, measure_models
from tinyhost.boards import resolve
from tinyhost.boards.build import Firmware, build_firmware, prebuilt_firmware
from tinyhost.boards.flash import flash_firmware
from tinyhost.device import Device
from tinyhost.errors import TinyhostError
from tinyhost.models.file import load_model_file

from tests.oracle.shape_classes import write_classes

_ROOT = Path(__file__).resolve().parent.parent
_FOLDER = _ROOT / "docs/reference/performance"
_TFLM = _FOLDER / "classes_tflm.json"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One class of shapes: instructions per element of work on either engine."""

    name: str
    unit: str
    """what there are `n` of: MAC, or element of the output"""
    n: int
    ticks: int
    tflm_ticks: int | None

    @property
    def gain(self) -> float | None:
        """TensorFlow Lite Micro's instructions divided by ours; None if unknown."""
        return None if self.tflm_ticks is None else self.tflm_ticks / self.ticks


def main() -> int:
    """Measure, print, write; 1 if an output differs from the host's, 2 for an error."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, metavar="FOLDER", help="networks of converters, each a row")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table as a page")
    parser.add_argument("--tflm", type=Path, metavar="PROGRAM", help="vww_m4_tflm's program.elf")
    arguments = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory(prefix="tinyhost-classes-") as folder:
            names = {path: name for name, path in write_classes(Path(folder)).items()}
            if arguments.models:
                names |= {path: path.stem for path in find_models([arguments.models]) if _compiles(path)}
            figures = dict(zip(names, _measure(list(names), build_firmware("vww", "m4")), strict=True))
            if arguments.tflm:
                _add_tflm(figures, prebuilt_firmware(arguments.tflm, "vww", "m4_tflm"))
            rows = _rows(names, figures)
        page = _page(rows)
        print(page)
        if arguments.markdown:
            arguments.markdown.write_text(page, encoding="utf-8")
    except TinyhostError as error:
        print(f"{error}\n{error.hint}", file=sys.stderr)
        return 2
    return int(any(item.mismatches for item in figures.values()))


def _compiles(path: Path) -> bool:
    try:
        load_model_file(path)
    except TinyhostError as error:
        print(f"left out: {error}", file=sys.stderr)
        return False
    return True


def _measure(paths: Sequence[Path], firmware: Firmware) -> Iterator[ModelFigures]:
    """Yield each model's figures, on a virtual board of its own."""
    with tempfile.TemporaryDirectory(prefix="tinyhost-bench-") as state:
        board = resolve("m4", state=Path(state))
        flash_firmware(board, firmware)
        with board.power() as power, Device.open(power) as device:
            yield from measure_models(device, paths, n_samples=1)


def _read_tflm() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(_TFLM.read_text(encoding="utf-8"))
    return document


def _add_tflm(figures: dict[Path, ModelFigures], firmware: Firmware) -> None:
    """Measure the missing models one by one; those that TensorFlow Lite Micro rejects are named and left out."""
    document = _read_tflm()
    known = document["models"]
    for path, item in figures.items():
        if item.sha256 in known:
            continue
        try:
            (found,) = _measure([path], firmware)
        except TinyhostError as error:
            print(f"TensorFlow Lite Micro: {path.stem}: {error}", file=sys.stderr)
            continue
        known[item.sha256] = found.ticks
    _TFLM.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def _rows(names: dict[Path, str], figures: dict[Path, ModelFigures]) -> list[Row]:
    known = _read_tflm()["models"]
    rows = []
    for path, item in figures.items():
        elements = item.macs or _output_elements(path)
        rows.append(
            Row(
                name=names[path],
                unit="MAC" if item.macs else "element",
                n=elements,
                ticks=item.ticks,
                tflm_ticks=known.get(item.sha256),
            )
        )
    return rows


def _output_elements(path: Path) -> int:
    summary = load_model_file(path).summary
    n = 1
    for dim in summary.output.shape:
        n *= dim
    return n


def _page(rows: Sequence[Row]) -> str:
    gains = [row.gain for row in rows if row.gain is not None]
    lines = [
        "# Classes of shapes",
        "",
        "Written by `python -m scripts.bench_classes`: instructions of one inference on `m4`, for each",
        "multiply-accumulate, or each element of the output where there are none.",
        "[What the columns mean](../performance.md#classes-of-shapes).",
        "",
        f"{len(gains)} of {len(rows)} rows have TensorFlow Lite Micro's figure; the median gain is "
        f"{statistics.median(gains):.2f}, the least {min(gains):.2f}."
        if gains
        else "TensorFlow Lite Micro's figures are unknown.",
        "",
        "| class | of | number | instructions | per MAC or element | TFLM + CMSIS-NN | gain |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in rows:
        theirs = "-" if row.tflm_ticks is None else f"{row.tflm_ticks:,}"
        gain = "-" if row.gain is None else f"{row.gain:.2f}"
        lines.append(
            f"| {row.name} | {row.unit} | {row.n:,} | {row.ticks:,} | {row.ticks / row.n:.2f} | {theirs} | {gain} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())

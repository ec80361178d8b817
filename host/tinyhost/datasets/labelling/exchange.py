"""Data sets for Label Studio and CVAT: the files as they are, and a list of what is known or proposed of each.

Label Studio: tasks.json, with labels as annotations and proposals as predictions, the least sure first; config.xml, the
labelling interface, which draws motion as a time series. Its data are served from local files below the folder that
holds the export. CVAT: annotations.xml of "CVAT for images 1.1" with a tag for each picture.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from tinyhost.audio.speakers import Part
from tinyhost.datasets.folder import MOTION, PICTURES, SOUNDS, SampleKind
from tinyhost.datasets.importers.cvat import ANNOTATIONS_NAME
from tinyhost.errors import UsageError
from tinyhost.motion.columns import find_columns
from tinyhost.motion.units import UNSTATED_UNITS
from tinyhost.system.delimited import read_header
from tinyhost.system.durable import copy_file, write_atomically
from tinyhost.system.reading import open_file

__all__ = ["ToolSample", "write_cvat", "write_label_studio"]

_FOLDER = "files"
_TAGS = {PICTURES.name: "Image", SOUNDS.name: "Audio", MOTION.name: "TimeSeries"}
_MOST_BYTES = 1 << 30
_SUBSETS: dict[Part, str] = {"training": "Train", "validation": "Validation", "testing": "Test"}


@dataclass(frozen=True, kw_only=True)
class ToolSample:
    """A sample for a labelling tool."""

    path: Path
    label: str = ""
    """as it is known; empty: nobody has said"""
    proposed: str = ""
    """by a model"""
    score: float = 0.0
    """of the proposal"""
    part: Part | None = None
    speaker: str = ""


def write_label_studio(
    target: Path,
    samples: Sequence[ToolSample],
    labels: Sequence[str],
    kind: SampleKind,
    *,
    model: str = "",
    on_sample: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """Write tasks, files and the labelling interface into a new folder. model: that proposes. Raises OSError.

    Of motion the first file's header says what is drawn.
    """
    tag = _TAGS[kind.name]
    name = tag.lower()
    tasks = []
    ranked = sorted(samples, key=lambda sample: sample.score)
    for number, sample in enumerate(ranked, 1):
        file = _copied(sample, number, target)
        data: dict[str, Any] = {name: f"/data/local-files/?d={target.resolve().name}/{file}"}
        data |= {"part": sample.part} if sample.part else {}
        data |= {"speaker": sample.speaker} if sample.speaker else {}
        task: dict[str, Any] = {"data": data}
        if sample.label:
            task["annotations"] = [{"result": [_choice(sample.label)]}]
        if sample.proposed:
            proposal = {"model_version": model, "score": sample.score, "result": [_choice(sample.proposed)]}
            task["predictions"] = [proposal]
        tasks.append(task)
        on_sample(number, len(samples))
    write_atomically(target / "tasks.json", (json.dumps(tasks, ensure_ascii=False, indent=1) + "\n").encode("utf-8"))
    view = ElementTree.Element("View")
    shown = ElementTree.SubElement(view, tag, name="sample", value=f"${name}")
    if kind is MOTION and ranked:
        _draw(shown, ranked[0].path)
    choices = ElementTree.SubElement(view, "Choices", name="label", toName="sample", choice="single")
    for label in labels:
        ElementTree.SubElement(choices, "Choice", value=label)
    write_atomically(target / "config.xml", _xml(view))


def _draw(series: ElementTree.Element, path: Path) -> None:
    """Say which columns of a CSV file are time and channels. Raises DatasetError if it has none."""
    with open_file(path, max_bytes=_MOST_BYTES) as file:
        lines = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
        separator, (names, columns) = read_header(
            lines, lambda names, where: (names, find_columns(names, UNSTATED_UNITS, where)), str(path)
        )
    time, *axes = columns.places
    series.attrib |= {"valueType": "url", "sep": separator, "timeColumn": names[time]}
    for place in (*axes, *(columns.rotation or ())):
        ElementTree.SubElement(series, "Channel", column=names[place], displayName=names[place])


def _choice(label: str) -> dict[str, Any]:
    return {"from_name": "label", "to_name": "sample", "type": "choices", "value": {"choices": [label]}}


def write_cvat(
    target: Path,
    samples: Sequence[ToolSample],
    labels: Sequence[str],
    kind: SampleKind,
    sizes: Sequence[tuple[int, int]],
    *,
    on_sample: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """Write annotations.xml and the pictures into a new folder; sizes: width and height of each.

    Raises UsageError for sounds, OSError.
    """
    if kind is not PICTURES:
        raise UsageError("--format cvat is for pictures", hint="--format label-studio takes sounds, too")
    root = ElementTree.Element("annotations")
    ElementTree.SubElement(root, "version").text = "1.1"
    named = ElementTree.SubElement(ElementTree.SubElement(ElementTree.SubElement(root, "meta"), "task"), "labels")
    for label in labels:
        ElementTree.SubElement(ElementTree.SubElement(named, "label"), "name").text = label
    for number, (sample, (width, height)) in enumerate(zip(samples, sizes, strict=True), 1):
        file = _copied(sample, number, target, folder="images")
        values = {"id": str(number - 1), "name": file.partition("/")[2], "width": str(width), "height": str(height)}
        values |= {"subset": _SUBSETS[sample.part]} if sample.part else {}
        image = ElementTree.SubElement(root, "image", values)
        if sample.label:
            ElementTree.SubElement(image, "tag", label=sample.label, source="manual")
        on_sample(number, len(samples))
    write_atomically(target / ANNOTATIONS_NAME, _xml(root))


def _xml(root: ElementTree.Element) -> bytes:
    ElementTree.indent(root)
    text: str = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'.encode()


def _copied(sample: ToolSample, number: int, target: Path, *, folder: str = _FOLDER) -> str:
    """Copy a sample's file; return its unique path below the target."""
    file = f"{folder}/{number:06d}_{sample.path.name}"
    copy_file(sample.path, target / file)
    return file

"""COCO as Visual Wake Words: which pictures hold a person, by the rules of those who publish such sets.

    slim    an area of at least 0.5 % of the picture, that of the segmentation; crowds count. Source: TensorFlow's
            models/research/slim/datasets/build_visualwakewords_data_lib.py
    pyvww   more than 0.5 %, else the same. Source: github.com/Mxbonn/visualwakewords
    mlperf  a box of more than 2.5 %, of one person, not a crowd; pictures in which all are smaller are left out.
            Source: github.com/SiliconLabs/platform_ml_models, eembc/Person_detection
The ids in mscoco_minival_ids.txt are for testing, the other pictures of train and val 2014 for training.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tinyhost.audio.speakers import Part
from tinyhost.datasets.importers.contract import (
    FoundSample,
    Importer,
    PassedOver,
    ReadAs,
    WakeWordRule,
    part_in,
    unreadable,
)
from tinyhost.datasets.importers.files import NamedFiles, content_reader, original_of
from tinyhost.datasets.skipped import Skipped
from tinyhost.errors import DatasetError
from tinyhost.protocol.labels import normal_label
from tinyhost.sensors.picture_file import PICTURE_SUFFIXES
from tinyhost.system.json_reading import JsonObject, read_json
from tinyhost.system.reading import read_text

__all__ = ["COCO", "NO", "holds_object", "minival_ids"]

NO = "no_"
"""prefix of the label for pictures without the object"""
_LISTS = "instances_*.json"
_MINIVAL = "mscoco_minival_ids.txt"
_MAX_BYTES = 1 << 30
_MAX_ITEMS = 10_000_000
_MAX_ID = 2**53
_MAX_PIXELS = 100_000
_HINT = "name COCO's folder, with annotations/instances_*.json and the pictures below it"


@dataclass(frozen=True, kw_only=True)
class _Rule:
    least: float
    """share of the picture"""
    takes_equal: bool = False
    """whether the limit itself counts"""
    by_box: bool = False
    """the box's area, else that of the segmentation"""
    crowds: bool = True
    """whether crowds count"""
    small_is: Literal["left out", "background"] = "background"
    """treatment of a picture with smaller objects only"""


_RULES: Mapping[WakeWordRule, _Rule] = {
    "slim": _Rule(least=0.005, takes_equal=True),
    "pyvww": _Rule(least=0.005),
    "mlperf": _Rule(least=0.025, by_box=True, crowds=False, small_is="left out"),
}


def holds_object(objects: Sequence[JsonObject], width: int, height: int, rule: WakeWordRule) -> bool | None:
    """Return whether a picture contains the wanted object; None if the rule excludes the picture.

    objects: the annotations of this kind in it. Raises DatasetError for one that is none.
    """
    own = _RULES[rule]
    counted = [item for item in objects if own.crowds or not _is_crowd(item)]
    shares = [_area(item, by_box=own.by_box) / (width * height) for item in counted]
    if any(share > own.least or (own.takes_equal and share == own.least) for share in shares):
        return True
    return None if shares and own.small_is == "left out" else False


def _is_crowd(item: JsonObject) -> bool:
    return "iscrowd" in item and bool(item.integer("iscrowd", 0, 1))


def _area(item: JsonObject, *, by_box: bool) -> float:
    if by_box:
        _, _, width, height = item.numbers("bbox", -_MAX_PIXELS, _MAX_PIXELS, n_items=4)
        return width * height
    return item.number("area", 0, _MAX_PIXELS**2)


def minival_ids(root: Path) -> frozenset[int]:
    """Return the ids of the evaluation set, if its list is there. Raises DatasetError with the line that is no id."""
    path = next((path for path in (root / _MINIVAL, root / "annotations" / _MINIVAL) if path.is_file()), None)
    if path is None:
        return frozenset()
    lines = read_text(path, max_bytes=_MAX_BYTES).splitlines()
    for number, line in enumerate(lines, 1):
        if line.strip() and not (line.strip().isascii() and line.strip().isdigit() and len(line) < 20):
            raise DatasetError(f"{path}, line {number}: expected the id of a picture, got {line[:40]!r}", hint=_HINT)
    return frozenset(int(line) for line in lines if line.strip())


def _lists(source: Path) -> list[Path]:
    if source.is_file():
        return [source]
    return [path for folder in (source, source / "annotations") for path in sorted(folder.glob(_LISTS))]


def _root(source: Path) -> Path:
    """Return the folder above the pictures of a source, which may be a single list."""
    if source.is_dir():
        return source
    return source.parent.parent if source.parent.name == "annotations" else source.parent


def _find(source: Path, read_as: ReadAs) -> Iterator[FoundSample | PassedOver]:
    lists, root = _lists(source), _root(source)
    if not lists:
        raise DatasetError(f"{source}: no {_LISTS}, neither there nor in annotations", hint=_HINT)
    files, evaluation = NamedFiles(root, PICTURE_SUFFIXES), minival_ids(root)
    for path in lists:
        yield from _pictures(path, root, files, evaluation, read_as)


def _pictures(
    path: Path, root: Path, files: NamedFiles, evaluation: frozenset[int], read_as: ReadAs
) -> Iterator[FoundSample | PassedOver]:
    """Yield the pictures of one list."""
    whole = read_json(path, max_bytes=_MAX_BYTES, error=DatasetError, hint=_HINT)
    licences = _licences(whole)
    wanted = _objects(whole, read_as.wanted)
    for row in whole.objects("images", max_items=_MAX_ITEMS):
        image_id, name = row.integer("id", 0, _MAX_ID), row.text("file_name")
        width, height = (row.integer(key, 1, _MAX_PIXELS) for key in ("width", "height"))
        is_there = holds_object(wanted.get(image_id, ()), width, height, read_as.rule)
        if is_there is None:
            share = f"{100 * _RULES[read_as.rule].least:g} % of the picture"
            yield PassedOver(reason=f"every {read_as.wanted} is smaller than {share}")
            continue
        picture = files.find(name)
        if picture is None:
            yield unreadable(Skipped(what=name, reason=f"{name}: {path.name} lists it, but it does not exist"))
            continue
        yield FoundSample(
            what=picture.relative_to(root).as_posix(),
            label=read_as.wanted if is_there else f"{NO}{read_as.wanted}",
            part=_part(image_id, path, evaluation),
            attributes={**_rights(row, licences), "rule": read_as.rule},
            read=content_reader(picture, read_as),
            original=original_of(picture),
        )


def _part(image_id: int, path: Path, evaluation: frozenset[int]) -> Part | None:
    if evaluation:
        return "testing" if image_id in evaluation else "training"
    part = part_in(path.stem)
    return "testing" if part == "validation" else part  # COCO keeps the annotations of its test sets


def _licences(whole: JsonObject) -> dict[int, str]:
    """Return each licence with its address, by id; a list without licences has none."""
    rows = whole.objects("licenses", max_items=1000) if "licenses" in whole else []
    return {row.integer("id", 0, _MAX_ID): f"{row.text('name')}, {row.text('url')}" for row in rows}


def _rights(row: JsonObject, licences: Mapping[int, str]) -> dict[str, str]:
    """Return the licence and the source page of a picture; COCO credits the author by that page."""
    found = {"licence": licences.get(row.integer("license", 0, _MAX_ID), "") if "license" in row else "not said"}
    for key, name in (("author", "author"), ("flickr_url", "source"), ("coco_url", "source")):
        if key in row and row.text(key):
            found.setdefault(name, row.text(key))
    return found


def _objects(whole: JsonObject, wanted: str) -> Mapping[int, list[JsonObject]]:
    """Return the annotations of the wanted kind by the id of their picture. Raises DatasetError if there is none."""
    names = {
        normal_label(row.text("name")): row.integer("id", 0, _MAX_ID)
        for row in whole.objects("categories", max_items=_MAX_ITEMS)
    }
    if wanted not in names:
        known = ", ".join(list(names)[:20])
        raise DatasetError(f"{whole.where}: categories: no {wanted!r}; there are {known}", hint="--object NAME")
    found: dict[int, list[JsonObject]] = defaultdict(list)
    for row in whole.objects("annotations", max_items=_MAX_ITEMS):
        if row.integer("category_id", 0, _MAX_ID) == names[wanted]:
            found[row.integer("image_id", 0, _MAX_ID)].append(row)
    return found


COCO = Importer(
    name="coco",
    what="COCO's instances, as Visual Wake Words: pictures with and without a person (--rule, --object)",
    recognises=lambda source: source.is_dir() and bool(_lists(source)),
    find=_find,
)

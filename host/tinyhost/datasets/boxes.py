"""Pictures with boxes around objects: Edge Impulse's bounding_boxes.labels, or COCO's instances in JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.speakers import Part
from tinyhost.datasets.skipped import Skipped, none_usable
from tinyhost.errors import DatasetError
from tinyhost.protocol.labels import normal_label
from tinyhost.sensors.picture_file import PICTURE_SUFFIXES, read_picture
from tinyhost.system.folders import files_below
from tinyhost.system.json_reading import JsonObject, read_json

__all__ = ["BOX_LIST", "Box", "BoxedPicture", "BoxedPictures", "load_boxed_pictures"]

BOX_LIST = "bounding_boxes.labels"
"""the list of boxes in an export of Edge Impulse"""
_MAX_BYTES = 1 << 28
_MAX_PICTURES = 1_000_000
_MAX_BOXES = 10_000_000
_MAX_BOXES_PER_PICTURE = 10_000
_MAX_ID = 2**63
_MAX_PIXELS = 1e6
"""largest coordinate or side in a list"""
_HINT = f"expected Edge Impulse's {BOX_LIST}, or instances in COCO's JSON with the pictures beside it"
_PARTS: dict[str, Part] = {
    "train": "training",
    "training": "training",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "testing",
    "testing": "testing",
}


@dataclass(frozen=True, kw_only=True)
class Box:
    """One object, in pixels of its picture."""

    label: str
    x: float
    """left edge"""
    y: float
    """upper edge"""
    width: float
    height: float
    is_crowd: bool = False
    """a crowd of objects without boxes of their own: detections in it are neither right nor wrong"""


@dataclass(frozen=True, kw_only=True)
class BoxedPicture:
    """A picture and the objects in it, possibly none."""

    path: Path
    boxes: tuple[Box, ...]
    part: Part | None = None

    def read(self) -> NDArray[np.uint8]:
        """Return the pixels, (height, width) grey levels."""
        return read_picture(self.path)


@dataclass(frozen=True, kw_only=True)
class BoxedPictures:
    """The pictures in a folder's lists of boxes."""

    root: Path
    pictures: tuple[BoxedPicture, ...]
    skipped: tuple[Skipped, ...]
    """pictures that are missing, or in no list"""

    def __len__(self) -> int:
        return len(self.pictures)

    def labels(self) -> tuple[str, ...]:
        """Return the labels of all boxes, sorted."""
        return tuple(sorted({box.label for picture in self.pictures for box in picture.boxes}))

    def of_part(self, part: Part | None) -> tuple[BoxedPicture, ...]:
        """Return the pictures of a part, by the folders' names; None: all. Raises DatasetError if there are none."""
        chosen = tuple(picture for picture in self.pictures if part is None or picture.part == part)
        if not chosen:
            raise DatasetError(
                f"{self.root}: no pictures for {part}; its lists are in no folder of such a name",
                hint="omit --part",
            )
        return chosen


def load_boxed_pictures(folder: Path) -> BoxedPictures:
    """Return the pictures of a folder with their boxes; no picture is read yet.

    Edge Impulse's lists are in the folder, or in `training` and `testing`; COCO's are JSON beside the pictures or in
    `annotations`. Raises DatasetError if there is no list, or one that cannot be read.
    """
    if not folder.is_dir():
        what = "a file; expected a folder" if folder.exists() else "no such folder"
        raise DatasetError(f"{folder}: {what}", hint=_HINT)
    files = sorted(files_below(folder))
    pictures = {path for path in files if path.suffix.lower() in PICTURE_SUFFIXES}
    reader = _Reader(root=folder, files=frozenset(pictures))
    lists = [path for path in files if path.name == BOX_LIST]
    found = [item for path in lists for item in reader.edge_impulse(path)]
    if not lists:
        lists = [path for path in files if path.suffix.lower() == ".json"]
        found = [item for path in lists for item in reader.coco(path)]
    if not lists:
        raise DatasetError(f"{folder}: no list of boxes", hint=_HINT)
    good = tuple(item for item in found if isinstance(item, BoxedPicture))
    skipped = [item for item in found if isinstance(item, Skipped)]
    for path in sorted(pictures - {item.path for item in good}):
        what = path.relative_to(folder).as_posix()
        skipped.append(Skipped(what=what, reason=f"{what}: no list of boxes names it"))
    if not good:
        nothing = Skipped(what=lists[0].relative_to(folder).as_posix(), reason="it names no picture")
        raise none_usable(folder, skipped or [nothing], hint=_HINT)
    return BoxedPictures(root=folder, pictures=good, skipped=tuple(skipped))


@dataclass(frozen=True, kw_only=True)
class _Reader:
    """Reads lists of one folder."""

    root: Path
    files: frozenset[Path]
    """existing pictures"""

    def edge_impulse(self, path: Path) -> Iterator[BoxedPicture | Skipped]:
        """Yield the pictures of a bounding_boxes.labels."""
        whole = read_json(path, max_bytes=_MAX_BYTES, error=DatasetError, hint=_HINT)
        if "type" in whole:
            whole.choice("type", ("bounding-box-labels",))
        rows = whole.object("boundingBoxes")
        if len(rows.values) > _MAX_PICTURES:
            raise whole.wrong("boundingBoxes", f"at most {_MAX_PICTURES:,} pictures")
        for name in rows.values:
            boxes = rows.objects(name, max_items=_MAX_BOXES_PER_PICTURE)
            yield self._picture(
                path,
                name,
                [_box(box, normal_label(box.text("label")), _corner_and_sides(box)) for box in boxes],
            )

    def coco(self, path: Path) -> Iterator[BoxedPicture | Skipped]:
        """Yield the pictures of a COCO file; return a description of another JSON file."""
        whole = read_json(path, max_bytes=_MAX_BYTES, error=DatasetError, hint=_HINT)
        if not {"images", "annotations", "categories"} <= whole.values.keys():
            what = path.relative_to(self.root).as_posix()
            yield Skipped(what=what, reason=f"{what}: expected images, annotations and categories, as COCO has them")
            return
        names = {
            row.integer("id", 0, _MAX_ID): normal_label(row.text("name"))
            for row in whole.objects("categories", max_items=_MAX_PICTURES)
        }
        boxes: dict[int, list[Box]] = {
            row.integer("id", 0, _MAX_ID): [] for row in whole.objects("images", max_items=_MAX_PICTURES)
        }
        for row in whole.objects("annotations", max_items=_MAX_BOXES):
            image, category = row.integer("image_id", 0, _MAX_ID), row.integer("category_id", 0, _MAX_ID)
            if image not in boxes:
                raise row.wrong("image_id", "the id of one of the images")
            if category not in names:
                raise row.wrong("category_id", "the id of one of the categories")
            is_crowd = "iscrowd" in row and bool(row.integer("iscrowd", 0, 1))
            boxes[image].append(_box(row, names[category], _bbox(row), is_crowd=is_crowd))
        for row in whole.objects("images", max_items=_MAX_PICTURES):
            yield self._picture(path, row.text("file_name"), boxes[row.integer("id", 0, _MAX_ID)])

    def _picture(self, listed_in: Path, name: str, boxes: Sequence[Box]) -> BoxedPicture | Skipped:
        """Return a picture of a list: the file is beside the list, or below the parent folder."""
        parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
        what = f"{listed_in.relative_to(self.root).as_posix()}: {name[:80]!r}"
        if not parts or ".." in parts or ":" in parts[0] or "\0" in name:
            raise DatasetError(f"{self.root}: {what} is no path within the folder", hint=_HINT)
        places = [listed_in.parent.joinpath(*parts)]
        if listed_in.parent != self.root:
            above = listed_in.parent.parent
            places += [above.joinpath(*parts), above.joinpath("images", *parts)]
            places += [above.joinpath(_split_of(listed_in), *parts)]
        places.append(self.root.joinpath(*parts))
        path = next((place for place in places if place in self.files), None)
        if path is None:
            return Skipped(what=what, reason=f"{what}: no such picture")
        part = next((_PARTS[folder.name.casefold()] for folder in _between(path, self.root)), None)
        return BoxedPicture(path=path, boxes=tuple(boxes), part=part)


def _split_of(listed_in: Path) -> str:
    """Return COCO's folder of pictures for an instances_NAME.json."""
    return listed_in.stem.removeprefix("instances_")


def _between(path: Path, root: Path) -> Iterator[Path]:
    """Yield the folders from a picture up to the set's that name a part."""
    folder = path.parent
    while folder != root:
        if folder.name.casefold() in _PARTS:
            yield folder
        folder = folder.parent


def _corner_and_sides(row: JsonObject) -> tuple[float, float, float, float]:
    x, y = (row.number(key, -_MAX_PIXELS, _MAX_PIXELS) for key in ("x", "y"))
    width, height = (row.number(key, 0, _MAX_PIXELS) for key in ("width", "height"))
    return x, y, width, height


def _bbox(row: JsonObject) -> tuple[float, float, float, float]:
    x, y, width, height = row.numbers("bbox", -_MAX_PIXELS, _MAX_PIXELS, n_items=4)
    if min(width, height) < 0:
        raise row.wrong("bbox", "x, y, and a width and height of at least 0")
    return x, y, width, height


def _box(row: JsonObject, label: str, place: tuple[float, float, float, float], *, is_crowd: bool = False) -> Box:
    if not label.strip():
        raise row.wrong("label", "a label")
    x, y, width, height = place
    return Box(label=label, x=x, y=y, width=width, height=height, is_crowd=is_crowd)

"""Exports of CVAT, "CVAT for images 1.1": annotations.xml with one tag for each picture, and the pictures.

Source: docs.cvat.ai/docs/dataset_management/formats/format-cvat. "ImageNet 1.0" is a folder of class folders.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from tinyhost.datasets.importers.contract import FoundSample, Importer, PassedOver, ReadAs, part_in, unreadable
from tinyhost.datasets.importers.files import NamedFiles, content_reader, original_of
from tinyhost.datasets.skipped import Skipped
from tinyhost.errors import DatasetError
from tinyhost.sensors.picture_file import PICTURE_SUFFIXES
from tinyhost.system.reading import open_file, read_text

__all__ = ["ANNOTATIONS_NAME", "CVAT"]

ANNOTATIONS_NAME = "annotations.xml"
_MAX_BYTES = 1 << 29
_DECLARATIONS = ("<!DOCTYPE", "<!ENTITY")
_HINT = 'export it from CVAT as "CVAT for images 1.1", with the pictures'


def _file(source: Path) -> Path:
    return source / ANNOTATIONS_NAME if source.is_dir() else source


def _recognises(source: Path) -> bool:
    path = _file(source)
    if path.suffix != ".xml" or not path.is_file():
        return False
    with open_file(path, max_bytes=_MAX_BYTES) as file:
        return b"<annotations>" in file.read(4096)


def _find(source: Path, read_as: ReadAs) -> Iterator[FoundSample | PassedOver]:
    path = _file(source)
    root, files = path.parent, NamedFiles(path.parent, PICTURE_SUFFIXES)
    for number, image in enumerate(_images(path)):
        name, where = image.get("name", ""), f"{path}: image [{number}]"
        if not name:
            raise DatasetError(f"{where}: expected a name", hint=_HINT)
        tags = sorted({tag.get("label", "") for tag in image.findall("tag")})
        if len(tags) != 1:
            yield PassedOver(reason="it has several tags" if tags else "it has no tag")
            continue
        picture = files.find(name)
        if picture is None:
            yield unreadable(Skipped(what=name, reason=f"{name}: {where} names it, but it does not exist"))
            continue
        said = {item.get("name", ""): (item.text or "").strip() for item in image.findall("tag/attribute")}
        yield FoundSample(
            what=picture.relative_to(root).as_posix(),
            label=tags[0],
            part=part_in(image.get("subset", "")),
            attributes={key: value for key, value in said.items() if key and value},
            read=content_reader(picture, read_as),
            original=original_of(picture),
        )


def _images(path: Path) -> list[ElementTree.Element]:
    """Return the images of a file. Raises DatasetError, with line and column; one that declares entities is refused."""
    content = read_text(path, max_bytes=_MAX_BYTES)
    if any(word in content for word in _DECLARATIONS):
        raise DatasetError(f"{path}: expected no DOCTYPE and no entities, as CVAT writes none", hint=_HINT)
    try:
        root = ElementTree.fromstring(content)  # noqa: S314 - without entities nothing can grow, or be fetched
    except ElementTree.ParseError as exc:
        line, column = exc.position
        raise DatasetError(f"{path}:{line}:{column}: not XML: {exc}", hint=_HINT) from exc
    if root.tag != "annotations":
        raise DatasetError(f"{path}: expected <annotations>, got <{root.tag[:40]}>", hint=_HINT)
    if root.find("track") is not None:
        raise DatasetError(f"{path}: tracks of a video, expected images", hint=_HINT)
    return root.findall("image")


CVAT = Importer(
    name="cvat",
    what='an export of CVAT as "CVAT for images 1.1", pictures with one tag each',
    recognises=_recognises,
    find=_find,
)

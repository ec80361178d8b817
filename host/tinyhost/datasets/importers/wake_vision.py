"""Wake Vision: tables of who is in which picture, with its groups for fairness and robustness, and the pictures.

    wake_vision_train_large.csv, wake_vision_validation.csv, ...   filename,person,depiction,...,near,far,dark,bright
    */433396_7e2adb7c1f_o.jpg                                      Open Images' pictures, in any folders
    *.csv of Open Images with OriginalURL, License and Author, if there is one: the rights of each picture
Sources: doi.org/10.7910/DVN/1HOPXC; tensorflow_datasets/datasets/wake_vision.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from tinyhost.datasets.importers.coco import NO
from tinyhost.datasets.importers.contract import FoundSample, Importer, PassedOver, ReadAs, part_in
from tinyhost.datasets.importers.files import NamedFiles, content_reader, original_of
from tinyhost.errors import DatasetError
from tinyhost.sensors.picture_file import PICTURE_SUFFIXES
from tinyhost.system.delimited import read_rows
from tinyhost.system.reading import open_file, read_text

__all__ = ["WAKE_VISION"]

_MAX_BYTES = 1 << 31
_COLUMNS = ("filename", "person")
_RIGHTS = {"License": "licence", "Author": "author", "OriginalLandingURL": "source"}
_RIGHTS_COLUMNS = ("OriginalURL", "License")
_LABELS = {"1": "person", "0": f"{NO}person"}
_IMAGES_LICENCE = "CC BY 2.0, as Open Images lists it"
_HINT = "expected Wake Vision's tables, filename,person,..., with the pictures below the same folder"


def _header(path: Path) -> str:
    with open_file(path, max_bytes=_MAX_BYTES) as file:
        return file.readline(4096).decode("utf-8-sig", "replace").strip()


def _tables(source: Path) -> list[Path]:
    paths = [source] if source.is_file() else sorted(source.glob("*.csv"))
    return [path for path in paths if path.suffix == ".csv" and _header(path).split(",")[:2] == list(_COLUMNS)]


def _find(source: Path, read_as: ReadAs) -> Iterator[FoundSample | PassedOver]:
    tables, root = _tables(source), source if source.is_dir() else source.parent
    if not tables:
        raise DatasetError(f"{source}: no table with the columns {', '.join(_COLUMNS)}", hint=_HINT)
    files, rights = NamedFiles(root, PICTURE_SUFFIXES), _rights(root)
    seen: set[str] = set()
    for table in tables:  # train_large holds what train_quality does
        lines = read_text(table, max_bytes=_MAX_BYTES).splitlines()
        names, rows = read_rows(lines, _checked(_COLUMNS), str(table))
        for number, row in rows:
            values = dict(zip(names, row, strict=True))
            name = values.pop("filename")
            if values["person"] not in ("0", "1", "-1"):
                expected = f"{table}, line {number}: person: expected 0, 1 or -1"
                raise DatasetError(f"{expected}, got {values['person'][:40]!r}", hint=_HINT)
            path = files.find(name)
            if name in seen:
                yield PassedOver(reason="in another table too")
            elif path is None:
                yield PassedOver(reason="its picture is missing")
            elif values["person"] == "-1":
                yield PassedOver(reason="it has no label for persons")
            else:
                seen.add(name)
                yield FoundSample(
                    what=path.relative_to(root).as_posix(),
                    label=_LABELS[values.pop("person")],
                    part=part_in(table.stem),
                    attributes={
                        "licence": _IMAGES_LICENCE,
                        **{key: value for key, value in values.items() if value in ("0", "1")},
                        **rights.get(name, {}),
                    },
                    read=content_reader(path, read_as),
                    original=original_of(path),
                )


def _checked(columns: Sequence[str]) -> Callable[[list[str], str], list[str]]:
    """Return what gives the names of a table's columns back, if all of these are among them."""

    def check(names: list[str], where: str) -> list[str]:
        if not set(columns) <= set(names) or len(set(names)) < len(names):
            raise DatasetError(
                f"{where}: expected the columns {', '.join(columns)}, each once, got {', '.join(names)[:80]!r}",
                hint=_HINT,
            )
        return names

    return check


def _rights(root: Path) -> Mapping[str, Mapping[str, str]]:
    """Return licence, author and page of each picture by its file's name, if a table of Open Images says them."""
    found: dict[str, Mapping[str, str]] = {}
    for path in sorted(root.glob("*.csv")):
        if not set(_RIGHTS_COLUMNS) <= set(_header(path).split(",")):
            continue
        lines = read_text(path, max_bytes=_MAX_BYTES).splitlines()
        names, rows = read_rows(lines, _checked(_RIGHTS_COLUMNS), str(path))
        for _, row in rows:
            values = dict(zip(names, row, strict=True))
            said = {own: values[name] for name, own in _RIGHTS.items() if values.get(name)}
            found[PurePosixPath(values["OriginalURL"]).name] = said
    return found


WAKE_VISION = Importer(
    name="wake-vision",
    what="Wake Vision's tables and pictures, with its groups",
    recognises=lambda source: bool(_tables(source)),
    find=_find,
)

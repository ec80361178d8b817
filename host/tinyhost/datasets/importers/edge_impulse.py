"""Exports of Edge Impulse: pictures, sound and motion, with the project's own parts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tinyhost.audio.speakers import SPEAKER_MARK
from tinyhost.datasets.edge_impulse_project import holds_export, list_export
from tinyhost.datasets.importers.contract import FoundSample, Importer, PassedOver, ReadAs, unreadable
from tinyhost.datasets.importers.files import content_reader, original_of
from tinyhost.errors import DatasetError

__all__ = ["EDGE_IMPULSE"]

_SPEAKER = re.compile(rf"([^.]+){SPEAKER_MARK}")


def _find(source: Path, read_as: ReadAs) -> Iterator[FoundSample | PassedOver]:
    export = list_export(source)
    if not export.files and not export.skipped:
        raise DatasetError(f"{source}: no samples in it", hint="name the folder of an Edge Impulse export")
    yield from map(unreadable, export.skipped)
    for file in export.files:
        yield FoundSample(
            what=file.path.relative_to(source).as_posix(),
            label=file.label,
            speaker=speaker[1] if (speaker := _SPEAKER.search(file.path.name)) else "",
            part=file.part,
            read=content_reader(file.path, read_as),
            original=original_of(file.path),
        )


EDGE_IMPULSE = Importer(
    name="edge-impulse",
    what="an export of Edge Impulse",
    recognises=lambda source: source.is_dir() and holds_export(source),
    find=_find,
)

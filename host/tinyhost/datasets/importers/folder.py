"""Class folders, LABEL/FILE, with the parts of their own lists or of `train`, `val` and `test`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tinyhost.audio.speakers import Part, named_speaker
from tinyhost.datasets.folder import PICTURES, SOUNDS, kind_of, label_of, labelled_files
from tinyhost.datasets.importers.contract import FoundSample, Importer, PassedOver, ReadAs, unreadable
from tinyhost.datasets.importers.files import content_reader, original_of
from tinyhost.datasets.parts import has_lists, listed_name, read_lists
from tinyhost.datasets.pictures import split_roots

__all__ = ["FOLDER"]


def _find(source: Path, read_as: ReadAs) -> Iterator[FoundSample | PassedOver]:
    """Yield the files of label/*; a part is what the folder's own lists say, or whose folder pictures are in."""
    kind = kind_of(source) or SOUNDS
    roots: dict[Part, Path] = split_roots(source) if kind is PICTURES else {}
    listed = read_lists(source) if has_lists(source) else None
    for part, root in roots.items() or [(None, source)]:
        listing = labelled_files(root, kind)
        yield from map(unreadable, listing.skipped)
        for path in listing.files:
            yield FoundSample(
                what=path.relative_to(source).as_posix(),
                label=label_of(path),
                speaker=named_speaker(path.name),
                part=part if listed is None else listed.get(listed_name(path), "training"),
                read=content_reader(path, read_as),
                original=original_of(path),
            )


FOLDER = Importer(
    name="folder",
    what="a folder with one folder for each label, as Speech Commands has them, and CVAT's ImageNet",
    recognises=Path.is_dir,
    find=_find,
)

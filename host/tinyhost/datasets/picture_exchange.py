"""Pictures for Edge Impulse: the files as they are, and the list of their labels and parts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tinyhost.audio.speakers import Part
from tinyhost.datasets.edge_impulse_project import LabelledFile, file_name, write_info
from tinyhost.datasets.pictures import ClassFolder, LabelledPicture, PictureShares, part_of_pictures
from tinyhost.datasets.store import encode_png
from tinyhost.sensors.picture_file import MAX_PICTURE_BYTES
from tinyhost.system.durable import write_atomically
from tinyhost.system.reading import read_file

__all__ = ["export_pictures"]

_TAKEN = frozenset({".png", ".jpg", ".jpeg"})


def export_pictures(
    folder: ClassFolder,
    target: Path,
    shares: PictureShares,
    *,
    on_file: Callable[[int, int], None] = lambda done, total: None,
) -> list[Part]:
    """Write the pictures of a folder as files of Edge Impulse; return the part of each.

    PNG and JPEG are copied unchanged; formats that Edge Impulse does not support, such as HEIC, become grey PNG. It has
    no validation, so that is noted beside a file for training. target: an empty folder. Raises OSError if it cannot be
    written.
    """
    sides = part_of_pictures(folder, shares)[1]
    files: list[LabelledFile] = []
    for done, (picture, side) in enumerate(zip(folder, sides, strict=True), 1):
        suffix, content = _as_taken(picture)
        name = file_name(picture.label, f"{done:06d}.{picture.path.stem}", side, suffix=suffix)
        write_atomically(target / name, content, sync=False)
        files.append(LabelledFile(path=target / name, label=picture.label, part=side))
        on_file(done, len(sides))
    write_info(target, files)
    return sides


def _as_taken(picture: LabelledPicture) -> tuple[str, bytes]:
    """Return the suffix and the content of a file for Edge Impulse."""
    suffix = picture.path.suffix.lower()
    if suffix in _TAKEN:
        return suffix, read_file(picture.path, max_bytes=MAX_PICTURE_BYTES)
    return ".png", encode_png(picture.read())

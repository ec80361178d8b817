"""Recordings with Audacity's labels beside them: take.wav and take.txt, a line `start<tab>end<tab>label` each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tinyhost.audio.sound_file import SOUND_SUFFIXES
from tinyhost.datasets.importers.contract import FoundSample, Importer, PassedOver, ReadAs
from tinyhost.datasets.importers.files import original_of, stretch_readers
from tinyhost.errors import DatasetError
from tinyhost.sensors.annotations import holds_audacity_labels, read_annotations
from tinyhost.system.folders import visible

__all__ = ["AUDACITY"]


def _pairs(source: Path) -> list[tuple[Path, Path]]:
    """Return sounds with the labels beside them; a source may be one of the two."""
    folder, stem = (source, "") if source.is_dir() else (source.parent, source.stem)
    sounds = (path for path in visible(folder) if path.suffix.lower() in SOUND_SUFFIXES)
    beside = ((path, path.with_suffix(".txt")) for path in sounds if stem in ("", path.stem))
    return [(sound, labels) for sound, labels in beside if labels.is_file() and holds_audacity_labels(labels)]


def _find(source: Path, read_as: ReadAs) -> Iterator[FoundSample | PassedOver]:
    pairs = _pairs(source)
    if not pairs:
        raise DatasetError(
            f"{source}: no sound with a label track beside it",
            hint="export the labels of take.wav as take.txt: File, Export Other, Export Labels",
        )
    for sound, labels in pairs:
        stretch = stretch_readers(sound, read_as)
        for number, item in enumerate(read_annotations(labels)):
            yield FoundSample(
                what=f"{sound.name} {item.start_s:.3f} s",
                label=item.label,
                read=stretch(item.start_s, item.end_s),
                attributes={"start_s": f"{item.start_s:.3f}", "end_s": f"{item.end_s:.3f}"},
                original=None if number else original_of(sound),  # its metadata are counted once
            )


AUDACITY = Importer(
    name="audacity",
    what="recordings with Audacity's labels beside them, cut into clips",
    recognises=lambda source: bool(_pairs(source)),
    find=_find,
)

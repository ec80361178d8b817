"""Sounds of machines, MIMII, ToyADMOS and DCASE's: normal or anomaly, with machine, section and what the names say."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from tinyhost.audio.speakers import Part
from tinyhost.datasets.importers.contract import (
    Clip,
    Content,
    FoundSample,
    Importer,
    PassedOver,
    ReadAs,
    unreadable,
)
from tinyhost.datasets.importers.files import original_of
from tinyhost.datasets.machine_sounds import MachineClip, find_machine_sounds, holds_machine_sounds, read_channel
from tinyhost.errors import DatasetError
from tinyhost.system.delimited import read_rows
from tinyhost.system.reading import read_text

__all__ = ["MACHINES", "name_attributes"]

_PARTS: dict[str, Part] = {"train": "training", "test": "testing"}
_NAMED = re.compile(r"section_\d+_(?:(source|target)_)?(?:train|test)_(?:normal|anomaly)_\d+(?:_(.+))?", re.IGNORECASE)
_TABLES = "attributes*.csv"
_MAX_BYTES = 1 << 28
_HINT = "expected DCASE's table of attributes: file_name,d1p,d1v,..."


def name_attributes(stem: str) -> dict[str, str]:
    """Return what a name of DCASE says: `section_00_source_train_normal_0000_vel_6_mic_1` its domain, vel and mic.

    Words that do not come in pairs are one attribute.
    """
    match = _NAMED.fullmatch(stem)
    if match is None:
        return {}
    found = {"domain": match[1].lower()} if match[1] else {}
    words = match[2].split("_") if match[2] else []
    if len(words) % 2:
        return found | {"attributes": " ".join(words)}
    return found | dict(zip(words[::2], words[1::2], strict=True))


def _find(source: Path, read_as: ReadAs) -> Iterator[FoundSample | PassedOver]:
    found = find_machine_sounds(source)
    tables = _tables(source)
    yield from map(unreadable, found.skipped)
    for clip in found.clips:
        if clip.anomalous is None:
            yield PassedOver(reason="its name does not say whether it is normal")
            continue
        said = tables.get((clip.path.parent.name, clip.path.name)) or name_attributes(clip.path.stem)
        yield FoundSample(
            what=clip.path.relative_to(source).as_posix(),
            label=clip.state,
            part=_PARTS[clip.part],
            attributes={"machine": clip.machine, "unit": clip.unit, **said},
            read=_reader(clip, read_as),
            original=original_of(clip.path),
        )


def _reader(clip: MachineClip, read_as: ReadAs) -> Callable[[], Content]:
    return lambda: Clip(pcm=read_channel(clip.path, convert=read_as.convert))


def _tables(source: Path) -> Mapping[tuple[str, str], Mapping[str, str]]:
    """Return what DCASE's tables say of each file, by its folder and name: names that stand in columns d1p, values d1v.

    Raises DatasetError, with the line.
    """
    found: dict[tuple[str, str], Mapping[str, str]] = {}
    for path in sorted(source.rglob(_TABLES)):
        names, rows = read_rows(read_text(path, max_bytes=_MAX_BYTES).splitlines(), _header, str(path))
        for _, row in rows:
            values = dict(zip(names, row, strict=True))
            *_, folder, file = ("", *values.pop("file_name").replace("\\", "/").split("/"))
            pairs = ((values[key], values.get(f"{key[:-1]}v", "")) for key in values if re.fullmatch(r"d\d+p", key))
            said = {name: value for name, value in pairs if name and name.casefold() not in ("noattribute", "nan")}
            found[folder, file] = {**name_attributes(Path(file).stem), **said}
    return found


def _header(names: Sequence[str], where: str) -> list[str]:
    if "file_name" not in names:
        raise DatasetError(f"{where}: no column file_name", hint=_HINT)
    return list(names)


MACHINES = Importer(
    name="machines",
    what="sounds of machines: MIMII, ToyADMOS, DCASE's Task 2",
    recognises=lambda source: source.is_dir() and holds_machine_sounds(source),
    find=_find,
)

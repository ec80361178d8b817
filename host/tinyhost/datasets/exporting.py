"""A data set of ours for other tools: Edge Impulse, or a clean folder in the layout of Speech Commands."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tinyhost.audio.sound_file import read_sound
from tinyhost.audio.speakers import PARTS, Part
from tinyhost.datasets.clips import ClipFolder, LabelledClip, load_clip_folder
from tinyhost.datasets.edge_impulse import audio_acquisition, write_acquisition
from tinyhost.datasets.edge_impulse_project import Category, LabelledFile, write_info
from tinyhost.datasets.motion_exchange import export_motion, is_motion_folder
from tinyhost.datasets.skipped import Skipped
from tinyhost.datasets.speech_commands import LIST_FILES, Shares, part_of_clips
from tinyhost.errors import DatasetError, UsageError
from tinyhost.system.durable import write_atomically

__all__ = ["EXPORT_FORMATS", "ExportDocument", "ExportFormat", "export_clips", "export_dataset"]

ExportFormat = Literal["edge-impulse", "speech-commands"]
EXPORT_FORMATS: tuple[ExportFormat, ...] = ("edge-impulse", "speech-commands")


@dataclass(frozen=True, kw_only=True)
class ExportDocument:
    """`tinyhost data export SET DIR --json FILE`."""

    schema: Literal["tinyhost.data_export/1"] = "tinyhost.data_export/1"
    folder: Path
    """what was written"""
    format: ExportFormat
    parts: Mapping[Part, int]
    """clips, by part: `training`, `validation`, `testing`; recordings of motion are all in `training`"""
    skipped: tuple[Skipped, ...]
    """files that could not be used"""


def export_dataset(
    folder: Path,
    target: Path,
    format: ExportFormat,
    *,
    shares: Shares,
    on_sample: Callable[[int, int], None] = lambda done, total: None,
) -> ExportDocument:
    """Write the clips or the motion of a data set to a new folder.

    Raises UsageError if the format has no place for motion; DatasetError, OSError as `export_clips` does.
    """
    if not is_motion_folder(folder):
        clips = load_clip_folder(folder)
        parts = export_clips(clips, target, format, shares=shares, on_clip=on_sample)
        return ExportDocument(folder=target, format=format, parts=parts, skipped=clips.skipped)
    if format != "edge-impulse":
        raise UsageError(f"--format {format} is for clips, and {folder} holds motion", hint="--format edge-impulse")
    n_files, skipped = export_motion(folder, target, on_sample)
    return ExportDocument(folder=target, format=format, parts={"training": n_files}, skipped=tuple(skipped))


def export_clips(
    folder: ClipFolder,
    target: Path,
    format: ExportFormat,
    *,
    shares: Shares | None = None,
    on_clip: Callable[[int, int], None] = lambda done, total: None,
) -> dict[Part, int]:
    """Write all usable clips of a folder to a new one; return the number of clips in each part.

    `speech-commands`: the same names and bytes, the background, and the lists of the split. `edge-impulse`: one JSON
    file for each clip, in training (with what is for validation, which Edge Impulse splits off by itself) or testing,
    and info.labels. Raises DatasetError if the target holds anything, OSError if it cannot be written.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise DatasetError(f"{target}: there is something in it already", hint="name a new folder")
    _, sides = part_of_clips(folder, shares if shares is not None else Shares())
    write = _write_edge_impulse if format == "edge-impulse" else _write_speech_commands
    write(folder, sides, target, on_clip)
    return {part: sides.count(part) for part in PARTS}


def _write_edge_impulse(
    folder: ClipFolder, sides: list[Part], target: Path, on_clip: Callable[[int, int], None]
) -> None:
    files = []
    for done, (clip, side) in enumerate(zip(folder.clips, sides, strict=True), 1):
        path = _path(clip)
        category: Category = "testing" if side == "testing" else "training"
        file = target / category / f"{clip.label.replace('.', '_')}.{done:06d}.{path.stem}.json"
        write_acquisition(file, audio_acquisition(read_sound(path)))
        files.append(LabelledFile(path=file, label=clip.label, category=category))
        on_clip(done, len(sides))
    write_info(target, files)


def _write_speech_commands(
    folder: ClipFolder, sides: list[Part], target: Path, on_clip: Callable[[int, int], None]
) -> None:
    names: dict[Part, list[str]] = {part: [] for part in PARTS}
    for done, (clip, side) in enumerate(zip(folder.clips, sides, strict=True), 1):
        names[side].append(_copy(_path(clip), target))
        on_clip(done, len(sides))
    for path in folder.background:
        _copy(path, target)
    for part, file in LIST_FILES.items():
        write_atomically(target / file, "".join(f"{name}\n" for name in sorted(names[part])).encode("utf-8"))


def _copy(path: Path, target: Path) -> str:
    """Copy a file below its label's folder; return its name there."""
    name = f"{path.parent.name}/{path.name}"
    (target / path.parent.name).mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, target / name)
    return name


def _path(clip: LabelledClip) -> Path:
    if clip.path is None:
        raise DatasetError(f"a clip of {clip.label!r} is no file, and cannot be exported")
    return clip.path

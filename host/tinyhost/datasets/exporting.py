"""Export of a data set for other tools: Edge Impulse, Label Studio, CVAT, or a folder like Speech Commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tinyhost.audio.sound_file import read_sound
from tinyhost.audio.speakers import Part
from tinyhost.datasets.clips import ClipFolder, LabelledClip, load_clip_folder
from tinyhost.datasets.edge_impulse import audio_acquisition, write_acquisition
from tinyhost.datasets.edge_impulse_project import LabelledFile, file_name, write_info
from tinyhost.datasets.folder import MOTION, PICTURES, SOUNDS, kind_of, label_of, labelled_files
from tinyhost.datasets.labelling.exchange import ToolSample, write_cvat, write_label_studio
from tinyhost.datasets.motion_exchange import export_motion
from tinyhost.datasets.parts import counts_of, listed_name, read_lists, write_lists
from tinyhost.datasets.picture_exchange import export_pictures
from tinyhost.datasets.pictures import load_class_folder, part_of_pictures
from tinyhost.datasets.skipped import Skipped
from tinyhost.datasets.speech_commands import Shares, part_of_clips
from tinyhost.datasets.splitting import picture_shares
from tinyhost.datasets.store import BACKGROUND_LABEL
from tinyhost.errors import DatasetError, UsageError
from tinyhost.motion.units import UNSTATED_UNITS, MotionUnits
from tinyhost.sensors.picture_file import read_picture
from tinyhost.system.durable import copy_file

__all__ = ["EXPORT_FORMATS", "ExportDocument", "ExportFormat", "export_clips", "export_dataset"]

ExportFormat = Literal["edge-impulse", "speech-commands", "label-studio", "cvat"]
EXPORT_FORMATS: tuple[ExportFormat, ...] = ("edge-impulse", "speech-commands", "label-studio", "cvat")
_FOR_PEOPLE: tuple[ExportFormat, ...] = ("label-studio", "cvat")


@dataclass(frozen=True, kw_only=True)
class ExportDocument:
    """`tinyhost data export SET DIR --json FILE`."""

    schema: Literal["tinyhost.data_export/1"] = "tinyhost.data_export/1"
    folder: Path
    """the kind of the exported samples"""
    format: ExportFormat
    parts: Mapping[Part, int]
    """clips, pictures, or stretches of motion without a gap, by part: `training`, `validation`, `testing`"""
    skipped: tuple[Skipped, ...]
    """files that could not be used"""


def export_dataset(
    folder: Path,
    target: Path,
    format: ExportFormat,
    *,
    shares: Shares,
    units: MotionUnits = UNSTATED_UNITS,
    on_sample: Callable[[int, int], None] = lambda done, total: None,
) -> ExportDocument:
    """Write the clips, the pictures or the motion of a data set to a new folder.

    Raises UsageError if the format does not support them; DatasetError if the target is not empty, OSError if it cannot
    be written.
    """
    _check_empty(target)
    kind = kind_of(folder)
    if format in _FOR_PEOPLE:
        return _export_for_people(folder, target, format, shares, on_sample)
    if kind in (PICTURES, MOTION) and format != "edge-impulse":
        raise UsageError(
            f"--format {format} is for clips, and {folder} holds {kind.name}", hint="--format edge-impulse"
        )
    if kind is PICTURES:
        pictures = load_class_folder(folder)
        sides = export_pictures(pictures, target, picture_shares(shares), on_file=on_sample)
        return ExportDocument(folder=target, format=format, parts=counts_of(sides), skipped=pictures.skipped)
    if kind is MOTION:
        sides, skipped = export_motion(folder, target, units, on_file=on_sample)
        return ExportDocument(folder=target, format=format, parts=counts_of(sides), skipped=tuple(skipped))
    clips = load_clip_folder(folder)
    parts = export_clips(clips, target, format, shares=shares, on_clip=on_sample)
    return ExportDocument(folder=target, format=format, parts=parts, skipped=clips.skipped)


def _export_for_people(
    folder: Path, target: Path, format: ExportFormat, shares: Shares, on_sample: Callable[[int, int], None]
) -> ExportDocument:
    """Write a set for a labelling tool."""
    kind = kind_of(folder)
    if kind is PICTURES:
        pictures = load_class_folder(folder)
        sides, skipped = part_of_pictures(pictures, picture_shares(shares))[1], pictures.skipped
        samples = [
            ToolSample(path=picture.path, label=picture.label, part=side)
            for picture, side in zip(pictures, sides, strict=True)
        ]
    elif kind is SOUNDS:
        clips = load_clip_folder(folder)
        sides, skipped = part_of_clips(clips, shares)[1], clips.skipped
        samples = [
            ToolSample(path=_path(clip), label=clip.label, part=side, speaker=clip.speaker)
            for clip, side in zip(clips, sides, strict=True)
        ]
    elif kind is MOTION:
        listing, listed = labelled_files(folder, MOTION), read_lists(folder)
        sides, skipped = [listed.get(listed_name(path), "training") for path in listing.files], listing.skipped
        samples = [
            ToolSample(path=path, label=label_of(path), part=side)
            for path, side in zip(listing.files, sides, strict=True)
        ]
    else:
        raise UsageError(f"{folder}: no pictures, sounds or motion", hint="name a data set")
    labels = sorted({sample.label for sample in samples})
    if format == "cvat":
        sizes = [read_picture(sample.path).shape[::-1] for sample in samples if kind is PICTURES]
        write_cvat(target, samples, labels, kind, [(w, h) for w, h in sizes], on_sample=on_sample)
    else:
        write_label_studio(target, samples, labels, kind, on_sample=on_sample)
    return ExportDocument(folder=target, format=format, parts=counts_of(sides), skipped=skipped)


def _check_empty(target: Path) -> None:
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise DatasetError(f"{target}: the folder is not empty", hint="name a new folder")


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
    file for each clip and for the background, in training or testing, and info.labels, which also notes what is for
    validation: Edge Impulse splits that off by itself. Raises DatasetError if the target holds anything, OSError if it
    cannot be written.
    """
    _check_empty(target)
    _, sides = part_of_clips(folder, shares if shares is not None else Shares())
    write = _write_edge_impulse if format == "edge-impulse" else _write_speech_commands
    write(folder, sides, target, on_clip)
    return counts_of(sides)


def _write_edge_impulse(
    folder: ClipFolder, sides: list[Part], target: Path, on_clip: Callable[[int, int], None]
) -> None:
    files = []
    training: Part = "training"
    samples = [(_path(clip), clip.label, side) for clip, side in zip(folder.clips, sides, strict=True)]
    samples += [(path, BACKGROUND_LABEL, training) for path in folder.background]
    for done, (path, label, side) in enumerate(samples, 1):
        file = target / file_name(label, f"{done:06d}.{path.stem}", side)
        write_acquisition(file, audio_acquisition(read_sound(path)))
        files.append(LabelledFile(path=file, label=label, part=side))
        on_clip(done, len(samples))
    write_info(target, files)


def _write_speech_commands(
    folder: ClipFolder, sides: list[Part], target: Path, on_clip: Callable[[int, int], None]
) -> None:
    parts: dict[str, Part] = {}
    for done, (clip, side) in enumerate(zip(folder.clips, sides, strict=True), 1):
        parts[_copy(_path(clip), target)] = side
        on_clip(done, len(sides))
    for path in folder.background:
        _copy(path, target)
    write_lists(target, parts)


def _copy(path: Path, target: Path) -> str:
    """Copy a file below its label's folder; return its name there."""
    name = f"{path.parent.name}/{path.name}"
    copy_file(path, target / name)
    return name


def _path(clip: LabelledClip) -> Path:
    if clip.path is None:
        raise DatasetError(f"a clip of {clip.label!r} is no file, and cannot be exported")
    return clip.path

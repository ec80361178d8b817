"""The files of a scene's folder, and those that are not played."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tinyhost.audio.sound_file import SOUND_SUFFIXES
from tinyhost.boards.scenes.spec import SceneSpec
from tinyhost.sensors.picture_file import PICTURE_SUFFIXES
from tinyhost.system.folders import files_below, is_side_file

__all__ = ["SceneFiles", "passed_over", "scene_files"]


@dataclass(frozen=True, kw_only=True)
class SceneFiles:
    """The files in a folder and below it, by name."""

    pictures: tuple[Path, ...]
    clips: tuple[Path, ...]
    """but not those in folders that begin with _: noise, drafts"""
    others: tuple[Path, ...]
    """neither, nor text about them"""


def scene_files(folder: Path) -> SceneFiles:
    """Return the playable files of a folder; hidden files, and those left by a system, are ignored."""
    found = sorted((file.relative_to(folder).as_posix(), file) for file in files_below(folder))
    files = [file for _, file in found]
    pictures = [file for file in files if file.suffix.lower() in PICTURE_SUFFIXES]
    sounds = [file for file in files if file.suffix.lower() in SOUND_SUFFIXES]
    clips = [file for file in sounds if not any(part.startswith("_") for part in file.relative_to(folder).parts[:-1])]
    media = {*pictures, *sounds}
    others = [file for file in files if file not in media and not is_side_file(file.name)]
    return SceneFiles(pictures=tuple(pictures), clips=tuple(clips), others=tuple(others))


def passed_over(scene: str) -> tuple[str, ...]:
    """Return the files of a scene's folder that look like its samples and are not played: those of Macs, `._a.png`."""
    folder = Path(SceneSpec.parse(scene).name).expanduser()
    if not folder.is_dir():
        return ()
    files, media = scene_files(folder), PICTURE_SUFFIXES | SOUND_SUFFIXES
    looked_at = {*files.pictures, *files.clips}
    alike = (file for file in folder.rglob("*") if file.suffix.lower() in media and file not in looked_at)
    return tuple(sorted(file.relative_to(folder).as_posix() for file in (*alike, *files.others)))

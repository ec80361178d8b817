"""Opens the scene that `--scene` names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tinyhost.audio.sound_file import SOUND_SUFFIXES
from tinyhost.boards.scenes.base import AnySource, SceneOptions
from tinyhost.boards.scenes.clips import open_clip, open_clips
from tinyhost.boards.scenes.display import open_display
from tinyhost.boards.scenes.files import scene_files
from tinyhost.boards.scenes.microphone import open_microphone, open_pulse
from tinyhost.boards.scenes.motion import open_hand, open_machine, open_recording
from tinyhost.boards.scenes.pictures import PictureScene, check_pictures
from tinyhost.boards.scenes.room import open_room
from tinyhost.boards.scenes.spec import SceneSpec
from tinyhost.boards.scenes.speech import open_speech
from tinyhost.boards.scenes.video import VideoScene, WebcamScene
from tinyhost.errors import ConfigError
from tinyhost.sensors.picture_file import PICTURE_SUFFIXES

__all__ = ["open_scene"]

_MOVING = {".gif"}
"""pictures that are a video when they are given alone"""
_EXPECTED = "expected pictures, a video or webcam:N; sound files, mic: or pulse:SOURCE; a CSV file, machine: or hand:"


def _open_webcam(spec: SceneSpec, options: SceneOptions) -> WebcamScene:
    spec.check_options()
    number = spec.name.partition(":")[2]
    if not number.isdigit():
        raise ConfigError(
            f"scene {spec.text!r}: {number!r} is not a camera number", hint="webcam:0 is the first camera"
        )
    return WebcamScene(int(number))


_OPENERS: dict[str, Callable[[SceneSpec, SceneOptions], AnySource]] = {
    "webcam": _open_webcam,
    "hand": open_hand,
    "machine": open_machine,
    "mic": open_microphone,
    "pulse": open_pulse,
    "room": open_room,
    "speech": open_speech,
    "xwd": open_display,
}
"""The function that opens `name:...`"""


def open_scene(text: str, options: SceneOptions | None = None) -> AnySource:
    """Return the scene that `text` names: a folder of pictures or clips, a file of either, a video, or `kind:...`.

    Raises ConfigError if there is no such thing, or nothing in it can be played.
    """
    options = options or SceneOptions()
    spec = SceneSpec.parse(text)
    kind, colon, _ = spec.name.partition(":")
    if colon and kind in _OPENERS:
        return _OPENERS[kind](spec, options)
    path = Path(spec.name).expanduser()
    if path.is_dir():
        return _open_folder(path, spec, options)
    if not path.is_file():
        raise ConfigError(f"scene {text!r}: no such file or folder", hint=_EXPECTED)
    suffix = path.suffix.lower()
    if suffix in SOUND_SUFFIXES:
        return open_clip(path, spec)
    if suffix == ".csv":
        return open_recording(path, spec)
    spec.check_options()
    if suffix in PICTURE_SUFFIXES - _MOVING:
        check_pictures([path])
        return PictureScene(path.parent, [path], options)
    return VideoScene(path, options)


def _open_folder(folder: Path, spec: SceneSpec, options: SceneOptions) -> AnySource:
    files = scene_files(folder)
    if files.clips and files.pictures:
        raise ConfigError(
            f"scene {folder}: it contains both sounds and pictures ({files.clips[0].name}, {files.pictures[0].name})",
            hint="give a folder with only one kind",
        )
    if files.clips:
        return open_clips(folder, files.clips, spec)
    spec.check_options()
    if not files.pictures:
        raise ConfigError(
            f"scene {folder}: no picture or sound file in this folder or below it, such as a.png or a.wav",
            hint="tinyhost capture creates such a folder; any pictures work",
        )
    check_pictures(files.pictures)
    return PictureScene(folder, files.pictures, options)

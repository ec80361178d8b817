"""The pixels of a virtual display as a camera's scene: `Xvfb -fbdir FOLDER` keeps them in FOLDER/Xvfb_screen0."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyhost.boards.scenes.base import SceneOptions
from tinyhost.boards.scenes.fit import fit_picture
from tinyhost.boards.scenes.messages import SceneSensor
from tinyhost.boards.scenes.spec import SceneSpec
from tinyhost.errors import ConfigError
from tinyhost.system.reading import read_file

__all__ = ["DisplayScene", "open_display", "parse_xwd"]

_HEADER = struct.Struct(">25I")
_VERSION, _Z_PIXMAP, _COLOR_BYTES, _MAX_SIDE = 7, 2, 12, 16_384
_MAX_BYTES = 1 << 28
_GREY = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601
_HINT = "start the display with Xvfb :99 -screen 0 640x480x24 -fbdir FOLDER, and name FOLDER/Xvfb_screen0"


def parse_xwd(content: bytes, where: str) -> NDArray[np.uint8]:
    """Return the picture of an X window dump, (h, w) grey levels. Format: X11's XWDFile.h, version 7.

    Only 24 and 32 bits a pixel with 8 bits a color, as Xvfb writes it. Raises ConfigError, which names `where`.
    """
    if len(content) < _HEADER.size:
        raise ConfigError(f"{where}: {len(content)} bytes, not an X window dump", hint=_HINT)
    header = _HEADER.unpack_from(content)
    size, version, kind, _, width, height, _, order, _, _, _, bits, stride = header[:13]
    masks, n_colors = header[14:17], header[19]
    begin = size + n_colors * _COLOR_BYTES
    right = (version, kind, bits) == (_VERSION, _Z_PIXMAP, 32) and order in (0, 1)
    right &= sorted(masks) == [0xFF, 0xFF00, 0xFF0000] and 0 < width <= _MAX_SIDE and 0 < height <= _MAX_SIDE
    if not right or stride < 4 * width or begin + stride * height > len(content):
        raise ConfigError(f"{where}: not an X window dump with 32 bits per pixel, or truncated", hint=_HINT)
    rows = np.frombuffer(content, np.uint8, count=stride * height, offset=begin).reshape(height, stride)
    pixels = rows[:, : 4 * width].reshape(height, width, 4)
    places = [(mask.bit_length() - 1) // 8 for mask in masks]
    colors = pixels[:, :, [3 - place if order else place for place in places]]
    return np.asarray(np.rint(colors @ _GREY), np.uint8)


class DisplayScene:
    """The pixels of a virtual display, for a camera."""

    sensor = SceneSensor.CAMERA

    def __init__(self, path: Path) -> None:
        self.description = f"xwd:{path}"
        self.current_name = path.name
        self._path = path
        self._read()

    def next_frame(self, width: int, height: int) -> NDArray[np.uint8]:
        """Return the display's centre, (height, width). Raises ConfigError if the display is gone."""
        return fit_picture(self._read(), width, height)

    def close(self) -> None:
        """Nothing is held open."""

    def _read(self) -> NDArray[np.uint8]:
        return parse_xwd(read_file(self._path, max_bytes=_MAX_BYTES, error=ConfigError), str(self._path))


def open_display(spec: SceneSpec, options: SceneOptions) -> DisplayScene:
    """Return the scene of `xwd:FILE`. Raises ConfigError."""
    spec.check_options()
    return DisplayScene(Path(spec.name.partition(":")[2]).expanduser())

"""Picture files of any format: the one decoder of all readers.

OpenCV decodes them, except HEIC, the format of phones, which libheif of the extra `media` decodes. The size is read
from the header by Pillow before anything is decoded.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from tinyhost.errors import DatasetError, MissingToolError, TinyhostError
from tinyhost.system.installation import add_extra
from tinyhost.system.reading import open_file, read_file
from tinyhost.system.silence import silenced

__all__ = [
    "MAX_PICTURE_BYTES",
    "MAX_PIXELS",
    "PICTURE_SUFFIXES",
    "check_picture",
    "decode_picture",
    "read_picture",
]

PICTURE_SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".pgm", ".ppm", ".pnm", ".webp", ".gif", ".tif", ".tiff"}
    | {".avif", ".heic", ".heif", ".hif"}
)
MAX_PIXELS = 1 << 26
"""Most pixels of a picture: a file may claim any size, which would be allocated."""
MAX_PICTURE_BYTES = 1 << 28
"""of a file"""
_FILE_TYPE_BYTES = 64
_PNG = b"\x89PNG\r\n\x1a\n"


def read_picture(path: Path, *, error: type[TinyhostError] = DatasetError) -> NDArray[np.uint8]:
    """Return a picture's pixels, (height, width) grey levels: colours are converted, of several frames it is the first.

    Raises `error` if the file is missing, too large or no picture; MissingToolError, which says what to install, if the
    library for its format is not there.
    """
    return decode_picture(read_file(path, max_bytes=MAX_PICTURE_BYTES, error=error), str(path), error=error)


def decode_picture(content: bytes, where: str, *, error: type[TinyhostError] = DatasetError) -> NDArray[np.uint8]:
    """Return the grey levels of a picture file's content, (height, width); where: named in errors."""
    with _own_errors(where, len(content), error):
        return _by_libheif(content) if _is_heic(content) else _by_opencv(content)


def check_picture(path: Path, *, error: type[TinyhostError] = DatasetError) -> None:
    """Raise as `read_picture` does if a file does not begin as a picture, or is too large; little of it is read."""
    with open_file(path, max_bytes=MAX_PICTURE_BYTES, error=error) as file:
        check = _open_heic if _is_heic(file.read(_FILE_TYPE_BYTES)) else _check_header
        file.seek(0)
        with _own_errors(str(path), path.stat().st_size, error):
            check(file)


class _TooLargeError(Exception):
    """More pixels than MAX_PIXELS."""


@contextmanager
def _own_errors(where: str, n_bytes: int, error: type[TinyhostError]) -> Iterator[None]:
    """Turn exceptions of decoders in the block into errors that name the file; suppress their output."""
    try:
        with silenced():
            yield
    except ImportError as exc:
        raise MissingToolError(
            f"{where}: HEIC needs the Python package pillow_heif: {add_extra('media')}",
            hint="install it, or convert the file to PNG or JPEG",
        ) from exc
    except _TooLargeError as exc:
        raise error(f"{where}: {exc}, expected at most {MAX_PIXELS:,}", hint="make it smaller, or delete it") from exc
    except Exception as exc:  # decoders may raise anything for malformed bytes
        raise error(
            f"{where}: not a picture that can be read ({n_bytes:,} bytes)", hint="delete or replace it"
        ) from exc


def _is_heic(content: bytes) -> bool:
    """Return whether this is HEIF, but not AVIF, which OpenCV reads."""
    kinds = content[8 : min(_FILE_TYPE_BYTES, int.from_bytes(content[:4], "big"))]
    return content[4:8] == b"ftyp" and b"avif" not in kinds and b"avis" not in kinds


def _by_opencv(content: bytes) -> NDArray[np.uint8]:
    import cv2

    _check_header(io.BytesIO(content))
    _check_chunks(content)
    pixels: Any = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_GRAYSCALE)
    if pixels is None:
        raise ValueError("OpenCV cannot decode it")
    return np.asarray(pixels, np.uint8)


def _by_libheif(content: bytes) -> NDArray[np.uint8]:
    import cv2

    pixels = np.asarray(_open_heic(io.BytesIO(content)))
    if pixels.ndim == 2:
        return np.asarray(pixels, np.uint8)
    code = cv2.COLOR_RGBA2GRAY if pixels.shape[2] == 4 else cv2.COLOR_RGB2GRAY
    return np.asarray(cv2.cvtColor(pixels, code), np.uint8)


def _open_heic(file: IO[bytes]) -> Any:
    """Return a HEIC file that is not decoded yet. Raises _TooLargeError, or what libheif raises for no picture."""
    import pillow_heif

    opened = pillow_heif.open_heif(file, convert_hdr_to_8bit=True)
    _check_size(*opened.size)
    return opened


def _check_header(file: IO[bytes]) -> None:
    """Raise _TooLargeError for too many pixels, or what Pillow raises for no picture; nothing is decoded."""
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # warnings about odd metadata, and about large pictures, which are refused here
        try:
            with Image.open(file) as opened:
                _check_size(*opened.size)
        except Image.DecompressionBombError as exc:
            raise _TooLargeError("far too many pixels") from exc


def _check_chunks(content: bytes) -> None:
    """Raise ValueError if a chunk of a PNG is longer than the file: OpenCV would get memory for all of it."""
    at = len(_PNG)
    while content.startswith(_PNG) and content[at - 8 : at - 4] != b"IEND":
        at += 12 + int.from_bytes(content[at : at + 4], "big")
        if at > len(content):
            raise ValueError("a chunk is longer than the file")


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise _TooLargeError(f"{width:,} x {height:,} pixels")

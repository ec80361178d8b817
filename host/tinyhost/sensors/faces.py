"""Faces in pictures: found by a third-party or given finder, and made unrecognizable."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyhost.errors import DatasetError, MissingToolError, UsageError
from tinyhost.system.installation import add_extra

__all__ = ["FaceFinder", "blurred", "face_finder"]

FaceFinder = Callable[[NDArray[np.uint8]], Iterable[tuple[float, float, float, float]]]
"""(height, width) grey levels -> x, y, width and height of each face, in pixels"""
_LEAST = 24
"""size of a face, in pixels, that the finders are made for"""
_WORK_SIZE = 256
"""a smaller picture is enlarged to this size: faces are found from a tenth of its height"""
_MARGIN = 0.25
"""margin around a face, of its size: hair and ears"""
_CELLS = 4
"""cells a side that a face is reduced to: 4 x 4 greys"""


def face_finder(name: str = "") -> FaceFinder:
    """Return the finder of a name: a YuNet model's FILE.onnx, module:function, "" for a cascade of OpenCV or skimage.

    Raises UsageError for an unknown name, MissingToolError if no finder is installed.
    """
    if name.endswith(".onnx"):
        return partial(_by_yunet, Path(name))
    if name:
        return _given(name)
    try:
        return _by_opencv()
    except (ImportError, AttributeError):  # OpenCV 5 has no cascades
        pass
    try:
        return _by_skimage()
    except ImportError as exc:
        raise MissingToolError(
            f"face detection needs the Python package {exc.name}: {add_extra('faces')}",
            hint="install it, or choose a face detector: --face-finder FILE.onnx (YuNet) or module:function",
        ) from exc


def blurred(pixels: NDArray[np.uint8], find: FaceFinder) -> tuple[NDArray[np.uint8], int]:
    """Return a picture, (height, width), with its faces reduced to 4 x 4 greys, and their number.

    Raises DatasetError if the finder does not return boxes.
    """
    out, n_faces = pixels.copy(), 0
    for box in find(pixels):
        try:
            x, y, width, height = (float(value) for value in box)
        except (TypeError, ValueError) as exc:
            raise DatasetError(f"the face finder gave {box!r:.60}, expected x, y, width, height") from exc
        top, left = int(max(0, y - _MARGIN * height)), int(max(0, x - _MARGIN * width))
        face = out[top : int(y + (1 + _MARGIN) * height) + 1, left : int(x + (1 + _MARGIN) * width) + 1]
        if face.size:
            rows, columns = (np.arange(length) * _CELLS // length for length in face.shape)
            cells = [[face[rows == row][:, columns == column] for column in range(_CELLS)] for row in range(_CELLS)]
            greys = np.array([[cell.mean() if cell.size else 0 for cell in line] for line in cells])
            face[:] = np.rint(greys[rows][:, columns]).astype(np.uint8)
            n_faces += 1
    return out, n_faces


def _enlarged(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], float]:
    """Return a picture enlarged for small faces, and the factor."""
    import cv2

    times = max(1.0, _WORK_SIZE / min(pixels.shape))
    if times == 1.0:
        return pixels, 1.0
    return np.asarray(cv2.resize(pixels, None, fx=times, fy=times, interpolation=cv2.INTER_CUBIC), np.uint8), times


def _scaled(find: Callable[[NDArray[np.uint8]], Iterable[Iterable[float]]]) -> FaceFinder:
    """Return a finder that works on enlarged pictures."""

    def found(pixels: NDArray[np.uint8]) -> list[tuple[float, float, float, float]]:
        large, times = _enlarged(pixels)
        return [(x / times, y / times, width / times, height / times) for x, y, width, height in find(large)]

    return found


def _by_opencv() -> FaceFinder:
    import cv2

    namespace: Any = cv2
    cascade = namespace.CascadeClassifier(f"{namespace.data.haarcascades}haarcascade_frontalface_default.xml")
    if cascade.empty():
        raise ImportError("no cascade in this OpenCV", name="opencv-python-headless")
    return _scaled(lambda pixels: cascade.detectMultiScale(pixels, 1.1, 4, minSize=(_LEAST, _LEAST)))


def _by_skimage() -> FaceFinder:
    from skimage import data, feature

    namespace: Any = data
    cascade: Any = feature.Cascade(namespace.lbp_frontal_face_cascade_filename())

    def find(pixels: NDArray[np.uint8]) -> Iterable[Iterable[float]]:
        found = cascade.detect_multi_scale(
            img=pixels, scale_factor=1.2, step_ratio=1, min_size=(_LEAST, _LEAST), max_size=pixels.shape
        )
        return [(item["c"], item["r"], item["width"], item["height"]) for item in found]

    return _scaled(find)


def _by_yunet(model: Path, pixels: NDArray[np.uint8]) -> Iterable[tuple[float, float, float, float]]:
    import cv2

    if not model.is_file():
        raise UsageError(f"--face-finder {model}: no such file", hint="give the file of a YuNet model")
    height, width = pixels.shape
    try:
        detector: Any = cv2.FaceDetectorYN.create(str(model), "", (width, height))
        _, faces = detector.detect(cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR))
    except cv2.error as exc:
        raise UsageError(f"--face-finder {model}: OpenCV cannot use it: {str(exc)[:120]}") from exc
    return [] if faces is None else [tuple(face[:4]) for face in faces]


def _given(name: str) -> FaceFinder:
    module, _, function = name.partition(":")
    try:
        finder: FaceFinder = getattr(import_module(module), function)
    except (ImportError, AttributeError, ValueError) as exc:
        raise UsageError(
            f"--face-finder {name}: {exc}",
            hint="give module:function, which gets a picture and returns x, y, width, height of each face",
        ) from exc
    return finder

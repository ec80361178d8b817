"""Files of sound and pictures as other programs write them, and damage to them."""

from __future__ import annotations

import io
from collections.abc import Iterable

import av
import numpy as np
import pillow_heif
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

__all__ = ["PATCHES", "aac_file", "damaged", "picture_file"]

PATCHES = st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=6)), max_size=4)
"""What `damaged` takes: where, as a share of the file, and which bytes."""


def damaged(content: bytes, patches: Iterable[tuple[float, bytes]]) -> bytes:
    """Return a file with some of its bytes overwritten."""
    changed = bytearray(content)
    for at, patch in patches:
        begin = int(at * (len(changed) - len(patch)))
        changed[begin : begin + len(patch)] = patch
    return bytes(changed)


def aac_file(pcm: NDArray[np.int16], container: str) -> bytes:
    """Return 16 kHz of mono sound as FFmpeg writes it. container: `ipod` for .m4a, `adts` for .aac."""
    out = io.BytesIO()
    with av.open(out, "w", format=container) as file:
        stream = file.add_stream("aac", rate=16_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(pcm[None], format="s16", layout="mono")
        frame.sample_rate = 16_000
        file.mux([*stream.encode(frame), *stream.encode(None)])
    return out.getvalue()


def picture_file(image: Image.Image, kind: str) -> bytes:
    """Return a picture in one of Pillow's formats, or in HEIF, as phones take photos."""
    pillow_heif.register_heif_opener()
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()

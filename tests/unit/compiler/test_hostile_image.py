"""Untrusted model images: whatever their tables contain, the host shows them or raises a ModelError."""

from __future__ import annotations

import json
import random
from dataclasses import asdict, replace

import pytest
from rich.console import Console
from tinyhost.compiler import ModelImage, compile_tflite
from tinyhost.compiler.checksum import CHECKSUMMED_FROM, image_crc32
from tinyhost.compiler.image_format import ImageHeader
from tinyhost.errors import ModelError
from tinyhost.models.fits import Fit, Limits
from tinyhost.models.summary import summarize
from tinyhost.views.inspect import inspect_view

from tests.unit.compiler.models import picture_classifier

_IMAGE = compile_tflite(picture_classifier(), name="hall", labels=["empty", "person"]).image
_WORDS = (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\x7f", b"\0\0\xc0\x7f", b"\0\0\x80\x7f", b"\0\0\1\0")


def _with_checksum(image: bytes) -> bytes:
    header = replace(ImageHeader.unpack(image), crc32=image_crc32(image))
    return header.pack() + image[ImageHeader.SIZE :]


@pytest.mark.parametrize("seed", range(200))
def test_an_image_with_changed_tables_is_shown_or_refused(seed: int) -> None:
    random_ = random.Random(seed)
    end = ImageHeader.unpack(_IMAGE).constants_offset
    image = bytearray(_IMAGE)
    at = random_.randrange(CHECKSUMMED_FROM // 4, end // 4) * 4
    image[at : at + 4] = random_.choice(_WORDS)
    try:
        model = summarize(_with_checksum(bytes(image)))
    except ModelError:
        return
    Console(quiet=True).print(inspect_view(model, Fit.of(model, Limits.of_firmware(model.task, model.engine)), 100))
    json.dumps(asdict(model), allow_nan=False)


def test_an_image_without_an_arena_is_refused_by_the_engines_loader() -> None:
    header = ImageHeader.unpack(_IMAGE)
    metadata = replace(ModelImage.parse(_IMAGE).metadata, arena_bytes=0)
    start, end = header.metadata_offset, header.metadata_offset + metadata.SIZE
    with pytest.raises(ModelError, match="the engine refuses this model image"):
        ModelImage.parse(_with_checksum(_IMAGE[:start] + metadata.pack() + _IMAGE[end:]))

"""The contract of an importer: it recognizes its format and lists the samples without reading them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.speakers import Part
from tinyhost.datasets.skipped import Skipped
from tinyhost.errors import DatasetError
from tinyhost.motion.recording import MotionRecording
from tinyhost.motion.units import UNSTATED_UNITS, MotionUnits

__all__ = [
    "WAKE_WORD_RULES",
    "Clip",
    "Content",
    "Found",
    "FoundSample",
    "Importer",
    "PassedOver",
    "ReadAs",
    "WakeWordRule",
    "part_in",
    "unreadable",
]

WakeWordRule = Literal["slim", "pyvww", "mlperf"]
WAKE_WORD_RULES: tuple[WakeWordRule, ...] = ("slim", "pyvww", "mlperf")
_PARTS: dict[str, Part] = {"train": "training", "val": "validation", "dev": "validation", "test": "testing"}


@dataclass(frozen=True, kw_only=True)
class Clip:
    """Sound in the boards' format."""

    pcm: NDArray[np.int16]
    """(n,) at 16 kHz"""
    note: str = ""
    """a remark stored with it"""


Content = Clip | NDArray[np.uint8] | MotionRecording
"""sound; a picture, (height, width); motion"""


@dataclass(frozen=True, kw_only=True)
class ReadAs:
    """Options for reading a source."""

    convert: bool = False
    """sound of other rates, channels and sample formats becomes 16 kHz, mono, 16 bit; else it is an error"""
    units: MotionUnits = UNSTATED_UNITS
    """of motion in CSV files"""
    wanted: str = "person"
    """COCO: the object that makes a picture a wanted one"""
    rule: WakeWordRule = "slim"
    """COCO: how large it must be"""


@dataclass(frozen=True, kw_only=True)
class FoundSample:
    """A sample found in a source."""

    what: str
    """the file, below the source"""
    label: str
    read: Callable[[], Content]
    """raises DatasetError, MissingToolError if it cannot"""
    speaker: str = ""
    part: Part | None = None
    """the source's part; None: it has none"""
    attributes: Mapping[str, str] = field(default_factory=dict)
    """further attributes from the source: licence, age, machine"""
    original: Callable[[], bytes] | None = None
    """the file's content, which may say more than the sample; raises DatasetError"""


@dataclass(frozen=True, kw_only=True)
class PassedOver:
    """Samples excluded by the format's own rules."""

    reason: str
    n: int = 1


@dataclass(frozen=True, kw_only=True)
class Found:
    """The samples of a source."""

    samples: list[FoundSample]
    passed_over: Counter[str]
    """number of samples excluded by the format's own rules, by reason"""


@dataclass(frozen=True, kw_only=True)
class Importer:
    """A supported format."""

    name: str
    """as `--format` takes it"""
    what: str
    """in words"""
    recognises: Callable[[Path], bool]
    """whether a source, a file or a folder that is there, seems to be of this format"""
    find: Callable[[Path, ReadAs], Iterator[FoundSample | PassedOver]]
    """yields what is in a source; raises DatasetError if the source as a whole is no data set of this format"""


def unreadable(left_out: Skipped) -> FoundSample:
    """Return a sample that is reported as unusable."""

    def read() -> Content:
        raise DatasetError(left_out.reason)

    return FoundSample(what=left_out.what, label=left_out.what.split("/")[0], read=read)


def part_in(name: str) -> Part | None:
    """Return the part in a name such as `train_large`, `val2014` or `wake_vision_test`; None if there is none."""
    words = name.casefold()
    return next((part for word, part in _PARTS.items() if word in words), None)

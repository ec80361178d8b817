"""One sample of a data set, as its check sees it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.speakers import Part
from tinyhost.datasets.checking.findings import DataIssue, FindingLevel

__all__ = ["CheckedSample", "Fault", "Fingerprint", "content_digest"]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One fault of a sample."""

    issue: DataIssue
    level: FindingLevel
    text: str


@dataclass(frozen=True, kw_only=True)
class Fingerprint:
    """What samples that a person takes for the same have in common."""

    bits: NDArray[np.bool_]
    """(n,): of copies few differ, of two other samples about half"""
    shape: NDArray[np.float32]
    """(d,) of length 1: the product of two is their correlation"""


@dataclass(frozen=True, kw_only=True)
class CheckedSample:
    """A sample that was read and checked."""

    file: str
    """below the set's folder"""
    label: str
    digest: str
    """of its content, whatever the format of its file"""
    faults: tuple[Fault, ...]
    part: Part | None = None
    speaker: str = ""
    subject: str = ""
    """the person that it is of: a pseudonym"""
    session: str = ""
    """what was captured in one go; empty if that is not known"""
    fingerprint: Fingerprint | None = None
    """None: it has nothing that could be compared, such as silence"""
    figures: Mapping[str, float] = field(default_factory=dict)
    """what is compared with another set, by the feature's name"""
    looks: Mapping[str, float] = field(default_factory=dict)
    """by issue, how far a sample is from it, as a multiple of the limit, where the scene may be the cause"""
    seam_row: int | None = None
    """of a picture: where it may be torn, unless other pictures of its set have such edges, too"""
    ends_below: tuple[float, ...] = ()
    """of a clip: how far each of its ends is below its loudest 30 ms, in dB"""
    offset: float = 0.0
    """of a clip: its mean in counts, if it is that of each of its parts"""
    size: tuple[int, int] | None = None
    """of a picture: width, height"""


def content_digest(values: NDArray[Any]) -> str:
    """Return the SHA-256 of shape and values, in hex."""
    head = f"{values.dtype.str} {values.shape} ".encode()
    return hashlib.sha256(head + np.ascontiguousarray(values).tobytes()).hexdigest()

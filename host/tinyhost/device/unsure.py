"""The samples that a board kept because its model was unsure of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.mu_law import from_mu_law
from tinyhost.device.reading import Reader
from tinyhost.device.replies import unpacked, unpacked_list
from tinyhost.device.session import Session
from tinyhost.errors import ProtocolError
from tinyhost.protocol.messages import (
    MAX_SCORES,
    MAX_UNSURE,
    MessageType,
    SampleCoding,
    SensorKind,
    Source,
    UnsureReply,
    UnsureRequest,
    UnsureSample,
)

__all__ = ["KeptSample", "UnsureSamples", "clear_unsure", "parse_unsure", "read_unsure"]

_MAX_RATE_MHZ = 1_000_000_000
_MAX_SCALE = 1000.0


@dataclass(frozen=True, kw_only=True)
class KeptSample:
    """One kept sample and the model's prediction."""

    time_us: int
    """of the board's clock: when the picture was taken, or the window ended"""
    position: int
    """position, as in a prediction"""
    margin: int
    """in units of the setting unsure_margin"""
    score: int
    """score of an app that raises alarms, in Q16; else 0"""
    top: int
    """class with the highest smoothed score"""
    scores: tuple[int, ...]
    """int8 output units, one a class"""
    values: NDArray[np.uint8] | NDArray[np.int16]
    """a picture, (height, width); or (n, n_channels) counts of sound or motion"""


@dataclass(frozen=True, kw_only=True)
class UnsureSamples:
    """The samples that a board kept."""

    n_unsure: int
    """number of samples kept since they were last erased; those not in `samples` were dropped for newer ones"""
    n_room: int
    """maximum number that it keeps; 0 before the first one: not known yet"""
    rate_hz: float
    """of sound and motion"""
    scale: float
    """of one count: of full scale (microphone), g (accelerometer)"""
    samples: tuple[KeptSample, ...]
    """the oldest first"""


def parse_unsure(data: bytes, where: str) -> tuple[UnsureReply, list[UnsureSample]]:
    """Return the samples listed in a board's reply. Raises ProtocolError if it is malformed."""
    reply = unpacked(UnsureReply, data, where)
    entries = unpacked_list(UnsureSample, data[UnsureReply.SIZE :], where)
    if len(entries) != reply.n_kept or reply.n_kept > min(MAX_UNSURE, reply.n_unsure):
        raise _nonsense(where, f"{len(entries)} samples for {reply.n_kept} kept of {reply.n_unsure} unsure")
    if not (0 <= reply.rate_mhz <= _MAX_RATE_MHZ and 0 <= reply.scale <= _MAX_SCALE):  # no comparison with NaN holds
        raise _nonsense(where, f"{reply.rate_mhz / 1000:g} samples a second, with a scale of {reply.scale:g}")
    wrong = next((entry for entry in entries if entry.n_classes > MAX_SCORES or not entry.width * entry.height), None)
    if wrong is not None:
        raise _nonsense(where, f"{wrong.n_classes} scores of a sample of {wrong.width} x {wrong.height}")
    return reply, entries


def read_unsure(session: Session, reader: Reader) -> UnsureSamples:
    """Return the samples that the board keeps; it keeps them until they are erased.

    Raises DeviceError if the firmware is too old, LinkLostError if it restarted meanwhile, ProtocolError.
    """
    where = session.connection.name
    data = session.connection.request(MessageType.UNSURE, UnsureRequest().pack())
    reply, entries = parse_unsure(data, where)
    return UnsureSamples(
        n_unsure=reply.n_unsure,
        n_room=reply.n_room,
        rate_hz=reply.rate_mhz / 1000.0,
        scale=reply.scale,
        samples=tuple(
            KeptSample(
                time_us=entry.time_us,
                position=entry.position,
                margin=entry.margin,
                score=entry.score,
                top=entry.top,
                scores=entry.scores[: entry.n_classes],
                values=_values(reader.read(Source.UNSURE, index=index), entry, reply, session),
            )
            for index, entry in enumerate(entries)
        ),
    )


def clear_unsure(session: Session) -> None:
    """Erase the samples on the board."""
    session.connection.request(MessageType.UNSURE, UnsureRequest(clear=1).pack())


def _values(
    data: bytes, entry: UnsureSample, reply: UnsureReply, session: Session
) -> NDArray[np.uint8] | NDArray[np.int16]:
    is_picture = session.info.sensor == SensorKind.CAMERA
    is_byte = is_picture or reply.coding == SampleCoding.MU_LAW
    n_expected = entry.width * entry.height * (1 if is_byte else 2)
    if len(data) != n_expected:
        raise _nonsense(session.connection.name, f"{len(data)} bytes of a sample of {n_expected}")
    if is_picture:
        return np.frombuffer(data, np.uint8).reshape(entry.height, entry.width)
    samples = from_mu_law(data) if is_byte else np.frombuffer(data, "<i2").astype(np.int16)
    return samples.reshape(entry.height, entry.width)


def _nonsense(where: str, what: str) -> ProtocolError:
    return ProtocolError(
        f"{where}: an impossible list of unsure samples: {what}",
        hint="flash the board with this version of tinyhost: tinyhost flash vww",
    )

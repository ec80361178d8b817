"""Samples of sound or motion sent to an app in place of its sensor's, faster than real time."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyhost.device.replies import unpacked
from tinyhost.device.session import Session
from tinyhost.device.stream_items import parse_prediction
from tinyhost.errors import LinkLostError, ProtocolError, UsageError
from tinyhost.protocol.messages import FeedReply, FeedRequest, MessageType, Prediction

__all__ = ["FedResult", "feed"]

_FEED_S = 120.0
_LEAST_SAMPLES = 16  # that a request must take, after the first ones
_MAX_IDLE_REQUESTS = 64
_PIECE_BYTES = 4092  # of a request's payload, without FeedRequest: whole samples of 1, 2 and 3 channels


@dataclass(frozen=True, kw_only=True, slots=True)
class FedResult:
    """One inference on fed samples; prediction.position is the number of samples up to it."""

    prediction: Prediction
    scores: tuple[int, ...]
    """int8 output units, one a class"""
    smoothed: tuple[int, ...]


def feed(session: Session, samples: Iterable[NDArray[np.int16]], *, rate_hz: float) -> Iterator[FedResult]:
    """Feed pieces of (n,) or (n, n_channels) samples; yield the app's results as they arrive.

    Raises DeviceError if the app takes no samples, has no model, or a stream of its sensor is on; LinkLostError if the
    board restarted meanwhile, which clears the app's state.
    """
    position, restart, n_requests = 0, 1, 0
    restarts = session.restarts
    for piece in samples:
        data, sample_bytes = _sample_data(piece)
        step = _PIECE_BYTES // sample_bytes * sample_bytes
        start = 0
        while start < len(data):
            request = FeedRequest(position=position, rate_mhz=round(rate_hz * 1000), restart=restart)
            reply, results = _feed_some(session, request, data[start : start + step])
            if session.restarts != restarts:
                raise LinkLostError(
                    f"{session.connection.name}: the board restarted after {position} samples",
                    hint="start again: the samples fed so far are lost; tinyhost doctor shows why the board restarted",
                )
            n_taken = reply.position - position
            n_requests += 1
            is_idle = reply.position < _LEAST_SAMPLES * (n_requests - _MAX_IDLE_REQUESTS)
            if not 0 < n_taken <= step // sample_bytes or is_idle:
                raise ProtocolError(
                    f"{session.connection.name}: took {n_taken} of {step // sample_bytes} samples; "
                    f"{reply.position} in {n_requests} requests",
                    hint="reset the board; if that does not help, flash it again: tinyhost flash kws",
                )
            position, restart = reply.position, 0
            start += n_taken * sample_bytes
            yield from results


def _sample_data(piece: NDArray[np.int16]) -> tuple[bytes, int]:
    """Return a piece's bytes and the bytes of one sample."""
    if piece.dtype != np.int16 or piece.ndim not in (1, 2):
        raise UsageError(f"samples must be (n,) or (n, n_channels) int16, got {piece.shape} {piece.dtype}")
    n_channels = piece.shape[1] if piece.ndim == 2 else 1
    return np.ascontiguousarray(piece, "<i2").tobytes(), 2 * n_channels


def _feed_some(session: Session, request: FeedRequest, data: bytes) -> tuple[FeedReply, list[FedResult]]:
    connection = session.connection
    payload = connection.request(MessageType.FEED, request.pack() + data, deadline_s=_FEED_S, slow=True)
    reply = unpacked(FeedReply, payload, connection.name)
    body = payload[FeedReply.SIZE :]
    results = []
    try:
        for _ in range(reply.n_results):
            item, n_bytes = parse_prediction(body)
            results.append(FedResult(prediction=item.prediction, scores=item.scores, smoothed=item.smoothed))
            body = body[n_bytes:]
    except (struct.error, ValueError) as exc:
        raise ProtocolError(
            f"{connection.name}: expected {reply.n_results} results, got {len(results)} whole ones",
            hint="flash the board with this version of tinyhost: tinyhost flash kws",
        ) from exc
    return reply, results

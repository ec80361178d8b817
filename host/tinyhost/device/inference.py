"""Inference on the board: on the host's data, on a camera frame, or operator by operator."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler.image_format import MAX_OPERATORS
from tinyhost.device.connection import InterruptedLinkError
from tinyhost.device.reading import Reader
from tinyhost.device.replies import unpacked, unpacked_list
from tinyhost.device.session import Session
from tinyhost.device.writing import Writer
from tinyhost.errors import DeviceError, LinkLostError, LinkTimeoutError, ProtocolError, TinyhostError, UsageError
from tinyhost.protocol.messages import (
    InferReply,
    InferRequest,
    InferSource,
    MessageType,
    ProfileEntry,
    ProfileReply,
    ProfileRequest,
    Source,
)
from tinyhost.protocol.status import Status

__all__ = ["Inference", "Inferrer", "InputData"]

InputData = bytes | NDArray[np.uint8] | NDArray[np.int16]
"""A tensor's bytes; a (height, width) picture; or an (n, n_channels) or (n,) clip or window."""
T = TypeVar("T")

_INFER_S = 120.0
_MAX_ATTEMPTS = 20
_INSIST_S = 120.0  # no further attempt begins after this time
_MAX_SIDE = 65_535  # of INFER's fields


@dataclass(frozen=True, kw_only=True, slots=True)
class Inference:
    """The result of one run of the model. Ticks are in units of the board's info.tick_unit."""

    output: bytes
    capture_ticks: int
    preprocess_ticks: int
    invoke_ticks: int
    sample_crc32: int
    """CRC of the sample; 0 without one"""
    input_crc32: int
    """CRC of the input tensor"""
    n_operators: int
    arena_bytes: int = 0
    """bytes of the engine's arena that the model takes"""
    score: int = 0
    """score of an app with a single one, in units of its setting `threshold`; else 0"""
    operators: tuple[ProfileEntry, ...] = ()
    """ticks of each operator, if profiled"""


class Inferrer:
    """INFER and PROFILE over one session.

    The written data's checksum is compared with that of the run; it is written again if the board restarted in between.
    """

    def __init__(self, session: Session, reader: Reader, writer: Writer) -> None:
        self._session = session
        self._connection = session.connection
        self._reader = reader
        self._writer = writer

    def write_sample(self, sample: InputData) -> None:
        """Put a (height, width) uint8 picture, or an (n, n_channels) int16 clip or window, into the board's memory."""
        height, width = _sample_shape(sample)
        data = _sample_bytes(sample)
        limit = self._session.info.sample_bytes
        if len(data) > limit:
            raise UsageError(
                f"{self._connection.name}: a sample of {width} x {height} values in {len(data)} B, "
                f"the board takes {limit} B",
                hint="cut it, or scale a picture: tinyhost.boards.scenes.fit_picture(picture, 96, 96)",
            )
        self._writer.write(Source.SAMPLE, data)

    def infer(self, source: InferSource, *, data: InputData | None, seed: int, profile: bool) -> Inference:
        """Run the model once."""
        request = _infer_request(source, data, seed, profile=int(profile))

        def run() -> Inference | None:
            reply, output = self._run(request)
            if not _ran_on(reply, source, data):
                return None
            if len(output) != reply.output_bytes:
                output = self._reader.read(Source.OUTPUT, n_bytes=reply.output_bytes)
            return _inference(reply, output, self._profile(reply.n_operators) if profile else ())

        return self._insist(source, data, run)

    def prepared_input(self, source: InferSource, *, data: InputData | None, seed: int) -> bytes:
        """Return the input tensor as the board fills it from `source`; no operator runs."""
        request = _infer_request(source, data, seed, prepare_only=1)

        def run() -> bytes | None:
            reply, _ = self._run(request)
            if not _ran_on(reply, source, data):
                return None
            tensor = self._reader.read(Source.INPUT)
            return tensor if zlib.crc32(tensor) == reply.input_crc32 else None

        return self._insist(source, data, run)

    def step_operators(self, source: InferSource, *, data: InputData | None, seed: int) -> Iterator[tuple[int, bytes]]:
        """Yield each operator's index and output bytes, run one by one.

        A step whose reply is lost is not sent again: all operators up to it run again from the input.
        """
        n_operators, operator, goes_on = 1, 0, False
        while operator < n_operators:
            step = self._step(operator) if goes_on else None
            if step is None:
                step = self._insist(source, data, self._run_to(source, data, seed, operator))
            n_operators, output = step
            yield operator, output
            operator, goes_on = operator + 1, True

    def _step(self, operator: int) -> tuple[int, bytes] | None:
        """Run one operator on the last one's result; None if that is gone or the reply is lost."""
        request = InferRequest(first_operator=operator, end_operator=operator + 1)
        restarts = self._session.restarts
        try:
            payload = self._connection.try_request(MessageType.INFER, request.pack(), slow=True)
            if payload is None:
                return None
            reply = self._infer_reply(payload)
            output = self._reader.read(Source.OPERATOR, index=operator)
        except InterruptedLinkError:
            return None
        except (DeviceError, LinkLostError) as exc:
            if _is_stale(exc) or self._session.restarts != restarts:
                return None
            raise
        return reply.n_operators, output

    def _run_to(
        self, source: InferSource, data: InputData | None, seed: int, operator: int
    ) -> Callable[[], tuple[int, bytes] | None]:
        """Return a function that runs the model from the input up to and including `operator`."""
        request = _infer_request(source, data, seed, end_operator=operator + 1)

        def run() -> tuple[int, bytes] | None:
            reply, _ = self._run(request)
            if not _ran_on(reply, source, data):
                return None
            return reply.n_operators, self._reader.read(Source.OPERATOR, index=operator)

        return run

    def _insist(self, source: InferSource, data: InputData | None, run: Callable[[], T | None]) -> T:
        """Write `data` and run, repeated until the board lost nothing in between."""
        error: TinyhostError = LinkTimeoutError(
            f"{self._connection.name}: the board did not run on the input that was written, after repeated requests",
            hint="reset the board and check its power",
        )
        deadline = self._connection.deadline(_INSIST_S)
        for _ in range(_MAX_ATTEMPTS):
            if not deadline.left_s:
                break
            restarts = self._session.restarts
            try:
                self._write(data)
                result = run()
            except (DeviceError, LinkLostError) as exc:
                may_retry = source != InferSource.INPUT or data is not None
                if not (may_retry and _is_stale(exc)) and self._session.restarts == restarts:
                    raise
                error = exc
                continue
            if result is not None and self._session.restarts == restarts:
                return result
        raise error

    def _write(self, data: InputData | None) -> None:
        if isinstance(data, np.ndarray):
            self.write_sample(data)
        elif data is not None:
            self._writer.write(Source.INPUT, data)

    def _run(self, request: InferRequest) -> tuple[InferReply, bytes]:
        payload = self._connection.request(MessageType.INFER, request.pack(), deadline_s=_INFER_S, slow=True)
        return self._infer_reply(payload), payload[InferReply.SIZE :]

    def _infer_reply(self, payload: bytes) -> InferReply:
        reply = unpacked(InferReply, payload, self._connection.name)
        if reply.n_operators > MAX_OPERATORS:
            raise ProtocolError(
                f"{self._connection.name}: a model of {reply.n_operators} operators, expected at most {MAX_OPERATORS}",
                hint="flash the board with this version of tinyhost: tinyhost flash vww",
            )
        return reply

    def _profile(self, n_operators: int) -> tuple[ProfileEntry, ...]:
        entries: list[ProfileEntry] = []
        while len(entries) < n_operators:
            payload = self._connection.request(MessageType.PROFILE, ProfileRequest(first=len(entries)).pack())
            body = payload[ProfileReply.SIZE :]
            piece = unpacked_list(ProfileEntry, body, self._connection.name)
            if not piece:
                raise LinkLostError(f"{self._connection.name}: the board returned an empty profile")
            entries += piece
        return tuple(entries[:n_operators])


def _is_stale(exc: DeviceError | LinkLostError) -> bool:
    """Return whether a refusal means that the data of an earlier request is gone."""
    return isinstance(exc, DeviceError) and exc.status == Status.BAD_STATE


def _infer_request(source: InferSource, data: InputData | None, seed: int, **fields: int) -> InferRequest:
    height, width = 0, 0
    if source == InferSource.SAMPLE:
        height, width = _sample_shape(data)
    elif source != InferSource.INPUT and data is not None:
        raise UsageError(f"infer({source.name}) takes no data", hint="use InferSource.INPUT or SAMPLE")
    elif data is not None and not isinstance(data, bytes):
        raise UsageError(f"infer(INPUT) takes bytes, got {type(data).__name__}", hint="pass data=array.tobytes()")
    return InferRequest(source=source, seed=seed, width=width, height=height, **fields)


def _ran_on(reply: InferReply, source: InferSource, data: InputData | None) -> bool:
    """Return whether the board's checksum is that of the written data."""
    if data is None:
        return True
    if source == InferSource.SAMPLE:
        return zlib.crc32(_sample_bytes(data)) == reply.sample_crc32
    return zlib.crc32(bytes(data)) == reply.input_crc32


def _sample_shape(sample: InputData | None) -> tuple[int, int]:
    """Return (height, width) for INFER. Raises UsageError for an array that is no picture, clip or window."""
    if not isinstance(sample, np.ndarray):
        raise UsageError("a sample must be an array: a picture, a clip or a window", hint="pass data=picture")
    is_picture = sample.ndim == 2 and sample.dtype == np.uint8
    is_sampled = sample.ndim in (1, 2) and sample.dtype == np.int16
    if not (is_picture or is_sampled) or max(sample.shape) > _MAX_SIDE:
        raise UsageError(
            f"a sample must be a (height, width) uint8 picture or an (n, n_channels) int16 clip or window, "
            f"up to {_MAX_SIDE} each, got {sample.shape} {sample.dtype}",
            hint="convert a picture to grayscale; cut a clip",
        )
    return sample.shape[0], sample.shape[1] if sample.ndim == 2 else 1


def _sample_bytes(sample: InputData) -> bytes:
    array = np.asarray(sample)
    return np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()


def _inference(reply: InferReply, output: bytes, operators: tuple[ProfileEntry, ...]) -> Inference:
    return Inference(
        output=output,
        capture_ticks=reply.capture_ticks,
        preprocess_ticks=reply.preprocess_ticks,
        invoke_ticks=reply.invoke_ticks,
        sample_crc32=reply.sample_crc32,
        input_crc32=reply.input_crc32,
        n_operators=reply.n_operators,
        arena_bytes=reply.arena_bytes,
        score=reply.score,
        operators=operators,
    )

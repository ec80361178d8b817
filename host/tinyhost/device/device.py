"""A connected board: the facade of sessions, transfers, models, inference, streams and settings."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tinyhost.device.camera import Frame, snapshot
from tinyhost.device.feeding import FedResult, feed
from tinyhost.device.inference import Inference, Inferrer, InputData
from tinyhost.device.measure import LinkMeasurement, measure_link
from tinyhost.device.push import Progress, Pusher, PushResult
from tinyhost.device.reading import Reader
from tinyhost.device.self_test import TestProgress, run_self_test
from tinyhost.device.session import Session
from tinyhost.device.settings import read_settings, set_setting
from tinyhost.device.streams import StreamHub, Subscription
from tinyhost.device.timing import timeout_scale
from tinyhost.device.unsure import UnsureSamples, clear_unsure, read_unsure
from tinyhost.device.writing import Writer
from tinyhost.errors import BoardError
from tinyhost.link.faults import Faults
from tinyhost.protocol.frames import LogText
from tinyhost.protocol.messages import (
    InferSource,
    InfoReply,
    PingReply,
    ResetMode,
    SettingInfo,
    SlotInfo,
    Source,
    StreamId,
)

if TYPE_CHECKING:
    from tinyhost.boards.base import PoweredBoard
    from tinyhost.compiler import EngineName, ModelImage
    from tinyhost.protocol.self_test import Finding

__all__ = ["Device", "LinkStats"]


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkStats:
    """Traffic over the link since the device was opened."""

    frames: int
    bad_frames: int
    log_bytes: int
    bytes_in: int
    bytes_out: int
    retries: int
    """number of requests sent again, in whole or in part"""
    reconnects: int
    restarts: int
    """number of sessions that the board lost, by a restart or a timeout"""
    boots: int
    """number of restarts"""
    device_dropped: int
    """frames that the board dropped because the host did not read them; as of the last ping"""


class Device:
    """A board in session. A context manager; may be used by several threads."""

    def __init__(
        self,
        board: PoweredBoard,
        *,
        faults: Faults | None,
        fault_seed: int,
        log: Callable[[LogText], None] | None,
        greet_s: float | None = None,
        patience: float | None = None,
    ) -> None:
        self.patience = patience or timeout_scale()
        """factor for every deadline"""
        self.now_s = board.board.now_s
        """returns the board's time in s, with an arbitrary origin"""
        self._hub = StreamHub()
        self._session = Session(
            board,
            faults=faults,
            fault_seed=fault_seed,
            on_stream=self._hub.on_frame,
            on_text=log or _ignore,
            on_renewed=lambda: self._hub.renew(self._session.connection, self._session.boots),
            greet_s=greet_s,
            patience=self.patience,
        )
        self._reader = Reader(self._session)
        self._writer = Writer(self._session)
        self._pusher = Pusher(self._session, self._writer)
        self._inferrer = Inferrer(self._session, self._reader, self._writer)

    @classmethod
    def open(
        cls,
        board: PoweredBoard,
        *,
        faults: Faults | None = None,
        fault_seed: int = 0,
        log: Callable[[LogText], None] | None = None,
        greet_s: float | None = None,
        patience: float | None = None,
    ) -> Device:
        """Open the board's link and greet it.

        log: called with each line of text from the board, by the reading thread: it must not wait or raise. greet_s:
        time allowed for the board's reply to HELLO; None: enough for a busy board. patience: factor for every deadline,
        for slow links; None: $TINYHOST_PATIENCE, else 1. Raises PortBusyError, LinkTimeoutError, LinkLostError,
        VersionMismatchError.
        """
        device = cls(board, faults=faults, fault_seed=fault_seed, log=log, greet_s=greet_s, patience=patience)
        device._session.open()
        return device

    def close(self) -> None:
        """Say BYE, stop the threads, release the port."""
        self._session.close()

    def __enter__(self) -> Device:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def name(self) -> str:
        """The name of the board and its port, for messages."""
        return self._session.connection.name

    @property
    def info(self) -> InfoReply:
        """The board's identity and limits."""
        return self._session.info

    @property
    def engine(self) -> EngineName:
        """The engine that the firmware runs model images with."""
        return "tflm" if self.info.engine == "tflm" else "tinyhost"

    @property
    def link_stats(self) -> LinkStats:
        """What went over the link so far."""
        counters = self._session.connection.counters
        return LinkStats(
            frames=counters.frames,
            bad_frames=counters.bad_frames + self._hub.malformed,
            log_bytes=counters.log_bytes,
            bytes_in=counters.bytes_in,
            bytes_out=counters.bytes_out,
            retries=counters.retries,
            reconnects=self._session.reconnects,
            restarts=self._session.restarts,
            boots=self._session.boots,
            device_dropped=self._session.device_dropped,
        )

    def expect_build(self, build_id: str) -> None:
        """Raise BoardError if the board runs another build than the one just flashed; "": it is not known."""
        if build_id and self.info.build_id != build_id:
            raise BoardError(
                f"{self.name}: runs build {self.info.build_id}, but {build_id} was flashed",
                hint="run the command again; for a real board, double-tap reset first",
            )

    def ping(self) -> PingReply:
        """Return the board's clock and link counters."""
        return self._session.ping()

    def reset(self, mode: ResetMode = ResetMode.APP) -> None:
        """Restart the firmware and greet it again; after BOOTLOADER the device can only be closed."""
        self._session.reset(mode)

    # Models

    def models(self) -> list[SlotInfo]:
        """Return the content of each model slot."""
        return self._pusher.slots()

    def active_model(self) -> ModelImage | None:
        """Return the model that runs, read from the board; None if there is none."""
        from tinyhost.compiler import ModelImage

        active = next((info for info in self.models() if info.active), None)
        if active is None:
            return None
        image = self.read(Source.MODEL, n_bytes=active.image_bytes)
        return ModelImage.parse(image, where=f"{self.name}: the active model")

    def push(self, image: bytes, *, force: bool = False, progress: Progress | None = None) -> PushResult:
        """Put a model image into a slot and make it active.

        An interrupted push is resumed, a stored image is not sent again. Only the device checks the image;
        tinyhost.models.push checks it before anything is sent.
        """
        return self._pusher.push(image, force=force, progress=progress)

    def rollback(self) -> SlotInfo:
        """Make the other slot's valid model active; returns that slot."""
        return self._pusher.rollback()

    # Data and inference

    def read(self, source: Source, *, index: int = 0, offset: int = 0, n_bytes: int | None = None) -> bytes:
        """Return `n_bytes` of a source from `offset` on, or all that is left."""
        return self._reader.read(source, index=index, offset=offset, n_bytes=n_bytes)

    def write_sample(self, sample: NDArray[np.uint8] | NDArray[np.int16]) -> None:
        """Put a (height, width) uint8 picture, or an (n, n_channels) int16 clip or window, into the board's memory."""
        self._inferrer.write_sample(sample)

    def infer(
        self,
        source: InferSource = InferSource.INPUT,
        *,
        data: InputData | None = None,
        seed: int = 0,
        profile: bool = False,
    ) -> Inference:
        """Run the active model once.

        data: bytes for INPUT; for SAMPLE a (height, width) uint8 picture, or an (n, n_channels) int16 clip or window.
        Without data, INPUT runs on the tensor's present content.
        """
        return self._inferrer.infer(source, data=data, seed=seed, profile=profile)

    def prepared_input(self, source: InferSource, *, data: InputData | None = None, seed: int = 0) -> bytes:
        """Return the input tensor as the board fills it from `source`; no operator runs."""
        return self._inferrer.prepared_input(source, data=data, seed=seed)

    def step_operators(
        self, source: InferSource = InferSource.INPUT, *, data: InputData | None = None, seed: int = 0
    ) -> Iterator[tuple[int, bytes]]:
        """Run operator by operator; yield each one's index and output bytes."""
        return self._inferrer.step_operators(source, data=data, seed=seed)

    def feed(self, samples: Iterable[NDArray[np.int16]], *, rate_hz: float) -> Iterator[FedResult]:
        """Feed samples to the app in place of its sensor's, as fast as it takes them; yield its results.

        samples: pieces of (n,) or (n, n_channels). The app starts from a cleared state. Times are in samples.
        """
        return feed(self._session, samples, rate_hz=rate_hz)

    def snapshot(self) -> Frame:
        """Capture one camera frame."""
        return snapshot(self._session, self._reader)

    def unsure(self) -> UnsureSamples:
        """Return the samples that the board keeps because its model was unsure of them; they stay there."""
        return read_unsure(self._session, self._reader)

    def clear_unsure(self) -> None:
        """Erase the kept samples on the board."""
        clear_unsure(self._session)

    def self_test(self, progress: TestProgress = lambda done, total: None) -> Iterator[Finding]:
        """Run the board's self-test of its sensor; yield the result of each part as it arrives. No stream may be on.

        Raises DeviceError if the firmware has none, or a stream is on.
        """
        return run_self_test(self._session.connection, self._session.info, progress)

    # Streams, settings, link

    @contextlib.contextmanager
    def stream(self, *streams: StreamId, period_ms: int = 0) -> Iterator[Subscription]:
        """Switch streams on for the duration of the block; yields an iterator over their items.

        period_ms: least time between two items of a stream; 0: as fast as they come.
        """
        subscription = Subscription(self._session.connection, streams, period_ms)
        try:
            self._hub.add(subscription, self._session.connection)
            yield subscription
        finally:
            self._hub.remove(subscription, self._session.connection)

    def settings(self) -> dict[str, SettingInfo]:
        """Return all settings with their values and bounds."""
        return read_settings(self._session.connection)

    def set_setting(self, name: str, value: int, *, persist: bool = False) -> SettingInfo:
        """Change a setting; persist: keep it through power loss."""
        return set_setting(self._session.connection, name, value, persist=persist)

    def measure_link(self, n_bytes: int = 262_144) -> LinkMeasurement:
        """Measure the link's speed each way."""
        return measure_link(self._session, self._reader, n_bytes)


def _ignore(text: LogText) -> None:
    pass

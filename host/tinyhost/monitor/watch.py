"""Feeds the monitor from a device, and resumes when a lost device returns."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING

from tinyhost.compiler.cascade import cascade_of
from tinyhost.device import Device, FeaturesItem, FrameItem, PredictionItem, SamplesItem, StreamItem, Subscription
from tinyhost.device.boots import cause_of_start
from tinyhost.errors import BoardError, LinkError
from tinyhost.models.sampling import SensorSampling, misfit_of, sampling_of
from tinyhost.monitor.state import MonitorState
from tinyhost.monitor.unsure import SensorItem
from tinyhost.protocol.frames import LogText
from tinyhost.protocol.messages import AlarmState, LogLevel, StreamId
from tinyhost.protocol.status import Status
from tinyhost.sensors.sensor import sensor_of_code
from tinyhost.system.wording import counted
from tinyhost.tasks.live import LinkCounts, LiveHeader, Reading, SeenObject, Stride
from tinyhost.tasks.on_device import live_form, retrain_hint
from tinyhost.tasks.registry import task_of_app

if TYPE_CHECKING:
    from tinyhost.boards.base import PoweredBoard
    from tinyhost.device import LinkStats

__all__ = ["Watcher", "header_of", "reading_of"]

_TICK_S = 0.2
_SILENT_S = 2.5
_RETRY_S = 0.5
_CAMERA_PERIOD_MS = 150


def header_of(device: Device, board: PoweredBoard, scene: str) -> LiveHeader:
    """Return the header of the live view, read from the device."""
    info, model = device.info, device.active_model()
    settings = device.settings()
    task = task_of_app(info.app)
    form = live_form(info, settings, model.output if model else None)
    threshold = settings.get("threshold")
    given = SensorSampling.of_info(info)
    sampling = sampling_of(model) if model else None
    misfit = misfit_of(sampling, given)
    scale, zero_point = (model.output.scale, model.output.zero_point) if model else (1.0, 0)
    return LiveHeader(
        board=board.board.name,
        is_virtual=board.board.is_virtual,
        app=info.app,
        engine=info.engine,
        firmware=f"firmware {info.firmware_version} ({info.build_id})",
        model=model.name if model else "no model",
        model_note=f"arena {model.metadata.arena_bytes / 1024:.1f} KiB, flash {len(model.data) / 1024:.1f} KiB"
        if model
        else "",
        labels=model.labels if model else (),
        model_sha256=hashlib.sha256(model.data).hexdigest() if model else "",
        tick_unit=info.tick_unit,
        tick_hz=info.tick_hz,
        scale=scale,
        zero_point=zero_point,
        threshold=form.real_threshold(threshold.value, scale, zero_point) if model and threshold else None,
        form=form,
        sensor=sensor_of_code(info.sensor),
        rate_hz=given.rate_hz if given else 0.0,
        window_samples=task.window_samples(model.data, given.rate_hz if given else 0.0) if task and model else 0,
        n_coefficients=sampling.n_coefficients if sampling else 0,
        scene=scene,
        is_cascade=model is not None and cascade_of(model) is not None,
        misfit=misfit,
        misfit_hint=retrain_hint(given) if misfit else "",
    )


def reading_of(item: PredictionItem, header: LiveHeader, scene_item: str = "") -> Reading:
    """Return a prediction with its scores as real values. scene_item: the scene's item before the sensor."""
    prediction = item.prediction

    def real(values: tuple[int, ...]) -> tuple[float, ...]:
        return tuple((value - header.zero_point) * header.scale for value in values)

    return Reading(
        index=item.index,
        timestamp_us=item.timestamp_us,
        status=_name(Status, prediction.status, "status"),
        output=item.scores,
        scores=real(item.scores),
        smoothed=real(item.smoothed),
        top=prediction.top,
        detected=bool(prediction.detected),
        capture_ticks=prediction.capture_ticks,
        preprocess_ticks=prediction.preprocess_ticks,
        invoke_ticks=prediction.invoke_ticks,
        position=prediction.position,
        scene_item=scene_item,
        score=prediction.score,
        baseline=prediction.baseline,
        alarm=_name(AlarmState, prediction.alarm, "alarm state"),
        objects=tuple(
            SeenObject(label=each.label, score=score, x=each.x, y=each.y, width=each.width, height=each.height)
            for each, score in zip(item.objects, real(tuple(each.score for each in item.objects)), strict=True)
        ),
        n_left_out=prediction.n_left_out,
        asleep=bool(prediction.asleep),
        device_dropped=item.device_dropped,
        link_lost=item.link_lost,
        host_dropped=item.host_dropped,
    )


def _name(kind: type[AlarmState] | type[Status], value: int, word: str) -> str:
    """Return the name of a value, or its number if only newer firmware knows it."""
    try:
        return kind(value).name.lower()
    except ValueError:
        return f"{word} {value}"


class Watcher:
    """Runs a device's streams into a MonitorState until it is told to stop."""

    def __init__(
        self,
        board: PoweredBoard,
        state: MonitorState,
        *,
        preview: bool,
        scene: str = "",
        patience_s: float | None = None,
        on_reading: Callable[[Reading, LiveHeader], None] = lambda reading, header: None,
        on_sample: Callable[[SensorItem], None] | None = None,
        on_wait: Callable[[str], None] = lambda why: None,
        on_restart: Callable[[str], None] = lambda what: None,
    ) -> None:
        """Watch a powered board, which is not connected yet.

        preview: show the sensor's data, too. patience_s: how long to wait for predictions, also of a board that went
        away; None: for ever. on_sample: called with each picture, or each piece of samples. on_wait: called once with
        the reason for waiting. on_restart: called with the changes of a board that restarted.
        """
        self.stop = threading.Event()
        self._board = board
        self._state = state
        self._preview = preview
        self._scene = scene
        self._patience_s = patience_s
        self._on_reading = on_reading
        self._on_sample = on_sample
        self._on_wait = on_wait
        self._on_restart = on_restart
        self._is_watching = False
        self._alive_s = 0.0
        """time when the last prediction arrived, or watching began"""

    def run(self) -> None:
        """Watch until `stop` is set; raises if the board cannot be watched at first, or predicts nothing for long."""
        self._alive_s = time.monotonic()
        while not self.stop.is_set():
            try:
                with Device.open(self._board, log=self._log) as device:
                    self._watch(device)
            except (LinkError, BoardError) as error:
                if not self._is_watching or self._is_silent_too_long():
                    raise
                if not self._state.is_waiting:
                    self._on_wait(error.message)
                self._state.wait_for(f"waiting for {self._board.board.name}", error.message)
                self.stop.wait(_RETRY_S)

    def _is_silent_too_long(self) -> bool:
        return self._patience_s is not None and time.monotonic() - self._alive_s > self._patience_s

    def _watch(self, device: Device) -> None:
        header = header_of(device, self._board, self._scene)
        self._state.connected(header)
        before = device.link_stats
        with ExitStack() as streams:
            predictions = streams.enter_context(device.stream(StreamId.PREDICTIONS))
            sensor_data = None
            if wanted := self._sensor_streams(header):
                sensor_data = streams.enter_context(device.stream(*wanted, period_ms=_CAMERA_PERIOD_MS))
            self._is_watching = True
            while not self.stop.is_set():
                item = predictions.get(_TICK_S)
                stats = device.link_stats
                self._state.count_link(_counts(stats))
                if stats.restarts != before.restarts:
                    header = self._taken_up_again(device, header, stats, is_new_start=stats.boots != before.boots)
                    before = stats
                if item is None:
                    self._note_silence(predictions)
                    continue
                self._alive_s = time.monotonic()
                if self._state.is_waiting:
                    header = header_of(device, self._board, self._scene)
                    self._state.connected(header)
                self._take(item, header)
                self._take_sensor_data(sensor_data)

    def _sensor_streams(self, header: LiveHeader) -> set[StreamId]:
        own = StreamId.CAMERA if header.form.sees == "picture" else StreamId.SAMPLES
        return ({header.form.stream} if self._preview else set()) | ({own} if self._on_sample else set())

    def _taken_up_again(
        self, device: Device, before: LiveHeader, stats: LinkStats, *, is_new_start: bool
    ) -> LiveHeader:
        """Return the header after a lost session; report the restart or timeout and what has changed."""
        header = header_of(device, self._board, self._scene)
        n, cause = stats.boots if is_new_start else stats.restarts - stats.boots, cause_of_start(device.info)
        what = " ".join(filter(None, ("restarted", cause))) if is_new_start else "ended the session"
        news = f"{header.board} {what} ({counted(n, 'time')} so far)"
        if (header.app, header.firmware) != (before.app, before.firmware):
            news += f"; it runs {header.app} {header.firmware} now"
        if header.model != before.model:
            news += f"; its model is {header.model} now"
        self._state.connected(header)
        self._state.add_log("warning", news)
        self._on_restart(news)
        return header

    def _note_silence(self, predictions: Subscription) -> None:
        """Show the time without predictions; raises LinkTimeoutError when it is too long."""
        silent_s = time.monotonic() - self._alive_s
        if self._is_silent_too_long():
            raise predictions.silence(silent_s)
        if silent_s > _SILENT_S:
            self._state.wait_for(f"waiting for {self._board.board.name}: silent for {silent_s:.0f} s")

    def _take(self, item: StreamItem, header: LiveHeader) -> None:
        if isinstance(item, PredictionItem):
            # For sound and motion: the scene plays on, and what was classified is long past by now.
            seen = self._board.scene_item(item.prediction.position) if header.form.sees == "picture" else ""
            reading = reading_of(item, header, seen)
            self._state.add_reading(reading)
            self._on_reading(reading, header)

    def _take_sensor_data(self, items: Subscription | None) -> None:
        """Show the received data: the newest camera frame, every stride of sound or motion."""
        newest = None
        while items is not None and (item := items.get(0)) is not None:
            if isinstance(item, FeaturesItem):
                stride = Stride(features=item.features, peak=item.peak, rms=item.rms, position=item.position)
                self._state.add_stride(stride, self._board.scene_name)
            if self._on_sample is not None and isinstance(item, FrameItem | SamplesItem):
                self._on_sample(item)
            newest = item
        if isinstance(newest, FrameItem):
            self._state.add_frame(newest.pixels, self._board.scene_name)

    def _log(self, line: LogText) -> None:
        level = LogLevel(line.level).name.lower() if line.level is not None else "text"
        self._state.add_log(level, line.text)


def _counts(stats: LinkStats) -> LinkCounts:
    return LinkCounts(
        bytes_in=stats.bytes_in,
        bytes_out=stats.bytes_out,
        bad_frames=stats.bad_frames,
        retries=stats.retries,
        reconnects=stats.reconnects,
    )

"""Predictions as lines: JSON for programs, plain text for logs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Literal

from tinyhost.system.documents import to_json
from tinyhost.system.wording import counted
from tinyhost.tasks.live import LiveDrift, LiveHeader, Reading
from tinyhost.views.bars import format_ticks
from tinyhost.views.objects import object_counts

__all__ = ["PredictionDocument", "json_line", "plain_line", "prediction_document"]


@dataclass(frozen=True, kw_only=True)
class TicksDocument:
    """The board's processing time, by stage."""

    unit: str
    """the unit of ticks"""
    capture: int
    preprocess: int
    invoke: int


@dataclass(frozen=True, kw_only=True)
class LossesDocument:
    """Predictions lost since the stream began, by the place of the loss."""

    device: int
    """discarded by the board because the host did not read fast enough"""
    link: int
    """lost or damaged in transit"""
    host: int
    """received, but discarded because the host was too slow"""


@dataclass(frozen=True, kw_only=True)
class ObjectDocument:
    """One object in a heat map, in pixels of the camera frame."""

    label: str
    score: float
    """real value of the object's best cell"""
    x: int
    """the centroid's distance from the left"""
    y: int
    """the centroid's distance from the top"""
    width: int
    """size of the box around its cells"""
    height: int


@dataclass(frozen=True, kw_only=True)
class PredictionDocument:
    """`tinyhost monitor --json -` writes one document a line, for each prediction as it arrives.

    `--json FILE` does so beside the screen.
    """

    schema: Literal["tinyhost.prediction/1"] = "tinyhost.prediction/1"
    time: str
    """when the host received it"""
    board: str
    """the name for `--board`"""
    model: str
    """its name"""
    index: int
    """index of the prediction on the board; `dropped` explains gaps"""
    timestamp_us: int
    """time on the board's clock"""
    frame_index: int | None
    """the index of the camera frame; null unless the sensor is a camera"""
    position: int | None
    """for sound and motion, samples from the sensor's start to the end of the window; null for a camera"""
    scene_item: str | None
    """the scene's picture that the camera saw; null if unknown, and for sound and motion"""
    score: float | None
    """null unless the app raises alarms"""
    baseline: float | None
    """slow moving average of the scores"""
    alarm: str | None
    """`normal`, `suspect` (too few high scores so far), `alarm`, `clearing` (still an alarm)"""
    status: str
    """`ok`, or why no inference ran"""
    label: str | None
    """class with the highest smoothed score; null when no inference ran"""
    awake: bool | None
    """of a cascade, whether the second network ran; if not, every score is 0. Null for a model of one network"""
    detected: bool
    """whether its smoothed score reaches the threshold"""
    output: tuple[int, ...]
    """the model's int8 output, in the order of the labels: `scores` = (`output` - zero point) * scale; empty when no
    inference ran"""
    scores: Mapping[str, float]
    """real output values, by label; for a heat map, each class's best cell"""
    smoothed: Mapping[str, float]
    """the same, smoothed over time on the board; not smoothed for a heat map"""
    objects: tuple[ObjectDocument, ...] | None
    """the objects in a heat map, the highest score first; null for other models"""
    n_left_out: int | None
    """cells that reach the threshold but are in no object, because there were too many"""
    ticks: TicksDocument
    dropped: LossesDocument
    drift: LiveDrift | None
    """null without `--against`"""


def prediction_document(reading: Reading, header: LiveHeader, drift: LiveDrift | None = None) -> PredictionDocument:
    """Return the JSON document of one prediction."""
    labels = [header.label(index) for index in range(len(reading.scores))]
    is_picture, is_alarm = header.form.sees == "picture", header.form.result == "alarm"
    finds_objects = header.form.result == "objects"
    return PredictionDocument(
        time=datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
        board=header.board,
        model=header.model,
        index=reading.index,
        timestamp_us=reading.timestamp_us,
        frame_index=reading.position if is_picture else None,
        position=None if is_picture else reading.position,
        scene_item=reading.scene_item or None,
        score=header.real_score(reading.score) if is_alarm else None,
        baseline=header.real_score(reading.baseline) if is_alarm else None,
        alarm=reading.alarm if is_alarm else None,
        status=reading.status,
        label=header.label(reading.top) if reading.scores else None,
        awake=not reading.asleep if header.is_cascade and reading.status == "ok" else None,
        detected=reading.detected,
        output=reading.output,
        scores=dict(zip(labels, reading.scores, strict=True)),
        smoothed=dict(zip(labels, reading.smoothed, strict=True)),
        objects=_objects(reading, header) if finds_objects else None,
        n_left_out=reading.n_left_out if finds_objects else None,
        ticks=TicksDocument(
            unit=header.tick_unit,
            capture=reading.capture_ticks,
            preprocess=reading.preprocess_ticks,
            invoke=reading.invoke_ticks,
        ),
        dropped=LossesDocument(device=reading.device_dropped, link=reading.link_lost, host=reading.host_dropped),
        drift=drift,
    )


def _objects(reading: Reading, header: LiveHeader) -> tuple[ObjectDocument, ...]:
    return tuple(
        ObjectDocument(
            label=header.label(each.label), score=each.score, x=each.x, y=each.y, width=each.width, height=each.height
        )
        for each in reading.objects
    )


def json_line(reading: Reading, header: LiveHeader, drift: LiveDrift | None = None) -> str:
    """Return one prediction as one line of JSON, newline included."""
    return json.dumps(to_json(prediction_document(reading, header, drift)), ensure_ascii=False) + "\n"


def plain_line(reading: Reading, header: LiveHeader) -> str:
    """Return one prediction as a line for people."""
    when = f"{reading.timestamp_us / 1e6:9.3f} s"
    seen = f"  {reading.scene_item}" if reading.scene_item else ""
    if reading.status != "ok":
        return f"{when}  no inference: {reading.status}{seen}"
    if header.form.result == "alarm":
        threshold = f" of {header.threshold:.3f}" if header.threshold is not None else ""
        return f"{when}  score {header.real_score(reading.score):.3f}{threshold}  {reading.alarm}{seen}"
    is_list = header.form.result != "objects"
    scores = "  ".join(f"{header.label(index)} {score:.2f}" for index, score in enumerate(reading.smoothed))
    objects = "  ".join(f"{header.label(each.label)} {each.score:.2f} at {each.x},{each.y}" for each in reading.objects)
    invoke = format_ticks(reading.invoke_ticks, header.tick_unit, header.tick_hz)
    unit = "" if header.tick_hz else f" {header.tick_unit}"
    verdict = f"detected {header.label(reading.top)}" if reading.detected else "asleep" if reading.asleep else "-"
    if not is_list:
        left_out = f", {counted(reading.n_left_out, 'cell')} left out" if reading.n_left_out else ""
        verdict = f"{object_counts(reading, header)}{left_out}"
    return f"{when}  {scores if is_list else objects or 'nothing'}  invoke {invoke}{unit}  {verdict}{seen}"

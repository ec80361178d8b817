"""Predictions as lines: JSON for programs, plain text for logs. docs/reference/json.md describes the JSON."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

from tinyhost.tasks.live import MonitorHeader, Reading
from tinyhost.views.bars import format_ticks

__all__ = ["json_line", "plain_line", "prediction_document"]


def prediction_document(reading: Reading, header: MonitorHeader) -> dict[str, Any]:
    """Return one prediction as the document of docs/reference/json.md."""
    labels = [label_of(header, index) for index in range(len(reading.scores))]
    return {
        "schema": "tinyhost.prediction/1",
        "time": datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
        "board": header.board,
        "model": header.model,
        "index": reading.index,
        "timestamp_us": reading.timestamp_us,
        "frame_index": None if header.listens else reading.position,
        "position": reading.position if header.listens else None,
        "score": header.real_score(reading.score) if header.raises_alarms else None,
        "baseline": header.real_score(reading.baseline) if header.raises_alarms else None,
        "alarm": reading.alarm if header.raises_alarms else None,
        "status": reading.status,
        "label": label_of(header, reading.top) if reading.scores else None,
        "detected": reading.detected,
        "output": list(reading.output),
        "scores": dict(zip(labels, reading.scores, strict=True)),
        "smoothed": dict(zip(labels, reading.smoothed, strict=True)),
        "ticks": {
            "unit": header.tick_unit,
            "capture": reading.capture_ticks,
            "preprocess": reading.preprocess_ticks,
            "invoke": reading.invoke_ticks,
        },
        "dropped": {"device": reading.device_dropped, "link": reading.link_lost, "host": reading.host_dropped},
    }


def json_line(reading: Reading, header: MonitorHeader) -> str:
    """Return one prediction as one line of JSON, newline included."""
    return json.dumps(prediction_document(reading, header), ensure_ascii=False) + "\n"


def plain_line(reading: Reading, header: MonitorHeader) -> str:
    """Return one prediction as a line for people."""
    when = f"{reading.timestamp_us / 1e6:9.3f} s"
    if reading.status != "ok":
        return f"{when}  no inference: {reading.status}"
    if header.raises_alarms:
        threshold = f" of {header.threshold:.3f}" if header.threshold is not None else ""
        return f"{when}  score {header.real_score(reading.score):.3f}{threshold}  {reading.alarm}"
    scores = "  ".join(f"{label_of(header, index)} {score:.2f}" for index, score in enumerate(reading.smoothed))
    invoke = format_ticks(reading.invoke_ticks, header.tick_unit, header.tick_hz)
    unit = "" if header.tick_hz else f" {header.tick_unit}"
    verdict = f"detected {label_of(header, reading.top)}" if reading.detected else "-"
    return f"{when}  {scores}  invoke {invoke}{unit}  {verdict}"


def label_of(header: MonitorHeader, index: int) -> str:
    """Return the label of a class, or its number."""
    return header.labels[index] if index < len(header.labels) else f"class {index}"

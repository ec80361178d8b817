"""The report of a benchmark."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np

from tinyhost.bench.result import TICK_REMARKS, Accuracy, BenchResult, Latency, SampleResult
from tinyhost.bench.streaming import Streaming
from tinyhost.datasets import read_picture
from tinyhost.report.charts import arena_figure, latency_figure, operator_series
from tinyhost.report.figures import figure_svg
from tinyhost.report.keywords import curve_figure, timeline_figure
from tinyhost.report.render import matrix_rows, picture_uri, render, short

__all__ = ["bench_report"]

_MAX_WRONG, _MAX_RIGHT = 18, 12
_AGAINST = {"host": "the engine on this computer", "tflm": "TensorFlow Lite Micro", "litert": "LiteRT"}
_ENGINES = {
    "tinyhost": "tinyhost's engine",
    "tflm": "TensorFlow Lite Micro",
    "portable": "the same engine without its fast kernels",
}
_AGAINST_SHORT = {"host": "the host", "tflm": "TFLM", "litert": "LiteRT"}


def bench_report(result: BenchResult) -> str:
    """Return the HTML of a benchmark's report."""
    device, latency, accuracy, agreement = result.device, result.latency, result.accuracy, result.agreement
    return render(
        "bench.html",
        title=f"{result.model.name} on {device.board}",
        subtitle=f"app {device.app} on {device.name}, engine {device.engine}, {_when(result.time)}",
        device=device,
        model=result.model,
        latency=latency,
        latency_remark=_sentence(TICK_REMARKS.get(latency.unit, latency.unit)),
        inference=_inference(latency),
        what_goes="time goes" if latency.unit == "ns" else f"{latency.unit} go",
        spread_remark=_spread_remark(latency),
        latency_figure=figure_svg(latency_figure(latency), alt="Share of each operator in an inference"),
        keys=_keys(latency),
        stages=(("capture", latency.capture), ("preprocess", latency.preprocess), ("invoke", latency.invoke)),
        arena_figure=figure_svg(
            arena_figure(result.model, device.arena_bytes), alt="Tensors in the arena over the operators"
        ),
        engines=_engines(result),
        agreement=agreement,
        against_short=_AGAINST_SHORT[agreement.against] if agreement else "",
        against_text=_AGAINST[agreement.against] if agreement else "",
        other=result.other,
        names=_ENGINES,
        accuracy=accuracy,
        streaming=result.streaming,
        timeline_figure=_timeline(result.streaming),
        motion=result.motion,
        motion_stream=result.motion_stream,
        link=result.link,
        host=result.host,
        time=result.time,
        **_accuracy_context(accuracy),
    )


def _engines(result: BenchResult) -> list[dict[str, Any]]:
    """Return what the model costs with each engine, the dearer one's bar full; nothing if only one was measured."""
    other = result.other
    if other is None:
        return []
    unit = result.latency.unit
    figures = (
        (f"Inference, {unit}", result.latency.invoke.median, other.latency.invoke.median),
        ("Arena, B", result.model.arena_bytes, other.model.arena_bytes),
        ("Model image, B", result.model.flash_bytes, other.model.flash_bytes),
        ("Program, B", other.own_program_bytes, other.program_bytes),
    )
    return [
        {"name": name, "own": own, "other": compared, "most": max(own, compared, 1), "times": compared / max(own, 1)}
        for name, own, compared in figures
    ]


def _timeline(streaming: Streaming | None) -> str:
    if streaming is None:
        return ""
    return figure_svg(timeline_figure(streaming), alt="What was said and heard over time")


def _when(time: str) -> str:
    return datetime.fromisoformat(time).strftime("%-d %B %Y, %H:%M %Z")


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] if not text.startswith("ns") else f"Unit: {text}"


def _inference(latency: Latency) -> tuple[str, str]:
    """Return the median and its unit, large: nanoseconds as milliseconds."""
    if latency.unit == "ns":
        return f"{latency.invoke.median / 1e6:.2f}", "ms of this computer"
    return short(latency.invoke.median), latency.unit


def _spread_remark(latency: Latency) -> str:
    """Return the spread, and the median as a time where a tick of the board is one."""
    invoke = latency.invoke
    if latency.unit == "ns":
        return f"{invoke.min / 1e6:.2f} to {invoke.max / 1e6:.2f} ms; not a device's figure"
    spread = "the same in every run" if invoke.min == invoke.max else f"from {invoke.min:,} to {invoke.max:,}"
    return f"{1e3 * invoke.median / latency.tick_hz:.2f} ms; {spread}" if latency.tick_hz else spread


def _keys(latency: Latency) -> list[dict[str, Any]]:
    series = operator_series([item.name for item in latency.per_operator])
    shares = {name: sum(item.share for item in latency.per_operator if item.name == name) for name in series}
    return [
        {"name": name, "series": index, "share": shares[name]}
        for name, index in sorted(series.items(), key=lambda item: -shares[item[0]])
    ]


def _accuracy_context(accuracy: Accuracy | None) -> dict[str, Any]:
    if accuracy is None:
        return {"matrix": [], "per_class": {}, "wrong": [], "right": [], "n_wrong": 0, "curve_figure": ""}
    wrong = sorted((item for item in accuracy.samples if not item.right), key=_margin, reverse=True)
    right = [item for item in accuracy.samples if item.right]
    shown = _clip if accuracy.kind == "clips" else _picture
    return {
        "matrix": matrix_rows(accuracy.labels, accuracy.confusion),
        "per_class": accuracy.per_class(),
        "n_wrong": len(wrong),
        "curve_figure": _curve(accuracy),
        "wrong": [shown(item, accuracy.labels) for item in wrong[:_MAX_WRONG]],
        "right": [shown(item, accuracy.labels) for item in _spread(right, _MAX_RIGHT)],
    }


def _margin(item: SampleResult) -> float:
    """Return how far the highest score is above the second highest."""
    scores = sorted(item.scores)
    return scores[-1] - scores[-2] if len(scores) > 1 else scores[-1]


def _spread(items: Sequence[SampleResult], n: int) -> list[SampleResult]:
    """Return at most `n` items, evenly chosen."""
    if len(items) <= n:
        return list(items)
    return [items[int(index)] for index in np.linspace(0, len(items) - 1, n)]


def _curve(accuracy: Accuracy) -> str:
    if accuracy.keywords is None:
        return ""
    figure = curve_figure({"on the board": accuracy.keywords.curve}, accuracy.keywords.point)
    return figure_svg(figure, alt="Misses against false accepts")


def _picture(item: SampleResult, labels: Sequence[str]) -> dict[str, Any]:
    return {"uri": picture_uri(read_picture(item.path)), **_clip(item, labels)}


def _clip(item: SampleResult, labels: Sequence[str]) -> dict[str, Any]:
    return {
        "label": item.label,
        "predicted": item.predicted,
        "scores": [
            {"label": label, "value": score, "width": round(100 * min(1.0, max(0.0, score)), 1)}
            for label, score in zip(labels, item.scores, strict=True)
        ],
        "name": f"{item.path.parent.name}/{item.path.name}",
    }

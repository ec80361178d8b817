"""The report of a benchmark."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tinyhost.bench.energy.measure import energy_words
from tinyhost.bench.result import TICK_REMARKS, BenchResult, Latency
from tinyhost.report.charts import arena_figure, latency_figure, operator_series
from tinyhost.report.figures import figure_svg
from tinyhost.report.findings import section_context
from tinyhost.report.render import render, short

__all__ = ["bench_report"]

_AGAINST = {"host": "the engine on this computer", "tflm": "TensorFlow Lite Micro", "litert": "LiteRT"}
_ENGINES = {
    "tinyhost": "tinyhost's engine",
    "tflm": "TensorFlow Lite Micro",
    "portable": "the same engine without its fast kernels",
}
_AGAINST_SHORT = {"host": "the host", "tflm": "TFLM", "litert": "LiteRT"}


def bench_report(result: BenchResult) -> str:
    """Return the HTML of a benchmark's report."""
    device, latency, agreement = result.device, result.latency, result.agreement
    sections = [section_context(finding.section()) for finding in result.findings]
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
        sections=sections,
        interactive=any(part["kind"] == "what_if" for item in sections for part in item["parts"]),
        link=result.link,
        energy=result.energy,
        energy_words=energy_words(result.energy) if result.energy else "",
        host=result.host,
        time=result.time,
    )


def _engines(result: BenchResult) -> list[dict[str, Any]]:
    """Return the cost with each engine, relative to the slowest one; empty if only one was measured."""
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


def _when(time: str) -> str:
    return datetime.fromisoformat(time).strftime("%-d %B %Y, %H:%M %Z")


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] if not text.startswith("ns") else f"Unit: {text}"


def _inference(latency: Latency) -> tuple[str, str]:
    """Return the median and its unit for a large figure: nanoseconds as milliseconds."""
    if latency.unit == "ns":
        return f"{latency.invoke.median / 1e6:.2f}", "ms on this computer"
    return short(latency.invoke.median), latency.unit


def _spread_remark(latency: Latency) -> str:
    """Return the spread, and the median as a time if the board's tick has a known duration."""
    invoke = latency.invoke
    if latency.unit == "ns":
        return f"{invoke.min / 1e6:.2f} to {invoke.max / 1e6:.2f} ms; not on a device"
    spread = "the same in every run" if invoke.min == invoke.max else f"from {invoke.min:,} to {invoke.max:,}"
    if not latency.tick_hz:
        return spread
    guess = "an estimated " if latency.unit.startswith("estimated") else ""
    return f"{guess}{1e3 * invoke.median / latency.tick_hz:.2f} ms; {spread}"


def _keys(latency: Latency) -> list[dict[str, Any]]:
    series = operator_series([item.name for item in latency.per_operator])
    shares = {name: sum(item.share for item in latency.per_operator if item.name == name) for name in series}
    return [
        {"name": name, "series": index, "share": shares[name]}
        for name, index in sorted(series.items(), key=lambda item: -shares[item[0]])
    ]

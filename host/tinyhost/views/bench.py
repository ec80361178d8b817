"""A benchmark's result: tables in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group, JustifyMethod, RenderableType
from rich.table import Table
from rich.text import Text

from tinyhost.bench.energy.measure import energy_words
from tinyhost.bench.estimate import estimate_latency
from tinyhost.bench.operator_costs import total_by_operator
from tinyhost.bench.result import TICK_REMARKS
from tinyhost.models.summary import macs_text
from tinyhost.system.wording import counted
from tinyhost.views.engines import engines_view
from tinyhost.views.findings import section_view
from tinyhost.views.gate import gate_view

if TYPE_CHECKING:
    from tinyhost.bench.energy.measure import Energy
    from tinyhost.bench.result import BenchResult, Latency
    from tinyhost.device import LinkMeasurement
    from tinyhost.device.pool import PoolShare

__all__ = ["bench_view"]

_FIGURE_COLUMNS = 78


def bench_view(result: BenchResult, columns: int) -> RenderableType:
    """Return the tables of a benchmark, for a terminal of `columns`."""
    model, device = result.model, result.device
    parts: list[RenderableType] = [
        Text.assemble((model.name, "bold cyan"), (f" on {device.name}: {device.app}, engine {device.engine}", "dim")),
        Text(
            f"{macs_text(model)}; arena {model.arena_bytes:,} of {device.arena_bytes:,} B; "
            f"flash {model.flash_bytes:,} of {device.slot_bytes:,} B"
        ),
        Text(),
        *_latency(result.latency, model.macs, max(0, min(40, columns - _FIGURE_COLUMNS))),
    ]
    if result.energy:
        parts += [Text(), *_energy(result.energy)]
    if result.agreement:
        agreement = result.agreement
        style = "bold green" if agreement.mismatches == 0 else "bold red"
        words = f"{counted(agreement.mismatches, 'mismatch')} in {agreement.compared} random inputs"
        parts += [Text(), Text.assemble(f"agreement with {agreement.against}: ", (words, style))]
    if result.other:
        parts += [Text(), *engines_view(result)]
    for finding in result.findings:
        parts += [Text(), section_view(finding.section())]
    parts += [Text(_share_words(share), style="yellow" if share.lost else "dim") for share in result.boards]
    if result.link:
        parts += [Text(), *_link(result.link)]
    if result.gate:
        parts += [Text(), *gate_view(result.gate)]
    return Group(*parts)


def _share_words(share: PoolShare) -> str:
    """Return the work of one of several boards, in words."""
    words = f"{share.name}: {counted(share.items, 'sample')}"
    words += f", reconnected {counted(share.rejoined, 'time')}" if share.rejoined else ""
    return words + (f", missing at the end: {share.lost}" if share.lost else "")


def _latency(latency: Latency, macs: int, bar_columns: int) -> list[RenderableType]:
    stages = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    stages.add_column(Text(f"latency, {latency.unit}"))
    for name in ("least", "median", "most"):
        stages.add_column(name, justify="right")
    for name, spread in (("capture", latency.capture), ("preprocess", latency.preprocess), ("invoke", latency.invoke)):
        if spread:
            stages.add_row(name, f"{spread.min:,}", Text(f"{spread.median:,}", "bold"), f"{spread.max:,}")
    operators = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("#", "operator", "output", "MACs", latency.unit, "share"):
        justify: JustifyMethod = "right" if name in ("#", "MACs", latency.unit, "share") else "left"
        operators.add_column(Text(name), justify=justify, no_wrap=True)
    operators.add_column("", no_wrap=True, overflow="crop")
    most = max((item.share for item in latency.per_operator), default=1.0) or 1.0
    for item in latency.per_operator:
        operators.add_row(
            str(item.index),
            item.name,
            Text("x".join(map(str, item.output_shape)), "dim"),
            f"{item.macs:,}",
            f"{item.ticks:,}",
            f"{100 * item.share:.1f} %",
            Text("█" * round(bar_columns * item.share / most), "cyan"),
        )
    remark = Text(TICK_REMARKS.get(latency.unit, latency.unit), "italic dim")
    return [
        stages,
        remark,
        *_estimate(latency),
        *_asleep(latency),
        *_listening(latency),
        Text(),
        operators,
        Text(),
        *_kinds(latency, macs),
    ]


def _estimate(latency: Latency) -> list[RenderableType]:
    estimate = estimate_latency(latency)
    if estimate is None:
        return []
    words = (
        f"estimate: {estimate.ms:.1f} ms on {estimate.target}, ±{100 * estimate.error:.0f} %; not measured on a board"
    )
    return [Text(words, "italic")]


def _asleep(latency: Latency) -> list[RenderableType]:
    """Return what an inference of a cascade's first network costs."""
    if latency.asleep is None:
        return []
    share = 100 * latency.asleep / max(1, latency.invoke.median)
    words = f" {latency.unit}, {share:.1f} % of an inference of both networks"
    return [Text.assemble("asleep: ", (f"{latency.asleep:,}", "bold"), words)]


def _listening(latency: Latency) -> list[RenderableType]:
    """Return the cost of listening: per stride, and per second."""
    listening = latency.listening
    if listening is None:
        return []
    unit, per_s = latency.unit, listening.per_s
    words = (
        f"listening: {listening.per_stride.median:,} {unit} a stride, {listening.strides_per_s:.3g} a second, "
        f"and {listening.invoke.median:,} an inference, {listening.inferences_per_s:.3g} a second: "
        f"{per_s:,} {unit} for a second, "
    )
    of = "a second of this computer" if unit == "ns" else f"64 million {unit} a second"
    return [Text(), Text.assemble(words, (f"{100 * listening.busy_share:.1f} %", "bold"), f" of {of}")]


def _kinds(latency: Latency, macs: int) -> list[RenderableType]:
    """Return the operators summed by kind, and the cost of a multiply-accumulate."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("kind", "n", latency.unit, "per live MAC", "share"):
        table.add_column(Text(name), justify="left" if name == "kind" else "right", no_wrap=True)
    for kind in total_by_operator(latency.per_operator):
        per_mac = "" if kind.ticks_per_mac is None else f"{kind.ticks_per_mac:.2f}"
        table.add_row(kind.name, str(kind.n), f"{kind.ticks:,}", per_mac, f"{100 * kind.share:.1f} %")
    if not macs:
        return [table]
    return [table, Text.assemble((f"{latency.invoke.median / macs:.2f}", "bold"), f" {latency.unit} per MAC")]


def _energy(energy: Energy) -> list[RenderableType]:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("energy, µJ", "n", "idle included", "without idle", "95 % of the median", "ms"):
        table.add_column(name, justify="left" if name.startswith("energy") else "right")
    for item in energy.windows:
        if item.energy_nj and item.net_nj and item.seconds:
            low, high = item.net_nj.low, item.net_nj.high
            figures = (f"{item.energy_nj.median / 1e3:,.2f}", Text(f"{item.net_nj.median / 1e3:,.2f}", "bold"))
            table.add_row(
                item.stage,
                str(item.n),
                *figures,
                f"{low / 1e3:,.2f} to {high / 1e3:,.2f}",
                f"{1e3 * item.seconds:,.2f}",
            )
    return [table, Text(energy_words(energy), "yellow" if energy.lost or energy.is_simulated else "italic dim")]


def _link(link: LinkMeasurement) -> list[RenderableType]:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("link", "raw bytes/s", "useful bytes/s"):
        table.add_column(name, justify="left" if name == "link" else "right")
    table.add_row("board to host", f"{link.to_host_raw_bytes_per_s:,.0f}", f"{link.to_host_useful_bytes_per_s:,.0f}")
    table.add_row(
        "host to board", f"{link.to_device_raw_bytes_per_s:,.0f}", f"{link.to_device_useful_bytes_per_s:,.0f}"
    )
    framing = f"{link.frame_wire_bytes - link.frame_bytes} B on a camera frame of {link.frame_bytes:,} B"
    overhead = Text.assemble("framing costs ", (f"{100 * link.frame_overhead:.2f} %", "bold"), f": {framing}")
    return [table, overhead, Text(f"round trip {1e3 * link.round_trip_s:.2f} ms")]

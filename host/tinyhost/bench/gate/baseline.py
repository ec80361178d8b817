"""Baselines: results of benchmarks in one JSON file, by board, app, engine, firmware and model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tinyhost.bench.result import BenchResult
from tinyhost.errors import ConfigError
from tinyhost.metrics.spread import Spread
from tinyhost.system.documents import to_json
from tinyhost.system.durable import write_atomically
from tinyhost.system.git import read_at_revision
from tinyhost.system.json_reading import JsonObject, parse_json
from tinyhost.system.reading import read_file
from tinyhost.tasks.findings import SampleVerdict

__all__ = ["Baseline", "BaselinesDocument", "load_baseline", "read_baselines", "save_baseline"]

_SCHEMA: Literal["tinyhost.baselines/1"] = "tinyhost.baselines/1"
_MAX_BYTES, _MAX_ENTRIES, _MAX_SAMPLES, _MAX_FIGURE = 1 << 28, 10_000, 10_000_000, 2**63 - 1
_HINT = "expected a file of tinyhost bench --save-baseline: name another one, or create it again"


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """The result of one benchmark."""

    time: str
    """UTC, ISO 8601"""
    host: str
    """tinyhost, Python and system that measured"""
    board: str
    """type of the board"""
    app: str
    engine: str
    build_id: str
    """of the firmware"""
    model: str
    """its name"""
    sha256: str
    """of the .tflite file, hex"""
    unit: str
    """unit of ticks: `instructions`, `cycles`, `ns`"""
    latency: Spread
    """ticks of one inference"""
    preprocess: Spread | None
    """ticks from sample to input tensor; null if it is not timed alone"""
    listening: int | None
    """ticks to process one second of samples; null unless the app listens"""
    energy: Spread | None
    """energy of one inference without the idle power, nJ; null without a power meter"""
    meter: str
    """the power meter; empty without one"""
    arena_bytes: int
    flash_bytes: int
    samples: tuple[SampleVerdict, ...]
    """the samples of `--data`, each with whether the board was right; empty without"""

    @classmethod
    def of(cls, result: BenchResult) -> Baseline:
        """Return the baseline of a benchmark."""
        device, model, latency = result.device, result.model, result.latency
        return cls(
            time=result.time,
            host=result.host,
            board=device.board,
            app=device.app,
            engine=device.engine,
            build_id=device.build_id,
            model=model.name,
            sha256=model.sha256,
            unit=latency.unit,
            latency=latency.invoke,
            preprocess=latency.preprocess,
            listening=latency.listening.per_s if latency.listening else None,
            energy=_net_energy(result),
            meter=result.energy.meter if result.energy else "",
            arena_bytes=model.arena_bytes,
            flash_bytes=model.flash_bytes,
            samples=tuple(sample for finding in result.findings for sample in finding.sample_verdicts()),
        )

    @property
    def place(self) -> tuple[str, str, str]:
        """Board, app and engine, which must be equal in a comparison."""
        return self.board, self.app, self.engine


@dataclass(frozen=True, kw_only=True)
class BaselinesDocument:
    """The file of `tinyhost bench --save-baseline FILE`, which `--baseline FILE` reads.

    One entry for each board, app, engine, firmware and model; measuring them again replaces it. Kept in the repository,
    `--baseline main:FILE` reads it at a revision.
    """

    schema: Literal["tinyhost.baselines/1"] = _SCHEMA
    baselines: tuple[Baseline, ...]
    """oldest first"""


def load_baseline(source: str, now: Baseline) -> Baseline:
    """Return the newest baseline of the same board, app and engine: of the same model, else of one of the same name.

    source: a file, or REVISION:FILE of the git repository around the current folder. Raises ConfigError if it cannot be
    read or contains no comparable one.
    """
    entries = [entry for entry in read_baselines(source) if entry.place == now.place]
    same = [entry for entry in entries if entry.sha256 == now.sha256]
    named = [entry for entry in entries if entry.model == now.model]
    if not (same or named):
        raise ConfigError(
            f"{source}: no baseline of {now.model} on {now.board} with app {now.app} and engine {now.engine}; there "
            f"{'is one' if len(entries) == 1 else f'are {len(entries)}'} of other models there",
            hint="measure a baseline with a version that was good: tinyhost bench --save-baseline FILE",
        )
    return (same or named)[-1]


def save_baseline(path: Path, baseline: Baseline) -> None:
    """Add a baseline to a file, replacing that of the same firmware and model; a missing file is created.

    Raises ConfigError if the file is no file of baselines.
    """
    entries = read_baselines(str(path)) if path.exists() else []
    kept = [entry for entry in entries if _identity(entry) != _identity(baseline)]
    document = BaselinesDocument(baselines=(*kept, baseline))
    write_atomically(path, (json.dumps(to_json(document), indent=1) + "\n").encode(), sync=False)


def _net_energy(result: BenchResult) -> Spread | None:
    inference = result.energy.of("inference") if result.energy else None
    return inference.net_nj if inference else None


def _identity(entry: Baseline) -> tuple[str, ...]:
    return (*entry.place, entry.build_id, entry.sha256)


def read_baselines(source: str) -> list[Baseline]:
    """Return all baselines of a file or REVISION:FILE, oldest first. Raises ConfigError."""
    content = _content(source)
    document = JsonObject.of(parse_json(content, source, hint=_HINT), source, hint=_HINT)
    document.check_keys(("schema", "baselines"))
    document.choice("schema", (_SCHEMA,))
    return [_entry(values) for values in document.objects("baselines", max_items=_MAX_ENTRIES)]


def _content(source: str) -> bytes:
    path = Path(source)
    if path.exists() or ":" not in source:
        return read_file(path, max_bytes=_MAX_BYTES, error=ConfigError)
    return read_at_revision(source, max_bytes=_MAX_BYTES)


def _entry(values: JsonObject) -> Baseline:
    texts = ("time", "host", "board", "app", "engine", "build_id", "model", "sha256", "unit")
    spreads = ("latency", "preprocess", "listening")
    values.check_keys((*texts, *spreads, "arena_bytes", "flash_bytes", "samples"), optional=("energy", "meter"))
    energy = values.values.get("energy")  # files of versions without meters lack it
    return Baseline(
        **{name: values.text(name) for name in texts},
        latency=_spread(values.object("latency")),
        preprocess=None if values.values["preprocess"] is None else _spread(values.object("preprocess")),
        listening=None if values.values["listening"] is None else values.integer("listening", 0, _MAX_FIGURE),
        energy=None if energy is None else _spread(values.object("energy"), least=-_MAX_FIGURE),
        meter="" if energy is None else values.text("meter"),
        arena_bytes=values.integer("arena_bytes", 0, _MAX_FIGURE),
        flash_bytes=values.integer("flash_bytes", 0, _MAX_FIGURE),
        samples=_samples(values.objects("samples", max_items=_MAX_SAMPLES)),
    )


def _spread(values: JsonObject, least: int = 0) -> Spread:
    names = ("min", "median", "max", "low", "high")
    values.check_keys(names)
    return Spread(**{name: values.integer(name, least, _MAX_FIGURE) for name in names})


def _samples(items: Sequence[JsonObject]) -> tuple[SampleVerdict, ...]:
    return tuple(
        SampleVerdict(digest=item.text("digest"), label=item.text("label"), right=item.flag("right")) for item in items
    )

"""Measurements of a model: from a training's metrics.json, and from benchmarks' documents."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Literal

from tinyhost.metrics.intervals import Interval, wilson
from tinyhost.tasks.findings import percent

__all__ = ["Measure", "bench_measures", "training_measures"]

_MAX_MEASURES = 2_000
_MAX_DEPTH = 4
_MAX_COUNT = 1 << 40
_SHARES = {
    "accuracy", "recall", "precision", "false_accept_rate", "false_reject_rate", "miss_rate", "selection_rate",
    "true_positive_rate", "false_positive_rate", "alarmed",
}  # fmt: skip
_GROUP_RATES = ("accuracy", "selection_rate", "true_positive_rate", "false_positive_rate")


Kind = Literal["performance", "groups", "robustness", "cost"]


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One figure: its name, its data, its interval."""

    name: str
    """`accuracy`, `recall`, `roc_auc`, `latency`, ..."""
    value: float
    of: str
    """the samples, and where they were evaluated"""
    part: str = ""
    """of the samples: a label, or a group; empty: all"""
    n: int | None = None
    """samples that were counted"""
    interval: Interval | None = None
    """95 %"""
    unit: str = ""
    kind: Kind = "performance"

    @property
    def text(self) -> str:
        """The value in words."""
        if self.name in _SHARES:
            return percent(self.value)
        number = f"{self.value:,.0f}" if self.value == int(self.value) and abs(self.value) > 1 else f"{self.value:.4g}"
        return f"{number} {self.unit}".strip()

    @property
    def range_text(self) -> str:
        """The interval in words; empty without one."""
        if self.interval is None:
            return ""
        low, high = self.interval.low, self.interval.high
        if self.name in _SHARES:
            return f"{100 * low:.1f} to {100 * high:.1f} %"
        return f"{low:.3g} to {high:.3g}"


def training_measures(metrics: Mapping[str, Any]) -> tuple[Measure, ...]:
    """Return all figures of a metrics.json with a number of samples."""
    return tuple(islice(_counted(metrics, ()), _MAX_MEASURES))


def _counted(values: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[Measure]:
    n, of = _count(values, "n"), f"training: {' '.join(path)}"
    if n:
        accuracy = _number(values, "accuracy")
        if accuracy is not None and 0.0 <= accuracy <= 1.0:
            yield Measure(name="accuracy", value=accuracy, of=of, n=n, interval=wilson(round(accuracy * n), n))
        yield from _scores(values, of, n)
    for key, value in values.items():
        if isinstance(value, dict) and len(path) < _MAX_DEPTH:
            yield from _counted(value, (*path, key))


def _scores(values: Mapping[str, Any], of: str, n: int | None) -> Iterator[Measure]:
    for key, name in (("macro_f1", "f1"), ("auc", "roc_auc"), ("average_precision", "average_precision")):
        if (value := _number(values, key)) is not None:
            yield Measure(name=name, value=value, of=of, n=n)


def bench_measures(document: Mapping[str, Any]) -> tuple[Measure, ...]:
    """Return the figures of a benchmark's document (tinyhost.bench/1); malformed parts are ignored."""
    board = str(document.get("board", "a board"))
    found: list[Iterable[Measure]] = [_cost(document, board)]
    for key, read in _READERS.items():
        if value := _object(document, key):
            found.append(read(value, board))
    return tuple(islice((measure for each in found for measure in each), _MAX_MEASURES))


def _cost(document: Mapping[str, Any], board: str) -> Iterator[Measure]:
    latency, model = _object(document, "latency"), _object(document, "model")
    invoke, unit = _number(_object(latency, "invoke"), "median"), str(latency.get("unit", "ticks"))
    if invoke is not None:
        yield Measure(name="latency", value=invoke, of=f"one inference on {board}", unit=unit, kind="cost")
    for name in ("arena_bytes", "flash_bytes"):
        if (value := _number(model, name)) is not None:
            yield Measure(name=name.removesuffix("_bytes"), value=value, of=board, unit="B", kind="cost")


def _accuracy(found: Mapping[str, Any], board: str) -> Iterator[Measure]:
    of, n = _data(found, "data", board), _count(found, "n")
    yield from _shares(found, {"top1": "accuracy"}, "_interval", Measure(name="", value=0.0, of=of, n=n))
    yield from _scores(found, of, n)
    yield from _per_class(found, of)
    keywords = _object(found, "keywords")
    for name, count in (("false_accept", "n_others"), ("false_reject", "n_words")):
        form = Measure(name="", value=0.0, of=of, n=_count(keywords, count))
        yield from _shares(keywords, {f"{name}_rate": f"{name}_rate"}, "_interval", form, cut="_rate")


def _per_class(found: Mapping[str, Any], of: str) -> Iterator[Measure]:
    for label, score in _objects(found, "per_class"):
        n = _count(score, "n") or _count(score, "n_objects")
        form = Measure(name="", value=0.0, of=of, part=label, n=n)
        yield from _shares(score, {"recall": "recall"}, "_interval", form)
        yield from _shares(score, {"precision": "precision"}, "_interval", replace(form, n=None))


def _streaming(found: Mapping[str, Any], board: str) -> Iterator[Measure]:
    form = Measure(name="", value=0.0, of=_data(found, "stream", board), n=_count(found, "n_words"))
    yield from _shares(found, {"miss_rate": "miss_rate"}, "_interval", form, cut="_rate")
    per_hour = replace(form, n=None, unit="an hour")
    yield from _shares(found, {"false_accepts_per_hour": "false accepts"}, "_interval", per_hour)


def _motion(found: Mapping[str, Any], board: str) -> Iterator[Measure]:
    of = _data(found, "data", board)
    for label, item in _objects(found, "labels"):
        auc, n = _number(item, "auc"), _count(item, "n_recordings")
        if auc is not None:
            yield Measure(name="roc_auc", value=auc, of=of, part=label, n=_count(item, "n_windows"))
        alarmed = _count(item, "n_alarmed")
        if n and alarmed is not None and alarmed <= n:
            yield Measure(name="alarmed", value=alarmed / n, of=of, part=label, n=n, interval=wilson(alarmed, n))


def _motion_stream(found: Mapping[str, Any], board: str) -> Iterator[Measure]:
    form = Measure(name="", value=0.0, of=_data(found, "stream", board), unit="a day")
    yield from _shares(found, {"false_alarms_per_day": "false alarms"}, "_interval", form)


def _found_objects(found: Mapping[str, Any], board: str) -> Iterator[Measure]:
    of, score = _data(found, "data", board), _object(found, "all")
    form = Measure(name="", value=0.0, of=of, n=_count(score, "n_objects"))
    yield from _shares(score, {"precision": "precision", "recall": "recall", "f1": "f1"}, "_interval", form)
    yield from _per_class(found, of)


def _fairness(found: Mapping[str, Any], board: str) -> Iterator[Measure]:
    positive = str(found.get("positive", ""))
    for grouping in _list(found, "groupings"):
        column = str(grouping.get("column", ""))
        of = f"groups by {column}, {positive} wanted, on {board}"
        for group in _list(grouping, "groups"):
            small = "" if group.get("judged") else " (too few to judge)"
            part = f"{column}={group.get('group', '')}{small}"
            form = Measure(name="", value=0.0, of=of, part=part, n=_count(group, "n"), kind="groups")
            yield from _shares(group, dict.fromkeys(_GROUP_RATES), "_interval", form)
        for name, value in _object(grouping, "criteria").items():
            if _is_number(value):
                yield Measure(name=name, value=float(value), of=of, kind="groups")


def _robustness(found: Mapping[str, Any], board: str) -> Iterator[Measure]:
    form = Measure(name="", value=0.0, of=_data(found, "data", board), n=_count(found, "n"), kind="robustness")
    for sweep in _list(found, "sweeps"):
        for step in _list(sweep, "steps"):
            part = f"{sweep.get('name', '')} {_number(step, 'value') or 0.0:g} {sweep.get('unit', '')}"
            part += ": breaks" if step.get("breaks") is True else ""
            yield from _shares(step, {"accuracy": "accuracy"}, "_interval", replace(form, part=part))


_READERS = {
    "accuracy": _accuracy,
    "objects": _found_objects,
    "streaming": _streaming,
    "motion": _motion,
    "motion_stream": _motion_stream,
    "fairness": _fairness,
    "robustness": _robustness,
}


def _shares(
    found: Mapping[str, Any], names: Mapping[str, str | None], suffix: str, form: Measure, *, cut: str = ""
) -> Iterator[Measure]:
    """Yield figures of an object that stand beside their intervals. names: what each key's figure is called."""
    for key, name in names.items():
        value, interval = _number(found, key), _object(found, f"{key.removesuffix(cut)}{suffix}")
        low, high = _number(interval, "low"), _number(interval, "high")
        if value is not None:
            within = None if low is None or high is None else Interval(low=low, high=high)
            yield replace(form, name=name or key, value=value, interval=within)


def _data(found: Mapping[str, Any], key: str, board: str) -> str:
    """Return the name of the samples' folder, and where they were evaluated."""
    return f"{str(found.get(key, '')).replace(chr(92), '/').rstrip('/').rpartition('/')[2]} on {board}"


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _number(values: Mapping[str, Any], key: str) -> float | None:
    value = values.get(key)
    return float(value) if _is_number(value) else None  # type: ignore[arg-type]


def _count(values: Mapping[str, Any], key: str) -> int | None:
    value = values.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MAX_COUNT else None


def _object(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = values.get(key)
    return value if isinstance(value, dict) else {}


def _objects(values: Mapping[str, Any], key: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    return ((name, item) for name, item in _object(values, key).items() if isinstance(item, dict))


def _list(values: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    value = values.get(key)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []

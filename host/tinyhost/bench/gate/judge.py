"""Evaluation of a gate's conditions: a benchmark against its baseline, with significance."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from tinyhost.bench.gate.baseline import Baseline
from tinyhost.bench.gate.condition import Condition
from tinyhost.bench.result import GateResult, Judgement
from tinyhost.errors import UsageError
from tinyhost.metrics.paired import PairedChange
from tinyhost.metrics.spread import Spread
from tinyhost.system.wording import counted
from tinyhost.tasks.findings import SampleVerdict

__all__ = ["check_comparable", "judge"]

_EXACT_UNIT = "instructions"
_SIGNIFICANT = 0.01
"""Significance level of the test for a loss of accuracy: at most 1 of 100 models without a loss fails."""


def judge(source: str, before: Baseline, now: Baseline, conditions: Sequence[Condition]) -> GateResult:
    """Return the conditions' results. Raises UsageError for one that cannot be evaluated."""
    if before.unit != now.unit:
        raise UsageError(
            f"{source}: the baseline counts {before.unit}, this board {now.unit}", hint="measure the baseline again"
        )
    return GateResult(
        source=source,
        time=before.time,
        build_id=before.build_id,
        same_firmware=before.build_id == now.build_id,
        model_sha256=before.sha256,
        same_model=before.sha256 == now.sha256,
        judgements=tuple(_JUDGES[condition.quantity](condition, before, now) for condition in conditions),
    )


def check_comparable(conditions: Sequence[Condition], *, data: bool) -> None:
    """Raise UsageError if a condition needs samples and there are none; before anything is measured."""
    needing = [condition.text for condition in conditions if condition.quantity == "accuracy"]
    if needing and not data:
        raise UsageError(f"--fail-if: {needing[0]} needs labelled samples", hint="add --data FOLDER")


def _ticks(condition: Condition, before: Baseline, now: Baseline) -> Judgement:
    name = condition.quantity
    old, new = getattr(before, name), getattr(now, name)
    if old is None or new is None:
        raise _missing(condition, before, old is None)
    beyond = new.median > condition.allowed(old.median)
    proven = beyond and (now.unit == _EXACT_UNIT or new.low > condition.allowed(old.high))
    return Judgement(
        condition=condition.text,
        holds=not proven,
        before=old.median,
        now=new.median,
        unit=now.unit,
        change=_percent(old.median, new.median),
        remark="" if now.unit == _EXACT_UNIT else _spread_remark(old, new, doubtful=beyond and not proven),
    )


def _energy(condition: Condition, before: Baseline, now: Baseline) -> Judgement:
    old, new = before.energy, now.energy
    if old is None or new is None:
        raise _missing(condition, before, old is None)
    if before.meter != now.meter:
        raise UsageError(
            f"--fail-if: {condition.text}: the baseline is a {before.meter}'s, this a {now.meter}'s",
            hint="measure the baseline again with this meter",
        )
    beyond = new.median > condition.allowed(old.median)
    proven = beyond and new.low > condition.allowed(old.high)
    return Judgement(
        condition=condition.text,
        holds=not proven,
        before=old.median,
        now=new.median,
        unit="nJ",
        change=_percent(old.median, new.median),
        remark=f"{now.meter}: {_spread_remark(old, new, doubtful=beyond and not proven)}",
    )


def _spread_remark(old: Spread, new: Spread, *, doubtful: bool) -> str:
    """Return a remark on the spread of medians that vary between runs."""
    intervals = f"95 % intervals {old.low:,} to {old.high:,} and {new.low:,} to {new.high:,}"
    return f"not proven: {intervals}; add --runs" if doubtful else intervals


def _listening(condition: Condition, before: Baseline, now: Baseline) -> Judgement:
    old, new = before.listening, now.listening
    if old is None or new is None:
        raise _missing(condition, before, old is None)
    if now.unit != _EXACT_UNIT:
        raise UsageError(
            f"--fail-if: {condition.text}: the cost of a second of sound is exact only on m4; this board counts "
            f"{now.unit}",
            hint="add --board m4, or use conditions for latency and preprocess",
        )
    return _count(condition, old, new, now.unit)


def _bytes(condition: Condition, before: Baseline, now: Baseline) -> Judgement:
    name = f"{condition.quantity}_bytes"
    return _count(condition, getattr(before, name), getattr(now, name), "B")


def _count(condition: Condition, old: int, new: int, unit: str) -> Judgement:
    return Judgement(
        condition=condition.text,
        holds=new <= condition.allowed(old),
        before=old,
        now=new,
        unit=unit,
        change=_percent(old, new) if unit != "B" else f"{new - old:+,} B",
        remark="",
    )


def _accuracy(condition: Condition, before: Baseline, now: Baseline) -> Judgement:
    if not before.samples or not now.samples:
        raise _missing(condition, before, not before.samples)
    old, new = (sum(sample.right for sample in items) / len(items) for items in (before.samples, now.samples))
    points = 100 * (new - old)
    if not condition.paired:
        sizes = f"{counted(len(before.samples), 'sample')} and {counted(len(now.samples), 'sample')}, no test"
        return _share(condition, old, new, holds=points >= -float(condition.amount) - 1e-9, remark=sizes)
    change = _paired(condition, before.samples, now.samples)
    beyond, p = change.points < -float(condition.amount) - 1e-9, change.p_of_loss
    remark = f"of {counted(change.n, 'sample')} {change.lost:,} lost, {change.gained:,} gained, p = {p:.2g}"
    proven = beyond and p < _SIGNIFICANT
    if beyond and not proven:
        remark = f"not proven: {remark}; use more samples"
    return _share(condition, old, new, holds=not proven, remark=remark, p=p)


def _share(
    condition: Condition, old: float, new: float, *, holds: bool, remark: str, p: float | None = None
) -> Judgement:
    return Judgement(
        condition=condition.text,
        holds=holds,
        before=old,
        now=new,
        unit="share",
        change=f"{100 * (new - old):+.2f} pp",
        remark=remark,
        p=p,
    )


def _paired(condition: Condition, before: Sequence[SampleVerdict], now: Sequence[SampleVerdict]) -> PairedChange:
    """Return the changes on the same samples. Raises UsageError unless both have exactly the same samples."""
    old, new = _answers(before), _answers(now)
    same = [key for key in old if len(old[key]) == len(new.get(key, ()))]
    if not len(same) == len(old) == len(new):
        differing = len(old.keys() | new.keys()) - len(same)
        raise UsageError(
            f"--fail-if: {condition.text}: {differing:,} of the samples are not the baseline's, by content or label",
            hint="use the baseline's samples for --data, or measure the baseline again on these; without (paired), "
            "different samples can be compared",
        )
    pairs = [pair for key in old for pair in zip(old[key], new[key], strict=True)]
    return PairedChange(
        n=len(pairs),
        lost=sum(was and not is_now for was, is_now in pairs),
        gained=sum(is_now and not was for was, is_now in pairs),
    )


def _answers(samples: Sequence[SampleVerdict]) -> dict[tuple[str, str], list[bool]]:
    """Return by content and label whether each sample was right; a set may contain duplicates."""
    found = defaultdict(list)
    for sample in samples:
        found[sample.digest, sample.label].append(sample.right)
    return {key: sorted(answers) for key, answers in found.items()}


def _missing(condition: Condition, before: Baseline, in_baseline: bool) -> UsageError:
    where = f"the baseline of {before.time}" if in_baseline else "this benchmark"
    return UsageError(
        f"--fail-if: {condition.text}: {where} has no {condition.quantity}",
        hint="measure the baseline with the same options, --data too" if in_baseline else "omit the condition",
    )


def _percent(old: float, new: float) -> str:
    return f"{100 * (new - old) / old:+.2f} %" if old else f"{new - old:+,}"


_JUDGES: dict[str, Callable[[Condition, Baseline, Baseline], Judgement]] = {
    "latency": _ticks,
    "preprocess": _ticks,
    "listening": _listening,
    "energy": _energy,
    "arena": _bytes,
    "flash": _bytes,
    "accuracy": _accuracy,
}

"""Robustness: accuracy on the device as conditions get worse (`tinyhost bench --robustness`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from tinyhost.errors import UsageError
from tinyhost.metrics.charts import Chart, Panel, Series
from tinyhost.metrics.intervals import Interval, wilson
from tinyhost.metrics.paired import PairedChange
from tinyhost.system.wording import counted
from tinyhost.tasks.contract import Evaluation, Subject, Task
from tinyhost.tasks.findings import Finding, Grid, Note, Section, percent, within
from tinyhost.tasks.sweeps import Sweep

__all__ = ["Robustness", "RobustnessDocument", "chosen_sweeps", "measure_robustness"]

_LOSS_POINTS = 10.0
_CHANCE = 0.05
_RULE = (
    f"A model breaks where it is right about fewer of the same samples by {_LOSS_POINTS:.0f} points or more, and "
    f"chance alone would lose that many in less than 1 of {round(1 / _CHANCE)} runs"
)


@dataclass(frozen=True, kw_only=True)
class StepDocument:
    """Results of all samples at one step of a sweep."""

    value: float
    """value of the condition, in the sweep's unit"""
    n_right: int
    accuracy: float
    """share of the samples that the device classifies correctly"""
    accuracy_interval: Interval | None
    """95 % (Wilson)"""
    lost: int
    """samples classified correctly without the change, but wrongly with it"""
    gained: int
    """samples classified wrongly without the change, but correctly with it"""
    p: float
    """p-value of McNemar's exact one-sided test"""
    breaks: bool
    """whether it is the first step in its direction at which the model breaks; no further steps are measured"""


@dataclass(frozen=True, kw_only=True)
class SweepDocument:
    """Results of one condition."""

    name: str
    """`light`, `blur`, `noise`, `gain`, `reverberation`, `tilt`"""
    unit: str
    """unit of `value`"""
    about: str
    """what the condition does to a sample"""
    steps: tuple[StepDocument, ...]
    """steps by rising value"""


@dataclass(frozen=True, kw_only=True)
class RobustnessDocument:
    """Accuracy on `--data` under worse conditions, on the device; null without `--robustness`."""

    data: str
    """the folder"""
    n: int
    """samples"""
    n_right: int
    """number classified correctly without any change"""
    accuracy: float
    accuracy_interval: Interval | None
    """95 % (Wilson)"""
    sweeps: tuple[SweepDocument, ...]


@dataclass(frozen=True, kw_only=True)
class Robustness(Finding):
    """Accuracy under one condition after another, each made worse until the model breaks."""

    key: ClassVar[str] = "robustness"

    data: Path
    n: int
    n_right: int
    sweeps: tuple[SweepDocument, ...]
    logarithmic: frozenset[str]
    """sweeps whose steps are factors"""
    differing: tuple[str, ...]
    """differences between the device and this computer, by step"""

    @property
    def n_used(self) -> int:
        """Samples."""
        return self.n

    def document(self) -> RobustnessDocument:
        """Return the JSON document."""
        return RobustnessDocument(
            data=str(self.data),
            n=self.n,
            n_right=self.n_right,
            accuracy=self.n_right / self.n,
            accuracy_interval=wilson(self.n_right, self.n),
            sweeps=self.sweeps,
        )

    def section(self) -> Section:
        """Return the section of the report."""
        right = f"{percent(self.n_right / self.n)} ({within(wilson(self.n_right, self.n))})"
        grid = Grid(headings=("condition", "unit", "holds", "breaks at", "right there", ""), rows=tuple(self._rows()))
        return Section(
            title="Robustness, on the board",
            note=f"{counted(self.n, 'sample')} of {self.data}, degraded step by step and classified on the board; "
            f"correct without any change: {right}. {_RULE}.",
            parts=(grid, *(Note(text=f"{sweep.name}: {sweep.about}") for sweep in self.sweeps), self._chart()),
        )

    def disagreement(self) -> str:
        """Return how the device differs from this computer at the first step where it does; "" if it agrees."""
        return self.differing[0] if self.differing else ""

    def _rows(self) -> list[tuple[str, ...]]:
        rows: list[tuple[str, ...]] = []
        for sweep in self.sweeps:
            broken = [step for step in sweep.steps if step.breaks]
            whole = [step.value for step in sweep.steps if not step.breaks]
            holds = f"{min(whole):g} to {max(whole):g}" if whole else "nowhere"
            for step in broken:
                share = percent(step.accuracy)
                rows.append((sweep.name, sweep.unit, holds, f"{step.value:g}", share, within(step.accuracy_interval)))
            if not broken:
                rows.append((sweep.name, sweep.unit, holds, "not within this", "–", ""))
        return rows

    def _chart(self) -> Chart:
        return Chart(
            description="Accuracy over each condition",
            panels=tuple(self._panel(sweep) for sweep in self.sweeps),
            height_in=3.2,
        )

    def _panel(self, sweep: SweepDocument) -> Panel:
        x = [step.value for step in sweep.steps]
        intervals = [step.accuracy_interval or Interval(low=0.0, high=1.0) for step in sweep.steps]
        lines = (
            Series(name="right", x=x, y=[100 * step.accuracy for step in sweep.steps], style="line and points"),
            Series(name="95 %", x=x, y=[100 * item.low for item in intervals], colour=1),
            Series(name="", x=x, y=[100 * item.high for item in intervals], colour=1),
            Series(name="unchanged", x=[min(x), max(x)], y=[100 * self.n_right / self.n] * 2, colour=2),
        )
        return Panel(
            series=lines,
            x_label=f"{sweep.name}, {sweep.unit}",
            y_label="right, %",
            x_scale="log2" if sweep.name in self.logarithmic else "linear",
            x_ticks=x if sweep.name in self.logarithmic else None,
            from_zero=True,
            lines_at=tuple(step.value for step in sweep.steps if step.breaks),
        )


def chosen_sweeps(task: Task, names: Sequence[str]) -> tuple[Sweep, ...]:
    """Return the sweeps of these names, or `all`. Raises UsageError if the task has no such."""
    known = {sweep.name: sweep for sweep in task.sweeps}
    unknown = [name for name in names if name not in known and name != "all"]
    if unknown or not known:
        raise UsageError(
            f"--robustness {','.join(unknown or names)}: the app {task.app} has {', '.join(known) or 'none'}",
            hint="--robustness all, or some of them, separated by commas",
        )
    return tuple(known.values()) if "all" in names else tuple(known[name] for name in dict.fromkeys(names))


def measure_robustness(
    evaluation: Evaluation,
    unchanged: Finding,
    sweeps: Sequence[Sweep],
    subject: Subject,
    *,
    data: Path,
    on_step: Callable[[int, int], None],
) -> Robustness:
    """Return the device's accuracy at each step of the sweeps, in each direction until the model breaks.

    on_step: called with the steps done, and the most there can be. Raises LinkError, DeviceError.
    """
    before = [verdict.right for verdict in unchanged.sample_verdicts()]
    differing: list[str] = []
    done, total = 0, sum(len(arm) for sweep in sweeps for arm in sweep.arms)

    def judged(sweep: Sweep, value: float) -> StepDocument:
        finding = replace(evaluation, change=sweep.at(value)).run(subject, lambda _: None)
        if finding.disagreement():
            differing.append(f"{sweep.name} {value:g} {sweep.unit}: {finding.disagreement()}")
        return _step(value, before, [verdict.right for verdict in finding.sample_verdicts()])

    documents = []
    for sweep in sweeps:
        steps: list[StepDocument] = []
        for arm in sweep.arms:
            for value in arm:
                steps.append(judged(sweep, value))
                on_step(done := done + 1, total)
                if steps[-1].breaks:
                    total -= len(arm) - 1 - list(arm).index(value)
                    break
        ordered = tuple(sorted(steps, key=lambda step: step.value))
        documents.append(SweepDocument(name=sweep.name, unit=sweep.unit, about=sweep.about, steps=ordered))
    return Robustness(
        data=data,
        n=len(before),
        n_right=sum(before),
        sweeps=tuple(documents),
        logarithmic=frozenset(sweep.name for sweep in sweeps if sweep.is_logarithmic),
        differing=tuple(differing),
    )


def _step(value: float, before: Sequence[bool], now: Sequence[bool]) -> StepDocument:
    pairs = list(zip(before, now, strict=True))
    change = PairedChange(
        n=len(pairs), lost=sum(a and not b for a, b in pairs), gained=sum(b and not a for a, b in pairs)
    )
    n_right = sum(now)
    return StepDocument(
        value=value,
        n_right=n_right,
        accuracy=n_right / len(pairs),
        accuracy_interval=wilson(n_right, len(pairs)),
        lost=change.lost,
        gained=change.gained,
        p=change.p_of_loss,
        breaks=change.points <= -_LOSS_POINTS and change.p_of_loss < _CHANCE,
    )

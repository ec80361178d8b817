"""The checks of a benchmark: equal outputs, usable samples, and the conditions of its regression gate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tinyhost.cli.declare import is_configured, option
from tinyhost.cli.output import check_targets, note, write_file
from tinyhost.errors import CheckFailedError, UsageError
from tinyhost.system.wording import counted

if TYPE_CHECKING:
    from tinyhost.bench.gate import Condition
    from tinyhost.bench.result import Agreement, BenchResult, DeviceSummary

__all__ = [
    "BaselineOption",
    "FailIfOption",
    "Gate",
    "JUnitOption",
    "MarkdownOption",
    "SaveBaselineOption",
    "check_outputs",
]

BaselineOption = Annotated[
    str | None,
    option(
        "--baseline",
        metavar="FILE|REV:FILE",
        help="Compare with the figures of this board, app and model in a file of --save-baseline; REVISION:FILE "
        "reads it from a git revision, as in main:baselines.json.",
    ),
]
FailIfOption = Annotated[
    str | None,
    option(
        "--fail-if",
        key="gate.fail_if",
        metavar="CONDITIONS",
        help="Exit 1 if the result is worse than --baseline by more than these limits: 'latency>+2%, "
        "accuracy<-1pp(paired), arena>+0'. Quantities: latency, preprocess, listening (in %, or ticks), energy "
        "(%), arena, flash (%, B, KiB), accuracy (pp).",
    ),
]
SaveBaselineOption = Annotated[
    Path | None,
    option("--save-baseline", metavar="FILE", help="Save the figures in this file if all checks pass."),
]
JUnitOption = Annotated[
    Path | None,
    option("--junit", metavar="FILE", help="Write the checks and conditions to this file as JUnit XML."),
]
MarkdownOption = Annotated[
    Path | None,
    option(
        "--markdown", metavar="FILE", help="Write the comparison to this file as a table for a pull request comment."
    ),
]


@dataclass(frozen=True, kw_only=True)
class Gate:
    """The options of a gate, checked."""

    baseline: str | None
    conditions: Sequence[Condition]
    save: Path | None
    junit: Path | None
    markdown: Path | None

    @classmethod
    def of(
        cls,
        baseline: str | None,
        fail_if: str | None,
        *,
        save: Path | None,
        junit: Path | None,
        markdown: Path | None,
        data: bool,
    ) -> Gate:
        """Return the gate. data: whether there are labelled samples. Raises UsageError, ConfigError, OSError."""
        from tinyhost.bench.gate import check_comparable, parse_conditions, read_baselines

        if baseline is None and is_configured("fail_if"):
            fail_if = None  # it waits for a baseline
        if (baseline is None) != (fail_if is None):
            given, missing = ("--fail-if", "--baseline") if baseline is None else ("--baseline", "--fail-if")
            hint = "add --baseline FILE" if baseline is None else "add --fail-if 'latency>+2%, arena>+0'"
            raise UsageError(f"{given} needs {missing}", hint=hint)
        if markdown is not None and baseline is None:
            raise UsageError("--markdown needs --baseline to compare with", hint="add --baseline FILE")
        check_targets(save, junit, markdown)
        conditions = parse_conditions(fail_if) if fail_if is not None else ()
        check_comparable(conditions, data=data)
        for source in ([baseline] if baseline else []) + ([str(save)] if save and save.exists() else []):
            read_baselines(source)
        return cls(baseline=baseline, conditions=conditions, save=save, junit=junit, markdown=markdown)

    def judged(self, result: BenchResult) -> BenchResult:
        """Return the result with the gate's, if there is one. Raises ConfigError, UsageError."""
        from tinyhost.bench.gate import Baseline, judge, load_baseline

        if self.baseline is None:
            return result
        now = Baseline.of(result)
        return replace(result, gate=judge(self.baseline, load_baseline(self.baseline, now), now, self.conditions))

    def write(self, result: BenchResult) -> None:
        """Write the requested files."""
        from tinyhost.bench.gate import gate_junit, gate_table

        if self.junit:
            write_file(self.junit, gate_junit(result, result.gate))
        if self.markdown and result.gate:
            write_file(self.markdown, gate_table(result, result.gate))

    def check_and_keep(self, result: BenchResult) -> None:
        """Raise CheckFailedError if a condition is broken; else add the figures to the file of baselines, if any."""
        from tinyhost.bench.gate import Baseline, save_baseline

        self._check(result)
        if self.save:
            save_baseline(self.save, Baseline.of(result))
            note(f"baseline: {self.save}")

    def _check(self, result: BenchResult) -> None:
        gate = result.gate
        if gate is None or not gate.broken:
            return
        words = "; ".join(f"{item.condition}: {item.change}" for item in gate.broken)
        raise CheckFailedError(
            f"{result.device.name}: {len(gate.broken)} of {counted(len(gate.judgements), 'condition')} violated "
            f"against {gate.source}: {words}",
            hint="if this is intended, save the new figures: --save-baseline FILE without --baseline",
        )


def check_outputs(result: BenchResult) -> None:
    """Raise CheckFailedError if the device's outputs differ from the reference's."""
    _check_agreement(result.device, result.agreement, "")
    if result.other:
        _check_agreement(result.other.device, result.other.agreement, f" with the engine {result.other.engine}")
    for finding in result.findings:
        if difference := finding.disagreement():
            raise CheckFailedError(
                f"{result.device.name}: {difference}",
                hint=f"is the firmware of this version? tinyhost flash {result.device.app}",
            )


def _check_agreement(device: DeviceSummary, agreement: Agreement | None, engine: str) -> None:
    if agreement is None or not agreement.mismatches:
        return
    first = agreement.first_mismatch
    seed = first.seed if first else 0
    raise CheckFailedError(
        f"{device.name}{engine}: {agreement.mismatches} of {counted(agreement.compared, 'output')} differ from "
        f"{agreement.against}'s, first with seed {seed}",
        hint=f"find the difference: tinyhost diff --board {device.name} --seed {seed} --layers",
    )

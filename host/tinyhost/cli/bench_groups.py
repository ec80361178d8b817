"""`tinyhost bench --groups` and `--robustness`: metrics by group, and accuracy on degraded samples."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tinyhost.cli.declare import option
from tinyhost.cli.labels import split_words
from tinyhost.errors import UsageError

if TYPE_CHECKING:
    from tinyhost.bench.result import BenchResult
    from tinyhost.datasets.groups import Groups

__all__ = [
    "GroupByOption",
    "GroupsOption",
    "PositiveOption",
    "RobustnessOption",
    "group_table",
    "sweep_names",
    "with_groups",
]

GroupsOption = Annotated[
    Path | None,
    option(
        "--groups",
        metavar="CSV",
        help="A table of the groups of each file of --data, with one column for each grouping, or the "
        "manifest.jsonl of an imported set. Reports rates by group, fairness criteria and thresholds.",
    ),
]
GroupByOption = Annotated[
    str, option("--group-by", metavar="COLUMNS", help="Use only these columns of --groups, separated by commas.")
]
PositiveOption = Annotated[
    str | None,
    option("--positive", metavar="LABEL", help="With --groups: the positive label. Default: the second of two."),
]


RobustnessOption = Annotated[
    str | None,
    option(
        "--robustness",
        metavar="NAMES",
        help="Degrade the samples of --data step by step until the model fails. For pictures: light, blur, noise; "
        "for clips: gain, noise, reverberation; for motion: gain, noise, tilt; or all.",
    ),
]


def sweep_names(robustness: str | None, data: Path | None) -> tuple[str, ...]:
    """Return the conditions of --robustness. Raises UsageError without --data."""
    names = tuple(split_words(robustness or ""))
    if robustness is not None and (data is None or not names):
        raise UsageError(
            "--robustness changes the samples of --data" + ("" if names else ", and names none of its conditions"),
            hint="add --data FOLDER" if data is None else "--robustness all",
        )
    return names


def group_table(groups: Path | None, columns: str, data: Path | None) -> Groups | None:
    """Return the table of --groups. Raises UsageError without --data, DatasetError if it is malformed."""
    if groups is None:
        return None
    if data is None:
        raise UsageError("--groups needs the samples of --data, but none are given", hint="add --data FOLDER")
    from tinyhost.datasets.groups import read_groups

    return read_groups(groups, split_words(columns))


def with_groups(result: BenchResult, table: Groups | None, positive: str | None) -> BenchResult:
    """Return a result with its metrics by group. Raises UsageError for a model that does not classify."""
    if table is None:
        return result
    from tinyhost.tasks.classes import Accuracy
    from tinyhost.tasks.fairness import judge_groups

    accuracy = next((item for item in result.findings if isinstance(item, Accuracy)), None)
    if accuracy is None:
        raise UsageError("--groups works only for models that classify samples", hint="leave it out")
    return replace(result, findings=(*result.findings, judge_groups(accuracy, table, positive)))

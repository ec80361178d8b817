"""`tinyhost data check`: find problems in a data set, and move bad samples aside."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tinyhost.cli.declare import argument, option
from tinyhost.cli.labels import split_words
from tinyhost.cli.options import JsonOption, TimeUnitOption, UnitOption
from tinyhost.cli.output import check_targets, console, note, progress_count, say, write_file, write_json
from tinyhost.cli.skipped import tell_skipped
from tinyhost.errors import CheckFailedError, UsageError
from tinyhost.system.wording import counted

if TYPE_CHECKING:
    from tinyhost.datasets.checking.findings import DataCheck, DataIssue

__all__ = ["check"]


def check(
    folder: Annotated[Path, argument(help="The data set: a folder with one folder for each label.")],
    *,
    quarantine: Annotated[
        Path | None,
        option(
            metavar="DIR",
            help="Move the files with issues, and the reasons, into this folder; one of several copies stays.",
        ),
    ] = None,
    only: Annotated[
        str, option(metavar="ISSUES", help="With --quarantine: move only files with these issues, separated by commas.")
    ] = "",
    restore: Annotated[
        Path | None,
        option(metavar="DIR", help="Move back the files that --quarantine moved into this folder, and exit."),
    ] = None,
    against: Annotated[
        Path | None,
        option(
            metavar="SET",
            help="Compare the features with those of this data set, or of the one that a run was trained on: drift.",
        ),
    ] = None,
    report: Annotated[
        Path | None, option("--report", metavar="FILE", help="Write an HTML report to this file.")
    ] = None,
    unit: UnitOption = "",
    time_unit: TimeUnitOption = "",
    json: JsonOption = None,
) -> None:
    """Check a data set for bad samples, duplicates and bad splits.

    Finds dark, blurred or torn pictures; quiet, clipped or cut-off clips; motion from a stuck sensor; duplicates, the
    same content under two labels, and speakers in two splits. Exits 1 if a finding spoils training or its metrics and
    was not moved aside; findings that may be intended are only reported. Nothing is ever deleted.
    """
    from tinyhost.datasets.checking.check import check_dataset
    from tinyhost.motion.units import MotionUnits

    if restore is not None:
        if quarantine is not None or report is not None:
            raise UsageError(
                "--restore cannot be combined with --quarantine or --report", hint="omit --quarantine and --report"
            )
        _restore(folder, restore, json)
        return
    issues = _issues(only)
    check_targets(report, json)
    with progress_count("checking") as show:
        found = check_dataset(folder, against=against, units=MotionUnits.of(unit, time_unit), on_file=show)
    if report:  # before the files that it shows are moved
        from tinyhost.report.data_check import data_check_report

        write_file(report, data_check_report(found))
    if quarantine is not None:
        found = _quarantine(found, quarantine, issues)
    if json:
        write_json(found, json)
    if json != "-":
        _show(found)
    tell_skipped(found.skipped)
    if report:
        note(f"report: {report}")
    _judge(found)


def _show(found: DataCheck) -> None:
    from tinyhost.views.data_check import data_check_view

    console().print(data_check_view(found), soft_wrap=True)


def _issues(words: str) -> tuple[DataIssue, ...]:
    """Return the issues that words name. Raises UsageError if one is none."""
    from tinyhost.datasets.checking.findings import ISSUES

    named = split_words(words)
    known = {str(issue): issue for issue in ISSUES}
    unknown = [name for name in named if name not in known]
    if unknown:
        raise UsageError(f"--only: no issue {', '.join(unknown)}; expected some of {', '.join(ISSUES)}")
    return tuple(known[name] for name in named)


def _quarantine(found: DataCheck, target: Path, only: tuple[DataIssue, ...]) -> DataCheck:
    from dataclasses import replace

    from tinyhost.datasets.checking.quarantine import quarantine

    moved = quarantine(found, target, only)
    if moved:
        note(f"{counted(len(moved), 'file')} moved to {target}; back: tinyhost data check {found.folder} --restore DIR")
    return replace(found, quarantined=moved)


def _judge(found: DataCheck) -> None:
    """Raise CheckFailedError if something bad was found and is still there."""
    moved = set(found.quarantined)
    bad = [item for item in found.findings if item.level == "bad" and not (item.surplus and moved >= set(item.surplus))]
    if bad:
        raise CheckFailedError(
            f"{found.folder}: {counted(len(bad), 'finding')} of what spoils training or its figures; "
            f"the first, {bad[0].issue}: {bad[0].text}",
            hint="fix or delete the files, split the set again with tinyhost data split, or move them: --quarantine "
            "DIR",
        )


def _restore(folder: Path, target: Path, json: str | None) -> None:
    from tinyhost.datasets.checking.quarantine import restore

    done = restore(folder, target)
    if json:
        write_json(done, json)
    if json != "-":
        say(f"{folder}: {counted(len(done.files), 'file')} moved back from {target}")

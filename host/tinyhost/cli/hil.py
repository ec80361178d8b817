"""`tinyhost hil run`: run a rig's tests on every board."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tinyhost.cli import hil_allow, hil_history
from tinyhost.cli.declare import Group, make_command, make_group, option
from tinyhost.cli.hil_history import HistoryOption, NoHistoryOption, keep, open_history
from tinyhost.cli.hil_soak import run_soak
from tinyhost.cli.options import VIRTUAL_RIG, JsonOption, RigOption
from tinyhost.cli.output import check_targets, console, status_console, write_file, write_json
from tinyhost.errors import CheckFailedError
from tinyhost.system.wording import counted

if TYPE_CHECKING:
    from rich.console import Console

    from tinyhost.hil.results import RigResult
    from tinyhost.hil.rigs import Rig
    from tinyhost.hil.runner import BoardProcess, RunOptions

__all__ = ["command"]

JunitOption = Annotated[
    Path | None,
    option("--junit", metavar="FILE", help="Write JUnit XML to this file; rig faults are errors of the type rig."),
]
ReportOption = Annotated[
    Path | None,
    option("--report", metavar="FILE", help="Write an HTML report to this file."),
]
AllureOption = Annotated[
    Path | None,
    option("--allure", metavar="DIR", help="Write Allure's result files, a JSON file for each test, to this folder."),
]
OpenHtfOption = Annotated[
    Path | None,
    option(
        "--openhtf", metavar="DIR", help="Write OpenHTF's test records, a JSON file for each board, to this folder."
    ),
]
SelectOption = Annotated[
    str | None,
    option("--select", "-k", metavar="EXPR", help="Run only the tests whose names match, as pytest's -k does."),
]
OutOption = Annotated[
    Path,
    option("--out", metavar="DIR", help="The folder for event logs, pytest's output and the flash of virtual boards."),
]

RerunsOption = Annotated[
    int,
    option(
        "--reruns",
        min=0,
        max=10,
        help="How often a test that ended with a rig fault is rerun; a failed test is never rerun.",
    ),
]
JobsOption = Annotated[
    int | None, option("--jobs", min=1, metavar="N", help="How many boards are tested at the same time. Default: all.")
]
ShareOption = Annotated[
    bool,
    option(
        "--share",
        help="Let equivalent boards (same type, app, scene, model, allow) share the tests, so that each "
        "test runs once.",
    ),
]
ForOption = Annotated[
    str | None,
    option(
        "--for",
        metavar="TIME",
        help="Soak test: repeat the tests for this time, such as 8h or 90m; --report is then a page about the "
        "boards' health, written after each round.",
    ),
]


def command() -> Group:
    """Return `hil run` and its subcommands."""
    return make_group(
        "Run hardware-in-the-loop tests on the boards of a rig.",
        {
            "run": make_command(
                run,
                examples=(
                    "tinyhost hil run",
                    "tinyhost hil run --rig hil/rigs/desk.toml --junit hil.xml --report hil.html",
                    "tinyhost hil run --rig hil/rigs/desk.toml --for 8h --report health.html",
                ),
            ),
            "history": hil_history.command(),
            "allow": hil_allow.command(),
        },
    )


def run(
    *,
    rig: RigOption = VIRTUAL_RIG,
    junit: JunitOption = None,
    report: ReportOption = None,
    allure: AllureOption = None,
    openhtf: OpenHtfOption = None,
    select: SelectOption = None,
    reruns: RerunsOption = 1,
    jobs: JobsOption = None,
    share: ShareOption = False,
    soak: ForOption = None,
    out: OutOption = Path("runs/hil"),
    history: HistoryOption = None,
    no_history: NoHistoryOption = False,
    json: JsonOption = None,
) -> None:
    """Run a rig's tests on all of its boards.

    Exits 1 unless every board passed.
    """
    from tinyhost.boards.project import find_shipped
    from tinyhost.hil.rigs import load_rig
    from tinyhost.hil.runner import RunOptions
    from tinyhost.system.tools import require_module

    require_module("pytest", why="it runs the tests of a rig")
    loaded = load_rig(find_shipped(rig))
    check_targets(junit, report, json, allure and allure / "result.json", openhtf and openhtf / "record.json")
    options = RunOptions(select=select, reruns=reruns, jobs=jobs, share=share)
    store = None if no_history else open_history(history)
    if soak is not None:

        def after_round(result: RigResult) -> None:
            _write(result, junit, None, None)
            _write_records(result, allure, openhtf)

        run_soak(
            loaded, lambda: _run_watched(loaded, out, options), soak, out=out, store=store,
            after_round=after_round, report=report, json=json,
        )  # fmt: skip
        return
    result = _run_watched(loaded, out, options)
    _print(result, json)
    _write(result, junit, report, json)
    _write_records(result, allure, openhtf)
    keep(result, store)
    if result.interrupted:
        raise KeyboardInterrupt
    if not result.passed:
        where = str(report) if report else f"{out}/*/pytest.txt"
        raise CheckFailedError(f"rig {result.rig}: {result.verdict()}", hint=f"see {where}")


def _run_watched(rig: Rig, out: Path, options: RunOptions) -> RigResult:
    """Run the rig under a live table, one row per board."""
    from rich.live import Live

    from tinyhost.hil.runner import run_rig
    from tinyhost.views.hil import rig_progress

    status = status_console()
    if not status.is_terminal:
        return run_rig(rig, folder=out, options=options, observe=_print_finished(status))
    with Live(console=status, refresh_per_second=8, transient=True) as live:
        return run_rig(rig, folder=out, options=options, observe=lambda boards: live.update(rig_progress(boards)))


def _print_finished(status: Console) -> Callable[[Sequence[BoardProcess]], None]:
    """Return an observer for logs: one line when a board starts, one when it is through."""
    told: set[tuple[str, bool]] = set()

    def observe(boards: Sequence[BoardProcess]) -> None:
        for process in boards:
            name, words = process.run.board.name, "done" if process.done else "running"
            if (name, process.done) not in told:
                told.add((name, process.done))
                status.print(f"{name}: {words}, {counted(len(process.run.tests), 'test')}, {process.seconds:.0f} s")

    return observe


def _print(result: RigResult, json: str | None) -> None:
    """Print the results, unless the document goes to stdout."""
    from tinyhost.views.hil import rig_result

    if json != "-":
        for line in rig_result(result):
            console().print(line, soft_wrap=True)


def _write(result: RigResult, junit: Path | None, report: Path | None, json: str | None) -> None:
    """Write the requested reports."""
    if junit:
        from tinyhost.hil.junit import junit_xml

        write_file(junit, junit_xml(result))
    if report:
        from tinyhost.report.hil import hil_report

        write_file(report, hil_report(result))
    if json:
        from tinyhost.hil.document import RigDocument

        write_json(RigDocument.of(result), json)


def _write_records(result: RigResult, allure: Path | None, openhtf: Path | None) -> None:
    """Add a run's records to the folders of other systems; each file is named for its run."""
    if allure:
        from tinyhost.hil.allure import write_allure

        write_allure(allure, result)
    if openhtf:
        from tinyhost.hil.openhtf import write_openhtf

        write_openhtf(openhtf, result)

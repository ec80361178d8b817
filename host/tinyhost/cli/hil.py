"""`tinyhost hil run`: takes every board of a rig through the rig's tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tinyhost.cli.declare import Group, make_command, make_group, option
from tinyhost.cli.options import JsonOption
from tinyhost.cli.output import check_targets, console, status_console, write_file, write_json
from tinyhost.errors import CheckFailedError
from tinyhost.system.wording import counted

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from tinyhost.hil.results import BoardResult, RigResult
    from tinyhost.hil.rigs import Rig
    from tinyhost.hil.runner import BoardProcess, RunOptions

__all__ = ["command"]

_VIRTUAL_RIG = Path("hil/rigs/virtual.toml")
RigOption = Annotated[
    Path,
    option(
        "--rig",
        show_default=False,
        help="The rig file, which lists the boards (docs/guides/rigs.md). "
        "Default: hil/rigs/virtual.toml, virtual boards of each app.",
    ),
]
JunitOption = Annotated[
    Path | None,
    option("--junit", metavar="FILE", help="Write JUnit XML; faults of the rig are errors of the type rig."),
]
ReportOption = Annotated[
    Path | None,
    option("--report", metavar="FILE", help="Write an HTML report to this file."),
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
        "--reruns", min=0, max=10, help="How often a test that a rig fault ended is run again; a wrong answer never is."
    ),
]
JobsOption = Annotated[
    int | None, option("--jobs", min=1, metavar="N", help="How many boards run at once. Default: all.")
]
ShareOption = Annotated[
    bool,
    option(
        "--share", help="Let boards that are alike (type, app, scene, model, allow) share the tests: each is run once."
    ),
]

MAX_TEXT_LINES = 16


def command() -> Group:
    """Return `hil run`."""
    return make_group(
        "Run hardware-in-the-loop tests on the boards of a rig.",
        {
            "run": make_command(
                run,
                examples=(
                    "tinyhost hil run",
                    "tinyhost hil run --rig hil/rigs/desk.toml --junit hil.xml --report hil.html",
                ),
            ),
        },
    )


def run(
    *,
    rig: RigOption = _VIRTUAL_RIG,
    junit: JunitOption = None,
    report: ReportOption = None,
    select: SelectOption = None,
    reruns: RerunsOption = 1,
    jobs: JobsOption = None,
    share: ShareOption = False,
    out: OutOption = Path("runs/hil"),
    json: JsonOption = None,
) -> None:
    """Run the rig's tests on all of its boards at once.

    Exits 1 unless every board passed.
    """
    from tinyhost.boards.project import find_shipped
    from tinyhost.hil.rigs import load_rig
    from tinyhost.hil.runner import RunOptions
    from tinyhost.system.tools import require_module

    require_module("pytest", why="it runs the tests of a rig")
    loaded = load_rig(find_shipped(rig))
    check_targets(junit, report, json)
    options = RunOptions(select=select, reruns=reruns, jobs=jobs, share=share)
    result = _run_watched(loaded, out, options)
    if json != "-":
        _print(result)
    _write(result, junit, report, json)
    if result.interrupted:
        raise KeyboardInterrupt
    if not result.passed:
        where = str(report) if report else f"{out}/*/pytest.txt"
        raise CheckFailedError(f"rig {result.rig}: {result.verdict()}", hint=f"see {where}")


def _run_watched(rig: Rig, out: Path, options: RunOptions) -> RigResult:
    """Run the rig under a live table, one row per board."""
    from rich.live import Live

    from tinyhost.hil.runner import run_rig

    status = status_console()
    if not status.is_terminal:
        return run_rig(rig, folder=out, options=options, observe=_print_finished(status))
    with Live(console=status, refresh_per_second=8, transient=True) as live:
        return run_rig(rig, folder=out, options=options, observe=lambda boards: live.update(_progress(boards)))


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


def _write(result: RigResult, junit: Path | None, report: Path | None, json: str | None) -> None:
    """Write the reports that were asked for."""
    if junit:
        from tinyhost.hil.junit import junit_xml

        write_file(junit, junit_xml(result))
    if report:
        from tinyhost.report.hil import hil_report

        write_file(report, hil_report(result))
    if json:
        from tinyhost.hil.document import RigDocument

        write_json(RigDocument.of(result), json)


def _progress(boards: Sequence[BoardProcess]) -> RenderableType:
    """Return the live table: board, progress, counts, what it is doing."""
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    from tinyhost.hil.results import BAD_OUTCOMES

    table = Table.grid(padding=(0, 2))
    for process in boards:
        run = process.run
        ran = [test for test in run.tests if test.outcome != "not_applicable"]
        bad = sum(test.outcome in BAD_OUTCOMES for test in ran)
        now = "done" if process.done else (run.current or run.stage).rpartition("/")[2]
        table.add_row(
            Text(run.board.name, style="bold"),
            ProgressBar(total=len(run.planned) or 1, completed=len(ran), width=28),
            f"{len(ran)}/{len(run.planned)}",
            Text(f"{bad} bad", style="bold red") if bad else Text("ok", style="green"),
            f"{process.seconds:.0f} s",
            Text(now, style="dim", overflow="ellipsis", no_wrap=True),
        )
    return table


def _print(result: RigResult) -> None:
    """Print everything that went wrong or did not apply, then what each board found."""
    from rich.text import Text

    from tinyhost.hil.results import OUTCOME_WORDS, find_problems, headline, reran

    out = console()
    for reason, tests in _not_applicable(result).items():
        files = ", ".join(dict.fromkeys(test.partition("::")[0] for test in tests))
        out.print(Text(f"not applicable  {reason}: {len(tests)} of {files}", style="dim"), soft_wrap=True)
    for problem in find_problems(result):
        test = problem.first
        what = test.test if len(problem.tests) == 1 else counted(len(problem.tests), "test")
        out.print(Text(f"{problem.board}  {what}: {OUTCOME_WORDS[test.outcome]}", style="bold red"), soft_wrap=True)
        lines = test.text.splitlines()[:MAX_TEXT_LINES] if test.outcome in {"rig", "build"} else [test.headline]
        for line in lines:
            out.print(Text(f"    {line}"), soft_wrap=True)
    for board, again in reran(result):
        first = again.attempts[0]
        words = (
            f"run again  {board.board.name}  {again.test}: {OUTCOME_WORDS[again.outcome]}; before, on {first.board}: "
        )
        out.print(Text(words + headline(first.text), style="yellow"), soft_wrap=True)
    for board in result.boards:
        out.print(_board_line(board), soft_wrap=True)
    if result.passed:
        out.print(Text(result.verdict(), style="bold green"), soft_wrap=True)


def _not_applicable(result: RigResult) -> dict[str, list[str]]:
    """Return the tests that do not apply to a board, by the reason, which names the board."""
    found: dict[str, list[str]] = {}
    for test in (test for board in result.boards for test in board.tests):
        if test.outcome == "not_applicable":
            found.setdefault(test.text, []).append(test.test)
    return found


def _board_line(board: BoardResult) -> RenderableType:
    """Return one line: which board, which firmware, how many tests."""
    from rich.text import Text

    from tinyhost.hil.results import OUTCOME_WORDS

    counts = ", ".join(f"{n} {OUTCOME_WORDS[outcome]}" for outcome, n in board.counts.items())
    device = (
        "{app} {firmware_version}, build {build_id}".format(**board.identity) if board.identity else "never answered"
    )
    style = "green" if board.passed else "red"
    return Text.assemble(
        (f"{board.board.name:14}", style), f" {counts} in {board.seconds:.1f} s", (f"  {device}", "dim")
    )

"""A rig run in a terminal: the boards while they run, then failures and each board's results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from tinyhost.hil.bench_run import BENCH
from tinyhost.hil.board_process import BoardProcess
from tinyhost.hil.results import BAD_OUTCOMES, OUTCOME_WORDS, BoardResult, RigResult, find_problems, headline, reran
from tinyhost.system.wording import counted

__all__ = ["rig_progress", "rig_result"]

MAX_TEXT_LINES = 16


def rig_progress(boards: Sequence[BoardProcess]) -> RenderableType:
    """Return the live table: board, progress, counts, current step."""
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


def rig_result(result: RigResult) -> Iterator[Text]:
    """Yield the lines on failures and tests that did not apply, then on each board's results."""
    for reason, tests in _not_applicable(result).items():
        files = ", ".join(dict.fromkeys(test.partition("::")[0] for test in tests))
        yield Text(f"not applicable  {reason}: {len(tests)} of {files}", style="dim")
    for problem in find_problems(result):
        test = problem.first
        what = test.test if len(problem.tests) == 1 else counted(len(problem.tests), "test")
        yield Text(f"{problem.board}  {what}: {OUTCOME_WORDS[test.outcome]}", style="bold red")
        lines = test.text.splitlines()[:MAX_TEXT_LINES] if test.outcome in {"rig", "build"} else [test.headline]
        yield from (Text(f"    {line}") for line in lines)
    for board, again in reran(result):
        first = again.attempts[0]
        ended = f"{board.board.name}  {again.test}: {OUTCOME_WORDS[again.outcome]}"
        yield Text(f"run again  {ended}; before, on {first.board}: {headline(first.text)}", style="yellow")
    for board in result.boards:
        yield _board_line(board)
        if figures := _bench_figures(board):
            yield Text(f"{'':14} {figures}", style="dim")
    if result.passed:
        yield Text(result.verdict(), style="bold green")


def _not_applicable(result: RigResult) -> dict[str, list[str]]:
    """Return the tests that do not apply to a board, by the reason, which names the board."""
    found: dict[str, list[str]] = {}
    for test in (test for board in result.boards for test in board.tests):
        if test.outcome == "not_applicable":
            found.setdefault(test.text, []).append(test.test)
    return found


def _bench_figures(board: BoardResult) -> str:
    """Return the benchmark's figures in one line; empty without one."""
    found = [(name, value) for test in board.tests for name, value in test.properties.items()]
    return "; ".join(f"{name.removeprefix(BENCH)} {value}" for name, value in found if name.startswith(BENCH))


def _board_line(board: BoardResult) -> Text:
    """Return one line with board, firmware and number of tests."""
    counts = ", ".join(f"{n} {OUTCOME_WORDS[outcome]}" for outcome, n in board.counts.items())
    device = (
        "{app} {firmware_version}, build {build_id}".format(**board.identity) if board.identity else "never answered"
    )
    style = "green" if board.passed else "red"
    return Text.assemble(
        (f"{board.board.name:14}", style), f" {counts} in {board.seconds:.1f} s", (f"  {device}", "dim")
    )

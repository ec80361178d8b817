"""`tinyhost hil history`: the recorded runs of each test on each board."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tinyhost.cli.declare import Command, make_command, option
from tinyhost.cli.options import JsonOption
from tinyhost.cli.output import check_targets, note, print_table, say, warn, write_file, write_json
from tinyhost.errors import TinyhostError
from tinyhost.system.wording import counted

if TYPE_CHECKING:
    from tinyhost.hil.history.store import HistoryStore
    from tinyhost.hil.results import RigResult

__all__ = ["HistoryOption", "NoHistoryOption", "command", "keep", "open_history"]

HistoryOption = Annotated[
    Path | None,
    option(
        "--history",
        metavar="FILE",
        help="The SQLite file with the history of runs. Default: hil/history.sqlite3 in the state folder.",
    ),
]
NoHistoryOption = Annotated[bool, option("--no-history", help="Do not record this run in the history.")]


def command() -> Command:
    """Return `hil history`."""
    return make_command(
        history,
        examples=(
            "tinyhost hil history",
            "tinyhost hil history --rig desk --board desk-1 --runs 200 --html history.html",
        ),
    )


def history(
    *,
    rig: Annotated[str | None, option("--rig", metavar="NAME", help="Show only runs of this rig.")] = None,
    board: Annotated[str | None, option("--board", metavar="NAME", help="Show only this board of the rig.")] = None,
    test: Annotated[
        str | None, option("--test", metavar="TEXT", help="Show only tests whose id contains this text.")
    ] = None,
    runs: Annotated[int, option("--runs", min=1, max=100_000, help="How many of the latest runs to use.")] = 50,
    every: Annotated[bool, option("--all", help="Also show the tests that are steady.")] = False,
    html: Annotated[
        Path | None,
        option("--html", metavar="FILE", help="Write an HTML page with every test, board and figure to this file."),
    ] = None,
    history: HistoryOption = None,
    json: JsonOption = None,
) -> None:
    """Show the history of each test on each board: pass rates with intervals, flips, and figures over time.

    A flip is a change between passed and failed; with the same build, it is due to chance or the bench.
    """
    from tinyhost.hil.history.document import HistoryDocument
    from tinyhost.hil.history.store import Filter
    from tinyhost.hil.history.trends import test_trends
    from tinyhost.views.history import history_table

    check_targets(html, json)
    store = open_history(history)
    which = Filter(rig=rig, board=board, test=test, n_runs=runs)
    past, trends = store.runs(which), test_trends(store.tests(which))
    if html:
        from tinyhost.report.history import history_page

        title = f"History of rig {rig}" if rig else "History of HIL runs"
        page = history_page(
            title=title, subtitle=f"{counted(len(past), 'run')} of {store.path}", runs=past, trends=trends
        )
        write_file(html, page)
    if json:
        aside = str(store.set_aside) if store.set_aside else None
        write_json(HistoryDocument(file=str(store.path), set_aside=aside, runs=tuple(past), tests=tuple(trends)), json)
    if json == "-":
        return
    shown = [trend for trend in trends if every or trend.steadiness != "steady"]
    if shown:
        print_table(history_table(shown))
    steady = len(trends) - sum(trend.steadiness != "steady" for trend in trends)
    say(
        f"{counted(len(past), 'run')}, {sum(run.passed for run in past)} passed; {steady} of {len(trends)} tests steady"
    )


def open_history(path: Path | None) -> HistoryStore:
    """Return the history; report a damaged file that was set aside. Raises ConfigError."""
    from tinyhost.hil.history.store import HistoryStore, history_path

    store = HistoryStore(path or history_path())
    if store.set_aside is not None:
        warn(f"{store.path} was damaged; it is now {store.set_aside}, and a new history begins")
    return store


def keep(result: RigResult, store: HistoryStore | None, *, soak: str = "") -> None:
    """Store a run; a failure to store it is only reported."""
    if store is None:
        return
    try:
        number = store.add(result, soak=soak)
    except TinyhostError as exc:
        warn(f"not kept in the history: {exc.message}")
        return
    note(f"run {number} of {store.path}")

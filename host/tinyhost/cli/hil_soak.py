"""`tinyhost hil run --for`: round after round, with a page of the boards' health."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from tinyhost.cli.hil_history import keep, open_history
from tinyhost.cli.output import note, say, write_file, write_json
from tinyhost.errors import CheckFailedError
from tinyhost.system.wording import counted

if TYPE_CHECKING:
    from tinyhost.hil.history.store import HistoryStore
    from tinyhost.hil.results import RigResult
    from tinyhost.hil.rigs import Rig

__all__ = ["run_soak"]


def run_soak(
    rig: Rig,
    run: Callable[[], RigResult],
    time: str,
    *,
    out: Path,
    store: HistoryStore | None,
    after_round: Callable[[RigResult], None],
    report: Path | None,
    json: str | None,
) -> None:
    """Run rounds until the time is over. Raises CheckFailedError unless all of them passed."""
    from tinyhost.hil.history.document import SoakDocument, SoakRoundDocument
    from tinyhost.hil.history.store import Filter
    from tinyhost.hil.history.trends import test_trends
    from tinyhost.hil.soak import keep_logs, parse_duration, soak_rounds
    from tinyhost.report.history import history_page

    seconds, began, soak = parse_duration(time), datetime.now(timezone.utc), secrets.token_hex(8)
    kept = store or open_history(out / "soak.sqlite3")
    rounds: list[SoakRoundDocument] = []
    which = Filter(rig=rig.name, soak=soak, n_runs=100_000)

    def page(result: RigResult, *, goes_on: bool) -> None:
        words = f"Since {began:%Y-%m-%d %H:%M} UTC, for {time}: {'goes on' if goes_on else 'over'}; {rig.path}"
        runs, trends = kept.runs(which), test_trends(kept.tests(which))
        title, reload_s = f"Soak of rig {result.rig}", 30 if goes_on else 0
        if report:
            content = history_page(title=title, subtitle=words, runs=runs, trends=trends, reload_s=reload_s)
            write_file(report, content)

    for each in soak_rounds(run, seconds):
        result = each.result
        keep(result, kept, soak=soak)
        rounds.append(SoakRoundDocument.of(result))
        note(f"round {each.number}: {result.verdict()}")
        after_round(result)
        page(result, goes_on=True)
        if not result.passed:
            keep_logs(out, each.number, result)
    page(result, goes_on=False)
    took = (datetime.now(timezone.utc) - began).total_seconds()
    document = SoakDocument(
        rig=rig.name, started=began.isoformat(timespec="seconds"), seconds=round(took, 3), asked_seconds=seconds,
        passed=all(each.passed for each in rounds), rounds=tuple(rounds),
        tests=tuple(test_trends(kept.tests(which))),
    )  # fmt: skip
    if json:
        write_json(document, json)
    n_passed = sum(each.passed for each in rounds)
    words = f"{n_passed} of {counted(len(rounds), 'round')} passed in {took / 3600:.2f} h"
    if json != "-":
        say(words)
    if result.interrupted:
        raise KeyboardInterrupt
    if not document.passed:
        raise CheckFailedError(f"rig {rig.name}: {words}", hint=f"see {report or f'{out}/round-*'}")

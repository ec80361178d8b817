"""Runs the tests of a rig on all its boards: one watched pytest process per board, all at once."""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from tinyhost.errors import UsageError
from tinyhost.hil.allowed import check_allowed, read_allowed
from tinyhost.hil.board_process import BoardProcess
from tinyhost.hil.groups import BoardGroup, alike
from tinyhost.hil.quarantine import Quarantine, load_quarantine
from tinyhost.hil.results import RigResult
from tinyhost.hil.rigs import Rig, RigBoard

__all__ = ["BoardProcess", "RunOptions", "run_rig"]

POLL_S = 0.1
Observer = Callable[[Sequence[BoardProcess]], None]


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """Options of a rig run.

    select: expression for pytest's -k. reruns: maximum reruns of a test after rig faults. jobs: number of boards at
    once; None means all. share: boards of the same kind share the tests, so that each is run once.
    """

    select: str | None = None
    reruns: int = 0
    jobs: int | None = None
    share: bool = False


def run_rig(
    rig: Rig, *, folder: Path, options: RunOptions = RunOptions(), observe: Observer = lambda _: None
) -> RigResult:
    """Return the results of the rig's tests on each of its boards.

    folder: for event logs, pytest's output and the flash of virtual boards; one folder per board.
    observe: called a few times a second with the processes of all boards.
    Raises UsageError if options.select is invalid, ConfigError for an invalid quarantine file, and for a board that
    needs a program that this computer's owner did not allow. Ctrl-C stops the boards; the result is then `interrupted`,
    with the results so far.
    """
    _check_expression(options.select)
    started, began = datetime.now(timezone.utc), time.monotonic()
    quarantine = Quarantine()
    if rig.quarantine is not None:
        quarantine = load_quarantine(rig.quarantine, [board.name for board in rig.boards], started.date())
    allowed = read_allowed()
    for board in rig.boards:
        check_allowed(board, allowed)
    groups = _groups(rig, folder, options)
    by_name = {process.run.board.name: process for group in groups for process in group.processes}
    processes = [by_name[board.name] for board in rig.boards]
    interrupted = _watch(groups, processes, options.jobs or len(processes), observe)
    boards = tuple(quarantine.judged(process.run.result(process.seconds)) for process in processes)
    return RigResult(
        rig=rig.name,
        rig_file=str(rig.path),
        started=started,
        seconds=time.monotonic() - began,
        boards=boards,
        interrupted=interrupted,
        unmatched=() if options.select or interrupted else quarantine.unmatched(boards),
    )


def _watch(groups: Sequence[BoardGroup], processes: Sequence[BoardProcess], jobs: int, observe: Observer) -> bool:
    """Run all boards to their end, `jobs` at a time; return whether the user interrupted it."""
    interrupted = False
    try:
        while True:
            for process in processes:
                process.poll()
            for group in groups:
                group.step()
            n_free = jobs - sum(process.is_running for process in processes)
            for process in [process for process in processes if process.is_due()][: max(0, n_free)]:
                process.start()
            observe(processes)
            if all(group.done for group in groups):
                break
            time.sleep(POLL_S)
    except KeyboardInterrupt:
        interrupted = True
    finally:
        for process in processes:
            process.interrupt()
    for group in groups:
        group.close()
    return interrupted


def _groups(rig: Rig, folder: Path, options: RunOptions) -> list[BoardGroup]:
    """Return the boards of the rig in groups that share tests; each for itself unless options.share."""
    found: dict[object, list[RigBoard]] = {}
    for board in rig.boards:
        found.setdefault(alike(board) if options.share else board.name, []).append(board)
    pytest_args = ["--hil-run", secrets.token_hex(8), *(["-k", options.select] if options.select else [])]
    groups = []
    for boards in found.values():
        claims = None
        if len(boards) > 1:
            claims = (folder / boards[0].name / "claims").absolute()
            shutil.rmtree(claims, ignore_errors=True)  # of an earlier run
            claims.mkdir(parents=True)
        processes = [BoardProcess(rig, board, folder / board.name, pytest_args, claims) for board in boards]
        groups.append(BoardGroup(processes, claims, options.reruns))
    return groups


def _check_expression(select: str | None) -> None:
    """Raise UsageError for an expression that pytest would refuse on every board, like a rig fault."""
    from _pytest.mark.expression import Expression  # pytest has no public API for this

    try:
        Expression.compile(select or "")
    except Exception as exc:  # of another type in each version
        raise UsageError(
            f"--select {select!r}: {str(exc).partition(' (<')[0]}",
            hint="names with and, or, not: --select 'push and not restart'",
        ) from exc

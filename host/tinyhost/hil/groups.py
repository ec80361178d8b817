"""Groups of boards that take tests from one queue: a single board, or several of the same kind.

Tests stopped by rig faults are rerun, failed tests are not. A lost board rejoins its group when it answers again.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tinyhost.hil.board_process import BoardProcess
from tinyhost.hil.results import Attempt, TestResult
from tinyhost.hil.rigs import RigBoard
from tinyhost.hil.sharing import release

__all__ = ["BoardGroup", "alike"]

RERUN_AFTER_S = 1.0  # time for a hub to bring a board back
REJOIN_AFTER_S = 2.0
MAX_REJOINS = 12
MAX_WAIT_S = 60.0


def alike(board: RigBoard) -> tuple[object, ...]:
    """Return the key that is equal for boards that share tests."""
    return (board.type, board.app, board.scene, board.model, board.allow)


class BoardGroup:
    """The processes of a group of boards."""

    def __init__(self, processes: Sequence[BoardProcess], claims: Path | None, reruns: int) -> None:
        """claims: the folder of several boards' claims; None for a single board.

        reruns: maximum for a test after rig faults.
        """
        self.processes = processes
        self._claims = claims
        self._reruns = reruns
        self._rejoins = dict.fromkeys(range(len(processes)), 0)

    @property
    def done(self) -> bool:
        """True if every test has its last result."""
        return all(process.done for process in self.processes)

    def step(self) -> None:
        """Restart the processes that are due."""
        if not self.done:
            self._rejoin()
        elif self._reruns:
            self._run_again()

    def close(self) -> None:
        """Record the tests left over by all boards as not run."""
        for test in self._lost():
            self.processes[0].run.add(
                TestResult(test=test, outcome="not_run", phase="run", text="no board was left for it")
            )

    def _lost(self) -> list[str]:
        """Return the tests without a result on any board, e.g. claimed by a board that was lost."""
        have = {test.test for process in self.processes for test in process.run.tests}
        seen = dict.fromkeys(test for process in self.processes for test in process.run.seen)
        return [test for test in seen if test not in have]

    def _rejoin(self) -> None:
        if self._claims is None or not any(process.is_running for process in self.processes):
            return
        for n, process in enumerate(self.processes):
            if process.done and process.run.left and self._rejoins[n] < MAX_REJOINS:
                wait_s = min(REJOIN_AFTER_S * 2 ** self._rejoins[n], MAX_WAIT_S)
                self._rejoins[n] += 1
                process.ask_again(None, {}, wait_s=wait_s)

    def _run_again(self) -> None:
        """Rerun the tests stopped by rig faults, on the boards that are left, or on all if none is."""
        attempts: dict[str, tuple[Attempt, ...]] = dict.fromkeys(self._lost(), ())
        for process in self.processes:
            broken = [test.test for test in process.run.tests if test.outcome in {"rig", "not_run"}]
            known = [test for test in broken if test in process.run.seen]
            attempts |= process.run.take_back(known)
        if not attempts:
            return
        self._reruns -= 1
        if self._claims is not None:
            release(self._claims, attempts)
        able = [process for process in self.processes if not process.run.left] or self.processes
        for process in able:
            process.ask_again(list(attempts), attempts, wait_s=RERUN_AFTER_S)

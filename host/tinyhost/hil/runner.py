"""Takes every board of a rig through the rig's tests: one pytest process per board, all at once, watched."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from pathlib import Path

from tinyhost.errors import UsageError
from tinyhost.hil.events import EventReader
from tinyhost.hil.results import BoardRun, Outcome, RigResult
from tinyhost.hil.rigs import Rig, RigBoard
from tinyhost.system.processes import interrupt, kill_with_children, start_program

__all__ = ["BoardProcess", "run_rig"]

POLL_S = 0.1
STOP_S = 10.0  # for a run that was interrupted to switch its board off and end
OUTPUT_TAIL_CHARS = 4000
PYTEST_REPORTED = (0, 1, 2, 5)  # exit codes after which the event log has the whole story


class BoardProcess:
    """The pytest process of one board, and what it has told so far."""

    def __init__(self, rig: Rig, board: RigBoard, folder: Path, pytest_args: Sequence[str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        events = folder / "events.jsonl"
        events.unlink(missing_ok=True)
        self.run = BoardRun(board)
        self.seconds = 0.0
        self.done = False
        self._output = folder / "pytest.txt"
        self._reader = EventReader(events)
        self._began = self._last_event = time.monotonic()
        command = [sys.executable, "-m", "pytest", str(rig.tests), "--rig", str(rig.path), "--board", board.name]
        command += [
            "--hil-events",
            str(events),
            "--state",
            str(folder / "state"),
            "-p",
            "no:cacheprovider",
            "--color=no",
        ]
        with self._output.open("wb") as output:
            self._process = start_program(
                [*command, *pytest_args], stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )

    def poll(self) -> None:
        """Take new events; notice the end of the process, and a run that hangs."""
        if self.done:
            return
        ended = self._process.poll() is not None
        now = time.monotonic()
        events = self._reader.new_events()
        self.run.feed(events)
        self.seconds = now - self._began
        if events:
            self._last_event = now
        if ended:
            self._finish(f"pytest ended with exit code {self._process.returncode}")
        elif now - self._last_event > self.run.board.timeout_s:
            self.stop()
            self._finish(f"no progress for {self.run.board.timeout_s:g} s (timeout_s, {self.run.board.where}): stopped")

    def stop(self) -> None:
        """Interrupt the run so that it switches its board off; kill it if it does not end."""
        if self._process.poll() is None:
            interrupt(self._process)
            try:
                self._process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                kill_with_children(self._process)
                self._process.wait()
        self.run.feed(self._reader.new_events())

    def interrupt(self) -> None:
        """Stop the run because the user wants it."""
        if not self.done:
            self.stop()
            self._finish("interrupted by the user", outcome="not_run")

    def _finish(self, why: str, *, outcome: Outcome = "rig") -> None:
        """Record the test that was cut short and those whose turn never came, with the end of what pytest printed."""
        self.done = True
        complete = self.run.finished and len(self.run.tests) >= len(self.run.planned)
        if not complete or self._process.returncode not in PYTEST_REPORTED:
            text = self._output.read_text(errors="replace")[-OUTPUT_TAIL_CHARS:]
            self.run.cut_short(outcome, f"{why}\n{text}")


def _check_expression(select: str | None) -> None:
    """Raise UsageError for what pytest would refuse on every board, as if the rig were at fault."""
    from _pytest.mark.expression import Expression  # pytest has no public way to ask

    try:
        Expression.compile(select or "")
    except Exception as exc:  # of another type in each version
        raise UsageError(
            f"--select {select!r}: {str(exc).partition(' (<')[0]}",
            hint="names with and, or, not: --select 'push and not restart'",
        ) from exc


def run_rig(
    rig: Rig,
    *,
    folder: Path,
    select: str | None = None,
    observe: Callable[[Sequence[BoardProcess]], None] = lambda _: None,
) -> RigResult:
    """Return what the rig's tests found on each of its boards.

    folder: for event logs, pytest's output and the flash of virtual boards; one folder per board.
    select: expression for pytest's -k.
    observe: called a few times a second with the processes of all boards.
    Raises UsageError if select is no such expression.
    Ctrl-C stops the boards; the result then says `interrupted`, and has what was found until then.
    """
    _check_expression(select)
    started, began = datetime.now(timezone.utc), time.monotonic()
    pytest_args = ["-k", select] if select else []
    processes = tuple(BoardProcess(rig, board, folder / board.name, pytest_args) for board in rig.boards)
    interrupted = False
    try:
        while not all(process.done for process in processes):
            time.sleep(POLL_S)
            for process in processes:
                process.poll()
            observe(processes)
    except KeyboardInterrupt:
        interrupted = True
    finally:
        for process in processes:
            process.interrupt()
    boards = tuple(process.run.result(process.seconds) for process in processes)
    seconds = time.monotonic() - began
    return RigResult(
        rig=rig.name,
        rig_file=str(rig.path),
        started=started,
        seconds=seconds,
        boards=boards,
        interrupted=interrupted,
    )

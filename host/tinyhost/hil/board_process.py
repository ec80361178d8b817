"""The pytest process of one board of a rig: started, watched, stopped, and restarted after rig faults."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tinyhost.hil.board_run import BoardRun
from tinyhost.hil.events import EventReader
from tinyhost.hil.results import Attempt, Outcome
from tinyhost.hil.rigs import Rig, RigBoard
from tinyhost.system.durable import write_atomically
from tinyhost.system.processes import interrupt, kill_with_children, start_program

__all__ = ["BoardProcess"]

STOP_S = 10.0  # for an interrupted run to switch its board off and end
OUTPUT_TAIL_CHARS = 4000
PYTEST_REPORTED = (0, 1, 2, 5)  # exit codes after which the event log is complete


class BoardProcess:
    """The successive pytest processes of one board, and their results so far."""

    def __init__(
        self, rig: Rig, board: RigBoard, folder: Path, pytest_args: Sequence[str], claims: Path | None = None
    ) -> None:
        """pytest_args: for pytest, after those of the rig. claims: folder of the claims of boards that share tests."""
        folder.mkdir(parents=True, exist_ok=True)
        self.run = BoardRun(board)
        self.done = False
        """it ended, and no further start is due"""
        self.starts = 0
        self._rig, self._folder, self._pytest_args, self._claims = rig, folder, pytest_args, claims
        self._process: subprocess.Popen[bytes] | None = None
        self._tests: Sequence[str] | None = None
        self._due = 0.0
        self._seconds_before = 0.0
        self._began = self._last_event = time.monotonic()
        for old in (*folder.glob("events*.jsonl"), *folder.glob("pytest*.txt")):
            old.unlink()

    @property
    def is_running(self) -> bool:
        """Whether the board's pytest is running."""
        return self._process is not None

    @property
    def seconds(self) -> float:
        """The total run time of its pytest over all starts, in s."""
        return self._seconds_before + (time.monotonic() - self._began if self._process else 0.0)

    def is_due(self) -> bool:
        """Return whether it is time to start."""
        return not self.done and self._process is None and time.monotonic() >= self._due

    def ask_again(
        self, tests: Sequence[str] | None, attempts: Mapping[str, tuple[Attempt, ...]], *, wait_s: float
    ) -> None:
        """Schedule another start. tests: only these. attempts: their earlier results, on any board."""
        self.run.begin_again(attempts)
        self._tests, self._due, self.done = tests, time.monotonic() + wait_s, False

    def start(self) -> None:
        """Start pytest."""
        self.starts += 1
        suffix = f"-{self.starts}" if self.starts > 1 else ""
        events, self._output = self._folder / f"events{suffix}.jsonl", self._folder / f"pytest{suffix}.txt"
        self._reader = EventReader(events)
        rig = ["--rig", str(self._rig.path), "--board", self.run.board.name, "--state", str(self._folder / "state")]
        command = [sys.executable, "-m", "pytest", str(self._rig.tests), *rig, "--hil-events", str(events)]
        if self._tests is not None:
            only = self._folder / f"tests{suffix}.json"
            write_atomically(only, json.dumps(list(self._tests)).encode(), sync=False)
            command += ["--hil-tests", str(only)]
        if self._claims is not None:
            command += ["--hil-claims", str(self._claims)]
        command += ["-p", "no:cacheprovider", "--color=no", *self._pytest_args]
        self._began = self._last_event = time.monotonic()
        with self._output.open("wb") as output:
            self._process = start_program(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)

    def poll(self) -> None:
        """Read new events; detect the end of the process, or a run that hangs."""
        if self._process is None:
            return
        ended = self._process.poll() is not None
        now = time.monotonic()
        events = self._reader.new_events()
        self.run.feed(events)
        if events:
            self._last_event = now
        if ended:
            self._finish(f"pytest ended with exit code {self._process.returncode}")
        elif now - self._last_event > self.run.board.timeout_s:
            self._stop()
            self._finish(f"no progress for {self.run.board.timeout_s:g} s (timeout_s, {self.run.board.where}): stopped")

    def interrupt(self) -> None:
        """Stop the run because the user wants it."""
        if self._process is not None:
            self._stop()
            self._finish("interrupted by the user", outcome="not_run")
        elif not self.done:
            self.done = True
            self.run.cut_short("not_run", "interrupted by the user")

    def _stop(self) -> None:
        """Interrupt the run so that it switches its board off; kill it if it does not end."""
        assert self._process is not None
        if self._process.poll() is None:
            interrupt(self._process)
            try:
                self._process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                kill_with_children(self._process)
                self._process.wait()
        self.run.feed(self._reader.new_events())

    def _finish(self, why: str, *, outcome: Outcome = "rig") -> None:
        """Record the interrupted test and those that did not run, with the end of pytest's output."""
        assert self._process is not None
        code, self._process, self.done = self._process.returncode, None, True
        self._seconds_before += time.monotonic() - self._began
        complete = self.run.finished and len(self.run.tests) >= len(self.run.planned)
        if not complete or code not in PYTEST_REPORTED:
            text = self._output.read_text(errors="replace")[-OUTPUT_TAIL_CHARS:]
            self.run.cut_short(outcome, f"{why}\n{text}", shared=self._claims is not None and outcome == "rig")

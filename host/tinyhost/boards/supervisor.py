"""Keeps a virtual board's program running: starts it again after a reset or a power cut."""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
import time
from collections.abc import Callable

from tinyhost.boards.power_switch import PowerSwitch
from tinyhost.boards.process import EXIT_RESET, spawn
from tinyhost.boards.state import BoardFolder
from tinyhost.boards.wiring import Wiring
from tinyhost.errors import BoardError
from tinyhost.system.processes import describe_exit, was_killed
from tinyhost.system.waiting import ready

__all__ = ["Supervisor"]

_START_TIMEOUT_S = 10.0
_STOP_TIMEOUT_S = 2.0
_LOG_LINES = 6
# After so many resets, each right after the start, the firmware counts as unable to start.
_MAX_QUICK_RESETS = 20
_QUICK_S = 0.2


class Supervisor:
    """A thread that owns the port and the program of one board.

    When the program crashes, the port vanishes, as a board's port would, and `failure` has the reason.
    """

    def __init__(
        self,
        command: list[str],
        folder: BoardFolder,
        wiring: Wiring,
        on_change: Callable[[Supervisor], None],
        *,
        before_boot: Callable[[], None] = lambda: None,
    ) -> None:
        self.boots = 0
        self.failure = ""
        self._program: subprocess.Popen[bytes] | None = None
        """the running process, not yet reaped"""
        self._command = command
        self._wiring = wiring
        self._folder = folder
        self._on_change = on_change
        self._before_boot = before_boot
        self._changed = threading.Condition()
        self._stopping = False
        self._wake_read, self._wake_write = os.pipe()
        self._thread = threading.Thread(target=self._run, name=f"board {folder.name}", daemon=True)

    @property
    def firmware_pid(self) -> int:
        """The process of the program; 0 while none runs."""
        program = self._program
        return program.pid if program else 0

    def start(self) -> None:
        """Return when the program runs. Raises BoardError if it does not start."""
        self._folder.log.write_bytes(b"")
        self._thread.start()
        self._await_boot(0)

    def power_cut(self) -> None:
        """Kill the program and start it again. Raises BoardError if it has died before, or does not start."""
        with self._changed:
            self.check_runs()
            assert self._program is not None
            boots = self.boots
            self._program.kill()  # not reaped yet, as that takes `_changed`
        self._await_boot(boots)

    def check_runs(self) -> None:
        """Wait, between two boots, until the program runs. Raises BoardError if it has died or does not start."""
        with self._changed:
            self._changed.wait_for(lambda: self._program or self.failure or self._stopping, _START_TIMEOUT_S)
            if self.failure or self._program is None:
                what = self.failure or f"{self._folder.name}: its program does not run"
                raise BoardError(what, hint=f"see {self._folder.log}")

    def stop(self) -> None:
        """End the program and take the pty away."""
        with self._changed:
            self._stopping = True
        os.write(self._wake_write, b"x")
        if self._thread.is_alive():  # a signal may have come before it had started
            self._thread.join()
        os.close(self._wake_read)
        os.close(self._wake_write)

    def _await_boot(self, boots: int) -> None:
        with self._changed:
            done = self._changed.wait_for(lambda: self.boots > boots or bool(self.failure), _START_TIMEOUT_S)
            if self.failure:
                raise BoardError(self.failure, hint=f"see {self._folder.log}")
            if not done:
                raise BoardError(
                    f"{self._folder.name}: did not start in {_START_TIMEOUT_S:g} s", hint=f"see {self._folder.log}"
                )

    def _run(self) -> None:
        try:
            with PowerSwitch(self._folder.path) as switch:
                self._keep_running(switch)
        except OSError as exc:
            what = f"{exc.filename}: {exc.strerror}" if exc.filename else str(exc)
            self._fail(f"{self._folder.name}: cannot run: {what}")
        finally:
            self._wiring.close()

    def _keep_running(self, switch: PowerSwitch) -> None:
        """Boot the program repeatedly, until the board is switched off or its firmware has crashed."""
        quick_resets = 0
        while not self._stopping:
            started = time.monotonic()
            code = self._boot(switch)
            if self._stopping:
                return
            quick = code == EXIT_RESET and time.monotonic() - started < _QUICK_S
            quick_resets = quick_resets + 1 if quick else 0
            if not (code == EXIT_RESET or was_killed(code)) or quick_resets >= _MAX_QUICK_RESETS:
                self._fail(_death_notice(self._folder, code))
                return

    def _boot(self, switch: PowerSwitch) -> int:
        """Run the program once; return its exit code."""
        stdin, stdout = self._wiring.plug()
        self._before_boot()
        ended, held = os.pipe()  # the program has the other end, which is closed when it ends
        try:
            program = spawn(self._command, self._folder, stdin, stdout, [held])
        except BaseException:
            os.close(ended)
            raise
        finally:
            os.close(held)
        try:
            with self._changed:
                self.boots += 1
                self._program = program
                try:
                    self._on_change(self)
                except OSError:
                    self.boots -= 1  # threads that wait for it wait for the failure
                    raise
                self._changed.notify_all()
            self._serve(program, ended, switch)
            with self._changed:
                self._program = None
                return program.wait()
        finally:
            os.close(ended)
            if program.poll() is None:  # because of an error
                _terminate(program)
            self._wiring.unplug()

    def _serve(self, program: subprocess.Popen[bytes], ended: int, switch: PowerSwitch) -> None:
        """Serve the program until it ends: by itself, by a power cut, or because the board is switched off."""
        while True:
            reads, writes = self._wiring.awaited()
            readable, _ = ready([ended, self._wake_read, switch.fd, *reads], writes)
            if ended in readable:
                return
            if self._wake_read in readable:
                _terminate(program)
                return
            if switch.fd in readable:
                switch.clear()
                program.kill()
            self._wiring.serve(readable)

    def _fail(self, failure: str) -> None:
        with self._changed:
            self.failure = failure
            with contextlib.suppress(OSError):  # a state folder without room is a failure of its own, told already
                self._on_change(self)
            self._changed.notify_all()


def _terminate(program: subprocess.Popen[bytes]) -> None:
    program.terminate()
    try:
        program.wait(_STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        program.kill()


def _death_notice(folder: BoardFolder, code: int) -> str:
    """Return how the program ended, with the last lines of its standard error."""
    how = describe_exit(code) if code != EXIT_RESET else f"by resetting {_MAX_QUICK_RESETS} times in a row"
    lines = folder.log.read_text(errors="replace").splitlines()[-_LOG_LINES:]
    return "\n  ".join([f"{folder.name}: the firmware died {how}", *lines])

"""Keeps a virtual board's program running behind one pty: starts it again after a reset or a power cut."""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
import time
from collections.abc import Callable

from tinyhost.boards.feed import LinkFeed
from tinyhost.boards.power_switch import PowerSwitch
from tinyhost.boards.process import EXIT_RESET, board_command, spawn
from tinyhost.boards.state import BoardFolder
from tinyhost.errors import BoardError
from tinyhost.system.posix import open_pty, set_nonblocking
from tinyhost.system.processes import describe_exit, was_killed
from tinyhost.system.waiting import has_input, ready

__all__ = ["Supervisor"]

_START_TIMEOUT_S = 10.0
_STOP_TIMEOUT_S = 2.0
_LOG_LINES = 6
# So many resets at once, each right after the start, are a firmware that cannot start.
_MAX_QUICK_RESETS = 20
_QUICK_S = 0.2


class Supervisor:
    """A thread that owns the pty and the program of one board.

    The pty's path stays the same as long as the board is on. When the program dies of itself, the pty vanishes, as a
    board's port would, and `failure` says why.
    """

    def __init__(
        self,
        kind: str,
        folder: BoardFolder,
        on_change: Callable[[Supervisor], None],
        *,
        before_boot: Callable[[], None] = lambda: None,
    ) -> None:
        self.boots = 0
        self.failure = ""
        self.firmware_pid = 0
        self._program: subprocess.Popen[bytes] | None = None
        """what runs, and is not waited for yet"""
        self._command = board_command(kind, folder.program)
        self._needs_feed = kind == "m4"
        self._folder = folder
        self._on_change = on_change
        self._before_boot = before_boot
        self._changed = threading.Condition()
        self._stopping = False
        self._master, self._slave, self.port = open_pty()
        if self._needs_feed:
            set_nonblocking(self._master)  # QEMU must not wait for a host that does not read
        self._wake_read, self._wake_write = os.pipe()
        self._thread = threading.Thread(target=self._run, name=f"board {folder.name}", daemon=True)

    def start(self) -> None:
        """Return when the program runs. Raises BoardError if it does not start."""
        self._folder.log.write_bytes(b"")
        self._thread.start()
        self._await_boot(0)

    def power_cut(self) -> None:
        """Kill the program and start it again. Raises BoardError if it has died before, or does not start."""
        with self._changed:
            self._changed.wait_for(lambda: self._program or self.failure, _START_TIMEOUT_S)
            if self.failure or self._program is None:
                raise BoardError(self.failure, hint=f"see {self._folder.log}")
            boots = self.boots
            self._program.kill()  # not reaped yet, as that takes `_changed`
        self._await_boot(boots)

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
            os.close(self._master)
            os.close(self._slave)

    def _keep_running(self, switch: PowerSwitch) -> None:
        """Boot the program again and again, until the board is switched off or its firmware has died."""
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
        feed = LinkFeed(self._master, self._folder.path) if self._needs_feed else None
        self._drop_input()
        self._before_boot()
        ended, held = os.pipe()  # the program has the other end, which is closed when it ends
        try:
            program = spawn(self._command, self._folder, feed.stdin if feed else self._master, self._master, [held])
        except BaseException:
            os.close(ended)
            raise
        finally:
            os.close(held)
        try:
            with self._changed:
                self.boots += 1
                self.firmware_pid, self._program = program.pid, program
                try:
                    self._on_change(self)
                except OSError:
                    self.boots -= 1  # whoever waits for it waits for the failure
                    raise
                self._changed.notify_all()
            self._serve(program, ended, feed, switch)
            with self._changed:
                self.firmware_pid, self._program = 0, None
                return program.wait()
        finally:
            os.close(ended)
            if program.poll() is None:  # because of an error
                _terminate(program)
            if feed:
                feed.close()

    def _drop_input(self) -> None:
        """Lose what the host sent to the last boot."""
        while has_input(self._master, 0):
            os.read(self._master, 4096)

    def _serve(self, program: subprocess.Popen[bytes], ended: int, feed: LinkFeed | None, switch: PowerSwitch) -> None:
        """Feed the program until it has ended: of itself, by a power cut, or because the board is switched off."""
        while True:
            can_feed = feed is not None and feed.has_room()
            reads = [ended, self._wake_read, switch.fd, *([self._master] if can_feed else [])]
            readable, _ = ready(reads, [feed.room_fd] if feed and not can_feed else [])
            if ended in readable:
                return
            if self._wake_read in readable:
                _terminate(program)
                return
            if switch.fd in readable:
                switch.clear()
                program.kill()
            if feed is not None and self._master in readable:
                feed.pump()

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

"""A session over ssh with the tinyhost on another machine, and its requests."""

from __future__ import annotations

import contextlib
import queue
import subprocess
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from tinyhost.boards.remote.addresses import SshTarget
from tinyhost.boards.remote.pipes import ALIVE_S, Pipes, error_of
from tinyhost.errors import LinkLostError, ProtocolError, RouteLostError, TinyhostError
from tinyhost.link.base import WRITE_TIMEOUT_S
from tinyhost.system.json_reading import JsonObject
from tinyhost.system.processes import start_program
from tinyhost.system.tools import require_tool

__all__ = ["RemoteLink", "SshSession"]

_START_S = 180.0
_END_S = 5.0
_MAX_UNREAD_BYTES = 1 << 24
_STDERR_CHARS = 600


class SshSession:
    """An ssh with the tinyhost at its other end, which releases the board however the ssh ends.

    Raises RouteLostError if it cannot be reached, MissingToolError without ssh.
    """

    def __init__(self, target: SshTarget, name: str) -> None:
        self._name, self._target = name, target
        program = require_tool("ssh", why=f"{name} is behind it")
        self._process = start_program(
            [program, *target.command()[1:]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert self._process.stdin and self._process.stdout
        self._pipes = Pipes(self._process.stdout, self._process.stdin, name)
        self._stderr = ""
        self._replies: queue.Queue[JsonObject | None] = queue.Queue()
        self._asking = threading.Lock()
        self._magic, self._ended = threading.Event(), threading.Event()
        self.lost: RouteLostError | None = None
        self.link: RemoteLink | None = None
        self._complaints = threading.Thread(target=self._hear_complaints, daemon=True)
        self._complaints.start()  # first: the thread that notices the end waits for ssh's messages
        self._listening = threading.Thread(target=self._listen, daemon=True)
        self._listening.start()
        answered = self._magic.wait(_START_S)
        if not answered or self.lost:
            self.close()
            raise self._gone() if answered else self._silent()
        threading.Thread(target=self._stay_alive, daemon=True).start()

    def ask(
        self, do: str, *, program: bytes = b"", progress: Callable[[JsonObject], None] | None = None, **values: Any
    ) -> JsonObject:
        """Return the reply to a request. Raises the error that the other side reports, RouteLostError if it is gone."""
        with self._asking:
            self.check()
            self.send(do=do, **values)
            try:
                self._pipes.send_bytes(program)
            except (OSError, ValueError) as exc:
                raise self._gone() from exc
            while (reply := self._replies.get()) is not None:
                if "ok" in reply:
                    return reply.object("ok")
                if "error" in reply:
                    raise error_of(reply.object("error"), self._name)
                if progress:
                    progress(reply)
        raise self.lost or self._gone()

    def send(self, **message: Any) -> None:
        """Send a message. Raises RouteLostError."""
        try:
            self._pipes.send(**message)
        except (OSError, ValueError) as exc:
            raise self._gone() from exc

    def send_bytes(self, data: bytes) -> None:
        """Send bytes to the link. Raises RouteLostError."""
        try:
            self._pipes.send_bytes(data)
        except (OSError, ValueError) as exc:
            raise self._gone() from exc

    def check(self) -> None:
        """Raise RouteLostError if the ssh has ended."""
        if self.lost is not None:
            raise self.lost

    def close(self) -> None:
        """End it: the other side releases the board."""
        self._ended.set()
        with contextlib.suppress(OSError, ValueError):
            assert self._process.stdin
            self._process.stdin.close()
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for thread in (self._listening, self._complaints):
            thread.join(_END_S)

    def _listen(self) -> None:
        try:
            if self._pipes.await_magic():
                self._magic.set()
                while (item := self._pipes.receive()) is not None:
                    self._take(item)
        except (OSError, ValueError, ProtocolError):
            pass
        self.lost = self._gone()
        self._magic.set()
        self._replies.put(None)
        if link := self.link:
            link.break_off(self.lost)

    def _take(self, item: JsonObject | bytes) -> None:
        link = self.link
        if isinstance(item, bytes):
            if link is not None:
                link.put(item)
        elif "lost" not in item:
            self._replies.put(item)
        elif link is not None:
            link.break_off(error_of(item.object("lost"), self._name))

    def _hear_complaints(self) -> None:
        assert self._process.stderr
        with contextlib.suppress(OSError, ValueError):
            for line in self._process.stderr:
                self._stderr = (self._stderr + line.decode(errors="replace"))[-_STDERR_CHARS:]

    def _stay_alive(self) -> None:
        while not self._ended.wait(ALIVE_S) and self.lost is None:
            with contextlib.suppress(RouteLostError):
                self.send(alive=True)

    def _silent(self) -> RouteLostError:
        what = f"{self._name}: no tinyhost on {self._target.host} answered in {_START_S:g} s"
        return RouteLostError(what, hint=f"try: ssh {self._target.host} tinyhost --version")

    def _gone(self) -> RouteLostError:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1.0)
        self._complaints.join(1.0)
        said = " ".join(self._stderr.split())
        hint = f"try: ssh {self._target.host} tinyhost --version"
        return RouteLostError(
            f"{self._name}: ssh to {self._target.host} has ended{': ' + said if said else ''}", hint=hint
        )


class RemoteLink:
    """The link to the board, at this end of the ssh."""

    def __init__(self, session: SshSession, name: str) -> None:
        self.name = name
        self._session = session
        self._pieces: deque[bytes] = deque()
        self._n_unread = 0
        self._changed = threading.Condition()
        self._error: TinyhostError | None = None
        self._closed = False

    def put(self, data: bytes) -> None:
        """Queue the board's bytes; waits while very many are unread."""
        with self._changed:
            self._changed.wait_for(lambda: self._n_unread < _MAX_UNREAD_BYTES or self._closed)
            self._pieces.append(data)
            self._n_unread += len(data)
            self._changed.notify_all()

    def break_off(self, error: TinyhostError) -> None:
        """Make reads fail once all bytes that arrived were read."""
        with self._changed:
            self._error = self._error or error
            self._changed.notify_all()

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        """Return the bytes that have arrived, at most `max_bytes`; b"" after `timeout_s`; raises LinkLostError."""
        with self._changed:
            self._changed.wait_for(lambda: self._pieces or self._error or self._closed, timeout_s)
            if self._pieces:
                piece = self._pieces.popleft()
                if len(piece) > max_bytes:
                    self._pieces.appendleft(piece[max_bytes:])
                    piece = piece[:max_bytes]
                self._n_unread -= len(piece)
                self._changed.notify_all()
                return piece
            self._check()
            return b""

    def write(self, data: bytes, timeout_s: float = WRITE_TIMEOUT_S) -> None:
        """Send all of `data`; raises LinkLostError. ssh itself notices within 15 s that its network is gone."""
        del timeout_s
        with self._changed:
            self._check()
        self._session.send_bytes(data)

    def close(self) -> None:
        """Release the board's port."""
        with self._changed:
            was_closed, self._closed = self._closed, True
            self._changed.notify_all()
        if was_closed or self._session.link is not self:
            return
        with contextlib.suppress(TinyhostError):
            self._session.ask("close")
        self._session.link = None

    def _check(self) -> None:
        if self._error is not None:
            raise self._error
        if self._closed:
            raise LinkLostError(f"{self.name}: the link is closed", hint="run the command again")

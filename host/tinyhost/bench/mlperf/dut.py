"""A device under test with MLPerf Tiny's text commands."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from tinyhost.device.timing import timeout_scale
from tinyhost.errors import LinkTimeoutError, ProtocolError
from tinyhost.link.base import Link

__all__ = ["Dut", "Inferred"]

_LINE_S, _INFER_LINE_S = 5.0, 120.0  # the official runner gives up after 30 s; a virtual board's computer may be busy
_QUIET_S = 0.2
_CHUNK_BYTES = 31  # of an input in one command, as the official runner sends it
_STREAM_CHUNK_BYTES = 512  # as stream_wav_uart.py sends it
_MAX_LINE, _MAX_LINES = 4096, 100_000
_READ_BYTES = 4096
_READY = "m-ready"


@dataclass(frozen=True, kw_only=True)
class Inferred:
    """The result of one `infer`."""

    start_us: int
    end_us: int
    results: tuple[float, ...]


class Dut:
    """A device in text mode over a link. log: called with every line, as `> command` or `< answer`."""

    def __init__(self, link: Link, log: Callable[[str], None]) -> None:
        self._link = link
        self._log = log
        self._pending = b""
        self._patience = timeout_scale()

    def settle(self) -> None:
        """Skip the device's own output until it is quiet."""
        deadline = time.monotonic() + self._patience * _LINE_S
        while self._link.read(_READ_BYTES, _QUIET_S) and time.monotonic() < deadline:
            pass
        self._pending = b""

    def ask(self, command: str, *, line_s: float = _LINE_S) -> list[str]:
        """Return the lines of the reply, without `m-ready`.

        line_s: timeout per line. Raises LinkTimeoutError, LinkLostError; ProtocolError for an error (`e-[...]`) or an
        endless reply.
        """
        self._log(f"> {command}%")
        self._link.write(f"{command}%".encode("ascii"))
        lines: list[str] = []
        while (line := self._line(command, line_s)) != _READY:
            if len(lines) == _MAX_LINES:
                raise ProtocolError(
                    f"{self._link.name}: the answer to {command!r} does not end", hint="reset the board"
                )
            lines.append(line)
        if refused := [line for line in lines if line.startswith("e-[")]:
            raise ProtocolError(
                f"{self._link.name}: {command[:40]}: {refused[0]}",
                hint="check that the benchmark's model is on the board",
            )
        return lines

    def name(self) -> str:
        """Return the vendor."""
        return self._field("name", r"m-name-dut-\[([^]]+)\]")

    def model(self) -> str:
        """Return the name of the active model's benchmark."""
        return self._field("profile", r"m-model-\[([^]]+)\]")

    def load(self, data: bytes) -> None:
        """Send one input."""
        self.ask(f"db load {len(data)}")
        done: list[str] = []
        for start in range(0, len(data), _CHUNK_BYTES):
            done = self.ask(f"db {data[start : start + _CHUNK_BYTES].hex()}")
        if done != ["m-load-done"]:
            raise self._strange("db", done)

    def infer(self, iterations: int, warmups: int) -> Inferred:
        """Return the time of `iterations` inferences, after `warmups`, and the last results."""
        lines = self.ask(f"infer {iterations} {warmups}", line_s=_INFER_LINE_S)
        laps = [int(match[1]) for line in lines if (match := re.fullmatch(r"m-lap-us-([0-9]{1,20})", line))]
        results = [match[1] for line in lines if (match := re.fullmatch(r"m-results-\[([-0-9.,]+)\]", line))]
        try:
            (start_us, end_us), (texts,) = laps, results
            return Inferred(start_us=start_us, end_us=end_us, results=tuple(map(float, texts.split(","))))
        except ValueError as exc:
            raise self._strange("infer", lines) from exc

    def hear(self, stride: bytes) -> tuple[int, ...]:
        """Send 512 samples of 16 bit to a streaming device; return the model's output."""
        self.ask(f"db load {len(stride)}")
        for start in range(0, len(stride), _STREAM_CHUNK_BYTES):
            self.ask(f"db {stride[start : start + _STREAM_CHUNK_BYTES].hex()}")
        lines = self.ask("extract_uart_stream", line_s=_INFER_LINE_S)
        found = [match[1] for line in lines if (match := re.fullmatch(r"m-activations-\[([-+0-9, ]+)\]", line))]
        try:
            (texts,) = found
            return tuple(map(int, texts.split(",")))
        except ValueError as exc:
            raise self._strange("extract_uart_stream", lines) from exc

    def heard(self) -> tuple[int, int]:
        """Return the number of strides that a device has processed, and the time in us."""
        lines = self.ask("state")
        found = [match for line in lines if (match := re.fullmatch(r"m-([a-z-]+)-([0-9]{1,20})", line))]
        values = {match[1]: int(match[2]) for match in found}
        try:
            return values["strides"], values["processing-us"]
        except KeyError as exc:
            raise self._strange("state", lines) from exc

    def _field(self, command: str, pattern: str) -> str:
        lines = self.ask(command)
        found = [match[1] for line in lines if (match := re.fullmatch(pattern, line))]
        if len(found) != 1:
            raise self._strange(command, lines)
        return found[0]

    def _strange(self, command: str, lines: list[str]) -> ProtocolError:
        return ProtocolError(
            f"{self._link.name}: {command!r} was answered by {' | '.join(lines)[:200] or 'nothing'}",
            hint="check that it runs the app mlperf of this version: tinyhost flash mlperf",
        )

    def _line(self, command: str, timeout_s: float) -> str:
        deadline = time.monotonic() + self._patience * timeout_s
        while b"\n" not in self._pending:
            left_s = deadline - time.monotonic()
            if left_s <= 0 or len(self._pending) > _MAX_LINE:
                raise LinkTimeoutError(
                    f"{self._link.name}: no line in answer to {command[:40]!r} in {timeout_s:g} s "
                    f"({len(self._pending)} bytes)",
                    hint="check that it runs the app mlperf: tinyhost flash mlperf",
                )
            self._pending += self._link.read(_READ_BYTES, left_s)
        line, _, self._pending = self._pending.partition(b"\n")
        text = line.replace(b"\0", b"").decode("ascii", errors="replace").strip()
        self._log(f"< {text}")
        return text

"""The protocol between two tinyhosts over the pipes of an ssh: messages, and the bytes of a board between them.

The server first writes MAGIC: output of the login before it is ignored. Then each side sends packets, a kind (one
byte), a length (4 bytes, big-endian) and so many bytes. Kind 1 is a message, a JSON object; kind 2 is bytes of the
link, or of the program after a request to flash. Each request has one reply, `ok` or `error`, with lines of `progress`
before it; `lost` comes unasked when the link breaks. Anything else ends the conversation.
"""

from __future__ import annotations

import json
import struct
import threading
from typing import IO, Any, Literal

from tinyhost import errors
from tinyhost.errors import BoardError, DeviceError, ProtocolError, TinyhostError
from tinyhost.system.json_reading import JsonObject, parse_json

__all__ = [
    "ALIVE_S",
    "BYTES",
    "HEADER_BYTES",
    "MAGIC",
    "MAX_BYTES",
    "MESSAGE",
    "Pipes",
    "error_of",
    "parse_header",
    "parse_message",
    "told",
]

ALIVE_S = 5.0
"""period of the client's keep-alive messages; the board of a silent client is released"""
MAGIC = b"\n#tinyhost-stdio/1\n"
MESSAGE: Literal[1] = 1
BYTES: Literal[2] = 2
HEADER_BYTES = 5
MAX_BYTES = 65_536
_HEADER = struct.Struct(">BI")
_MAX_BANNER_BYTES = 65_536
_HINT = "use the same version of tinyhost on both machines"


class Pipes:
    """Sends and receives packets. One thread reads, any may write."""

    def __init__(self, incoming: IO[bytes], outgoing: IO[bytes], where: str) -> None:
        self._incoming, self._outgoing, self._where = incoming, outgoing, where
        self._writing = threading.Lock()

    def send_magic(self) -> None:
        """Announce that packets follow."""
        with self._writing:
            self._outgoing.write(MAGIC)
            self._outgoing.flush()

    def await_magic(self) -> bool:
        """Return whether the other side is a tinyhost; False at the end, or after 64 KiB of something else."""
        seen = b""
        while not seen.endswith(MAGIC):
            byte = self._incoming.read(1)
            if not byte or len(seen) >= _MAX_BANNER_BYTES:
                return False
            seen += byte
        return True

    def send(self, **message: Any) -> None:
        """Send a message. Raises OSError, ValueError if the other side is gone."""
        self._write(MESSAGE, json.dumps(message, ensure_ascii=True).encode())

    def send_bytes(self, data: bytes) -> None:
        """Send bytes of the link or of a program. Raises OSError, ValueError if the other side is gone."""
        for start in range(0, len(data), MAX_BYTES):
            self._write(BYTES, data[start : start + MAX_BYTES])

    def receive(self) -> JsonObject | bytes | None:
        """Return the next message, or bytes; None at the end. Raises ProtocolError for anything else."""
        header = self._incoming.read(HEADER_BYTES)
        if len(header) < HEADER_BYTES:
            return None
        kind, n_bytes = parse_header(header, self._where)
        payload = self._incoming.read(n_bytes)
        if len(payload) < n_bytes:
            return None
        return parse_message(payload, self._where) if kind == MESSAGE else payload

    def _write(self, kind: int, payload: bytes) -> None:
        with self._writing:
            self._outgoing.write(_HEADER.pack(kind, len(payload)) + payload)
            self._outgoing.flush()


def parse_header(header: bytes, where: str) -> tuple[int, int]:
    """Return kind and length of a packet. Raises ProtocolError."""
    kind, n_bytes = _HEADER.unpack(header)
    if kind not in (MESSAGE, BYTES) or n_bytes > MAX_BYTES:
        raise ProtocolError(f"{where}: a packet of kind {kind} with {n_bytes:,} bytes", hint=_HINT)
    return kind, n_bytes


def parse_message(payload: bytes, where: str) -> JsonObject:
    """Return a message. Raises ProtocolError."""
    return JsonObject.of(
        parse_json(payload, where, error=ProtocolError, hint=_HINT), where, error=ProtocolError, hint=_HINT
    )


def told(error: TinyhostError) -> dict[str, str]:
    """Return an error as a message."""
    return {"type": type(error).__name__, "message": error.message, "hint": error.hint}


def error_of(values: JsonObject, where: str) -> TinyhostError:
    """Return the error in a message, of its original type if that exists here."""
    found = getattr(errors, values.text("type"), BoardError) if values.text("type") in errors.__all__ else BoardError
    message = f"{where}: {values.text('message')}"
    if found is DeviceError:
        return BoardError(message, hint=values.text("hint"))
    made: TinyhostError = found(message, hint=values.text("hint"))
    return made

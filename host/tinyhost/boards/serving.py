"""The bytes of a board on a TCP port: raw, for one client at a time."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import threading
from collections.abc import Callable

from tinyhost.boards.base import PoweredBoard
from tinyhost.errors import LinkError, TinyhostError, UsageError
from tinyhost.link.base import Link

__all__ = ["BoardServer", "is_loopback", "parse_listen"]

_READ_BYTES = 65_536
_POLL_S = 0.1
_MAX_PORT = 65_535


def parse_listen(text: str) -> tuple[str, int]:
    """Return host and port of HOST:PORT or PORT; port 0 is any that is free. Raises UsageError."""
    host, _, port = text.rpartition(":")
    host = host.strip("[]") or "127.0.0.1"
    if not (port.isascii() and port.isdigit() and int(port) <= _MAX_PORT):
        raise UsageError(f"--listen {text!r}: expected HOST:PORT or PORT", hint="as in --listen 127.0.0.1:5555")
    return host, int(port)


def is_loopback(host: str) -> bool:
    """Return whether only programs on this computer reach an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class BoardServer:
    """Listens on `host`:`port` and carries bytes between a client and the board. A context manager.

    A client that connects while another one is served is disconnected at once. say: called with each event.
    Raises UsageError if the address is not available.
    """

    def __init__(self, board: PoweredBoard, host: str, port: int, say: Callable[[str], None]) -> None:
        self._board = board
        self._say = say
        self._closing = threading.Event()
        self._client: threading.Thread | None = None
        try:
            family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
            self._socket = socket.create_server((host, port), family=family)
        except OSError as exc:
            raise UsageError(
                f"cannot listen on {host}:{port}: {exc.strerror or exc}", hint="choose another address with --listen"
            ) from exc
        self._socket.settimeout(_POLL_S)

    def __enter__(self) -> BoardServer:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._socket.close()
        if self._client is not None:
            self._client.join()

    @property
    def url(self) -> str:
        """As `--board` takes it."""
        host, port = self._socket.getsockname()[:2]
        return f"socket://[{host}]:{port}" if ":" in host else f"socket://{host}:{port}"

    def poll(self) -> None:
        """Accept a client, if one connects within a moment."""
        try:
            client, address = self._socket.accept()
        except TimeoutError:
            return
        if self._client is not None and self._client.is_alive():
            self._say(f"{address[0]}:{address[1]} was rejected: the board is in use")
            client.close()
            return
        self._client = threading.Thread(target=self._serve, args=(client, f"{address[0]}:{address[1]}"), daemon=True)
        self._client.start()

    def _serve(self, client: socket.socket, who: str) -> None:
        with client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                link = self._board.open_link()
            except TinyhostError as error:
                self._say(f"{who} was rejected: {error.message}")
                return
            self._say(f"{who} is connected")
            gone = threading.Event()
            reader = threading.Thread(target=self._to_client, args=(link, client, gone), daemon=True)
            reader.start()
            self._to_board(client, link, gone)
            gone.set()
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
            reader.join()
            with contextlib.suppress(LinkError):
                link.close()
            self._say(f"{who} disconnected")

    def _to_board(self, client: socket.socket, link: Link, gone: threading.Event) -> None:
        client.settimeout(None)
        with contextlib.suppress(OSError, LinkError):
            while not (gone.is_set() or self._closing.is_set()):
                data = client.recv(_READ_BYTES)
                if not data:
                    return
                link.write(data)

    def _to_client(self, link: Link, client: socket.socket, gone: threading.Event) -> None:
        with contextlib.suppress(OSError, LinkError):
            while not (gone.is_set() or self._closing.is_set()):
                if data := link.read(_READ_BYTES, _POLL_S):
                    client.sendall(data)
        gone.set()
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)  # ends the wait for more of the client's

"""SerialLink on ptys and sockets: bytes, deadlines, who holds the port, and its end."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
import tty
from collections.abc import Iterator

import pytest
import serial.rfc2217
from tinyhost.errors import LinkLostError, LinkTimeoutError, PortBusyError
from tinyhost.link import SerialLink
from tinyhost.system.holders import port_holders


@pytest.fixture
def pty_pair() -> Iterator[tuple[int, str]]:
    master, slave = os.openpty()
    tty.setraw(slave)
    yield master, os.ttyname(slave)
    for fd in (master, slave):
        with contextlib.suppress(OSError):
            os.close(fd)


def test_bytes_pass_both_ways_unchanged(pty_pair: tuple[int, str]) -> None:
    master, port = pty_pair
    link = SerialLink(port, "board")
    every_byte = bytes(range(256))
    link.write(every_byte)
    assert os.read(master, 1000) == every_byte
    os.write(master, every_byte)
    assert link.read(1000, 1.0) == every_byte
    link.close()


def test_read_returns_nothing_after_its_timeout(pty_pair: tuple[int, str]) -> None:
    link = SerialLink(pty_pair[1], "board")
    assert link.read(10, 0.01) == b""
    link.close()


def test_write_that_nobody_takes_times_out(pty_pair: tuple[int, str]) -> None:
    link = SerialLink(pty_pair[1], "board")
    with pytest.raises(LinkTimeoutError, match=r"board: 100000 bytes were not taken in 0\.05 s"):
        link.write(bytes(100_000), 0.05)
    link.close()


def test_a_port_held_by_another_process_is_refused_and_the_process_named(pty_pair: tuple[int, str]) -> None:
    port = pty_pair[1]
    code = "import fcntl, sys; f = open(sys.argv[1]); fcntl.flock(f, fcntl.LOCK_EX); print('held', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code, port], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(PortBusyError, match=rf"{port} is held by python.* \(pid {other.pid}\)"):
            SerialLink(port, "board")
        assert [holder.pid for holder in port_holders(port)] == [other.pid]
        other.communicate("\n")


def test_the_same_port_opens_again_after_close(pty_pair: tuple[int, str]) -> None:
    first = SerialLink(pty_pair[1], "board")
    with pytest.raises(PortBusyError, match="this program"):
        SerialLink(pty_pair[1], "board")
    first.close()
    first.close()
    SerialLink(pty_pair[1], "board").close()


def test_a_vanished_port_is_lost(pty_pair: tuple[int, str]) -> None:
    master, port = pty_pair
    link = SerialLink(port, "board")
    os.close(master)
    with pytest.raises(LinkLostError, match="board: the port is gone"):
        link.read(10, 1.0)
    with pytest.raises(LinkLostError):
        link.write(b"x")
    link.close()


def test_a_port_that_is_not_there_is_lost() -> None:
    with pytest.raises(LinkLostError, match="cannot open /dev/no-such-port"):
        SerialLink("/dev/no-such-port", "board")


def test_a_socket_url_works_like_a_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        link = SerialLink(f"socket://127.0.0.1:{server.getsockname()[1]}", "far board")
        peer, _ = server.accept()
        link.write(b"ping")
        assert peer.recv(10) == b"ping"
        peer.sendall(b"pong")
        assert link.read(10, 1.0) == b"pong"
        peer.close()
        with pytest.raises(LinkLostError, match="far board"):
            link.read(10, 1.0)
        link.close()


@pytest.mark.filterwarnings("ignore::DeprecationWarning:serial")
def test_an_rfc2217_url_works_like_a_port() -> None:
    """The far end is pyserial's own rfc2217 server in front of its loop-back port."""
    with socket.create_server(("127.0.0.1", 0)) as server, serial.serial_for_url("loop://", timeout=0) as far:
        thread = threading.Thread(target=serve_rfc2217, args=(server, far), daemon=True)
        thread.start()
        link = SerialLink(f"rfc2217://127.0.0.1:{server.getsockname()[1]}", "far board")
        link.write(bytes(range(256)))
        echoed = b""
        while len(echoed) < 256 and (piece := link.read(1000, 2.0)):
            echoed += piece
        assert echoed == bytes(range(256))
        assert link.read(10, 0.01) == b""
        link.close()
        thread.join(5)


class Redirector:
    """What pyserial's PortManager writes its negotiation to."""

    def __init__(self, peer: socket.socket) -> None:
        self.write = peer.sendall


def serve_rfc2217(server: socket.socket, far: serial.Serial) -> None:
    peer, _ = server.accept()
    peer.settimeout(0.01)
    manager = serial.rfc2217.PortManager(far, Redirector(peer))
    while True:
        with contextlib.suppress(TimeoutError):
            data = peer.recv(1000)
            if not data:
                return
            far.write(b"".join(manager.filter(data)))
        if waiting := far.read(1000):
            peer.sendall(b"".join(manager.escape(waiting)))

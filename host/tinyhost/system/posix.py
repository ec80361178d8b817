"""Ptys and named pipes, which virtual boards need and Windows lacks.

On Windows every function here raises OSError; tinyhost.boards offers no virtual boards there.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from pathlib import Path

__all__ = ["HAS_PTYS", "ask_socket", "make_fifo", "open_pty", "set_nonblocking", "write_at", "write_to_fifo"]

_MAX_REPLY_BYTES = 65_536
HAS_PTYS = sys.platform != "win32"
"""whether virtual boards can run on this system"""


def open_pty() -> tuple[int, int, str]:
    """Return (master, slave, port) of a new pty that changes no byte. Without an open slave the master is hung up."""
    if sys.platform == "win32":
        raise _missing()
    import tty

    master, slave = os.openpty()
    tty.setraw(slave)
    return master, slave, os.ttyname(slave)


def set_nonblocking(fd: int) -> None:
    """Make writes to a descriptor fail instead of waiting."""
    if sys.platform == "win32":
        raise _missing()
    os.set_blocking(fd, False)


def make_fifo(path: Path) -> int:
    """Create a named pipe, replacing a file of that name; return it open for reading and writing, so that it never
    ends. Reads and writes do not block.
    """
    if sys.platform == "win32":
        raise _missing()
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    return os.open(path, os.O_RDWR | os.O_NONBLOCK)


def write_to_fifo(path: Path, data: bytes) -> bool:
    """Write to a named pipe; False if it has no reader, or is no pipe."""
    if sys.platform == "win32":
        raise _missing()
    try:
        fd = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        if not stat.S_ISFIFO(os.fstat(fd).st_mode):
            return False
        os.write(fd, data)
    except OSError:
        return False
    finally:
        os.close(fd)
    return True


def write_at(fd: int, data: bytes, offset: int) -> None:
    """Write at an offset of a file that another process may be reading."""
    if sys.platform == "win32":
        raise _missing()
    os.pwrite(fd, data, offset)


def ask_socket(folder: Path, name: str, line: str, timeout_s: float) -> str:
    """Send a line to a Unix socket in a folder; return its reply.

    Raises OSError, also after timeout_s. The folder is opened as a descriptor, as its path may be too long for a
    socket's.
    """
    if sys.platform == "win32":
        raise _missing()
    import socket

    directory = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as control:
            control.settimeout(timeout_s)
            control.connect(f"/proc/self/fd/{directory}/{name}")
            control.sendall(line.encode() + b"\n")
            reply = b""
            while b"\n" not in reply and len(reply) < _MAX_REPLY_BYTES and (piece := control.recv(4096)):
                reply += piece
    finally:
        os.close(directory)
    return reply.decode(errors="replace").partition("\n")[0]


def _missing() -> OSError:
    return OSError(errno.ENOSYS, "Windows has no ptys and named pipes of this kind")

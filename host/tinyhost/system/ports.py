"""Differences between systems in serial ports: exclusive access, and busy ports as opposed to missing ones."""

from __future__ import annotations

import errno
import sys

__all__ = ["SYSTEM_ERRORS", "is_busy", "shut_others_out"]

if sys.platform == "win32":
    SYSTEM_ERRORS: tuple[type[Exception], ...] = (OSError,)
else:  # raised by pyserial if a port vanishes during setup; it is no OSError
    import termios

    SYSTEM_ERRORS = (OSError, termios.error)
"""The system's exceptions for a broken port."""

_BUSY_ERRNOS = {errno.EBUSY, errno.EAGAIN}
_GENERIC_ACCESS = 0xC0000000  # GENERIC_READ | GENERIC_WRITE
_OPEN_EXISTING = 3
_ERROR_ACCESS_DENIED = 5
_PTYS = ("/dev/pts/", "/dev/ttys")


def shut_others_out(fd: int, port: str) -> None:
    """Make open() fail also for programs that ignore locks, as on Windows by default.

    Not on ptys: there the flag would outlive us, since the board's end keeps the terminal alive.
    """
    if sys.platform != "win32" and not port.startswith(_PTYS):
        import fcntl

        fcntl.ioctl(fd, termios.TIOCEXCL)


def is_busy(port: str, error: Exception) -> bool:
    """Return whether a port could not be opened because another process has it.

    pyserial gives Windows' error as text only, so the port is opened once more.
    """
    if sys.platform == "win32":
        import ctypes

        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.CreateFileW.restype = ctypes.c_void_p
        handle = kernel.CreateFileW(rf"\\.\{port}", _GENERIC_ACCESS, 0, None, _OPEN_EXISTING, 0, None)
        if handle != ctypes.c_void_p(-1).value:
            kernel.CloseHandle(ctypes.c_void_p(handle))
            return False
        return ctypes.get_last_error() == _ERROR_ACCESS_DENIED
    return getattr(error, "errno", None) in _BUSY_ERRNOS

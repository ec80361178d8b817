"""Serial ports, as systems differ in them: who else may open one, and how a busy one is told from one that is gone."""

from __future__ import annotations

import errno
import sys

__all__ = ["SYSTEM_ERRORS", "is_busy", "shut_others_out"]

if sys.platform == "win32":
    SYSTEM_ERRORS: tuple[type[Exception], ...] = (OSError,)
else:  # pyserial lets it through when a port vanishes while it is set up; it is no OSError
    import termios

    SYSTEM_ERRORS = (OSError, termios.error)
"""What the system raises when a port is not as it should be."""

_BUSY_ERRNOS = {errno.EBUSY, errno.EAGAIN}
_GENERIC_ACCESS = 0xC0000000  # GENERIC_READ | GENERIC_WRITE
_OPEN_EXISTING = 3
_ERROR_ACCESS_DENIED = 5
_PTYS = ("/dev/pts/", "/dev/ttys")


def shut_others_out(fd: int, port: str) -> None:
    """Make open() by programs that do not look at locks fail too; Windows does so of itself.

    Not on ptys: there the mark would outlive us, since the board's end keeps the terminal alive.
    """
    if sys.platform != "win32" and not port.startswith(_PTYS):
        import fcntl

        fcntl.ioctl(fd, termios.TIOCEXCL)


def is_busy(port: str, error: Exception) -> bool:
    """Return whether a port could not be opened because another process has it.

    pyserial gives Windows' error as text only, so Windows is asked once more.
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

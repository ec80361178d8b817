"""The log of a verbose command, with times, to be read or sent with a bug report."""

from __future__ import annotations

import logging
import os
import sys
import time
from pathlib import Path

from tinyhost.system.user_folders import state_folder

__all__ = ["SAID", "end_log", "keep_log", "log_files", "log_folder"]

_LOGGER = logging.getLogger("tinyhost")
_KEPT = 10
SAID = "tinyhost.said"
"""logger for the file only: long text, and text that a command has already printed on stderr"""
_LINE = "%(asctime)s.%(msecs)03d %(name)s: %(message)s"


def log_folder() -> Path:
    """Return the folder of the logs, in the state folder."""
    return state_folder() / "log"


def log_files() -> list[Path]:
    """Return the logs, the newest first."""
    return sorted(log_folder().glob("*.log"), reverse=True)


def keep_log() -> Path:
    """Write all log messages from now on to a new file and to stderr; return the file.

    The newest nine older ones are kept. Raises OSError.
    """
    for old in log_files()[_KEPT - 1 :]:
        old.unlink(missing_ok=True)
    folder = log_folder()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{os.getpid()}.log"
    end_log()
    to_file, to_stderr = logging.FileHandler(path, encoding="utf-8"), logging.StreamHandler(sys.stderr)
    to_stderr.addFilter(lambda record: record.name != SAID)
    for handler in (to_file, to_stderr):
        handler.setFormatter(logging.Formatter(_LINE, "%H:%M:%S"))
        _LOGGER.addHandler(handler)
    _LOGGER.setLevel(logging.DEBUG)
    _LOGGER.propagate = False
    return path


def end_log() -> None:
    """Close the file, if there is one."""
    for handler in list(_LOGGER.handlers):
        handler.close()
        _LOGGER.removeHandler(handler)
    _LOGGER.setLevel(logging.NOTSET)
    _LOGGER.propagate = True

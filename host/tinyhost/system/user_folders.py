"""Where this system has folders for what programs keep: state and cache, each of the user's own."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["cache_folder", "config_folder", "is_of_another_user", "is_writable_by_others", "state_folder", "user_name"]

_NAME = "tinyhost"


def state_folder() -> Path:
    """Return where virtual boards are kept: $TINYHOST_STATE, else tinyhost in the user's own state folder.

    Never the current folder: a board runs the program that its folder holds, and a downloaded data set may hold one.
    """
    if given := os.environ.get("TINYHOST_STATE"):
        return Path(given)
    import platformdirs

    return platformdirs.user_state_path(_NAME, appauthor=False)


def config_folder() -> Path:
    """Return where what a user decided for this computer is kept: the user's own folder."""
    import platformdirs

    return platformdirs.user_config_path(_NAME, appauthor=False)


def cache_folder() -> Path:
    """Return tinyhost's folder for what can be fetched or made again."""
    import platformdirs

    return platformdirs.user_cache_path(_NAME, appauthor=False)


def is_of_another_user(path: Path) -> bool:
    """Return whether a file belongs to somebody who is neither this user nor root; root itself takes all."""
    own = getattr(os, "getuid", lambda: 0)()
    try:
        return own != 0 and path.stat().st_uid not in (0, own)
    except OSError:  # its reader reports the error
        return False


def is_writable_by_others(path: Path) -> bool:
    """Return whether users other than its owner may write a file, where the system has such marks."""
    return os.name == "posix" and bool(path.stat().st_mode & 0o022)


def user_name() -> str:
    """Return the user's name; the number of one without a name, as in containers."""
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return f"uid {getattr(os, 'getuid', lambda: 0)()}"

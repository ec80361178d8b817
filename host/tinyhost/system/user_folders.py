"""The user's folders on this system: state, configuration, cache."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["cache_folder", "config_folder", "is_of_another_user", "is_writable_by_others", "state_folder", "user_name"]

_NAME = "tinyhost"


def state_folder() -> Path:
    """Return the folder of virtual boards: $TINYHOST_STATE, else tinyhost in the user's state folder.

    Never the current folder: a board runs the program in its folder, and a downloaded data set may contain one.
    """
    if given := os.environ.get("TINYHOST_STATE"):
        return Path(given)
    import platformdirs

    return platformdirs.user_state_path(_NAME, appauthor=False)


def config_folder() -> Path:
    """Return the folder of the user's decisions for this computer."""
    import platformdirs

    return platformdirs.user_config_path(_NAME, appauthor=False)


def cache_folder() -> Path:
    """Return tinyhost's cache folder."""
    import platformdirs

    return platformdirs.user_cache_path(_NAME, appauthor=False)


def is_of_another_user(path: Path) -> bool:
    """Return whether a file belongs to somebody other than this user or root; for root always False."""
    own = getattr(os, "getuid", lambda: 0)()
    try:
        return own != 0 and path.stat().st_uid not in (0, own)
    except OSError:  # its reader reports the error
        return False


def is_writable_by_others(path: Path) -> bool:
    """Return whether users other than its owner may write a file, on systems with such permissions."""
    return os.name == "posix" and bool(path.stat().st_mode & 0o022)


def user_name() -> str:
    """Return the user's name, or the number of one without a name, as in containers."""
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return f"uid {getattr(os, 'getuid', lambda: 0)()}"

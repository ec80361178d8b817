"""Redaction of text about this computer: the owner's names are replaced."""

from __future__ import annotations

import getpass
import os
import re
import socket
from collections.abc import Mapping
from pathlib import Path

__all__ = ["identifying_names", "redacted"]

_LEAST_LETTERS = 2


def identifying_names() -> dict[str, str]:
    """Return identifying names and their replacements: home folder, user's name, host's name."""
    home = Path.home()
    names = {str(folder): "~" for folder in (home.resolve(), home)}
    user_names = {os.environ.get(name, "") for name in ("USER", "LOGNAME", "USERNAME")} | {home.name, _user()}
    names |= dict.fromkeys(user_names - {""}, "USER")
    full = socket.gethostname()
    names |= dict.fromkeys({full, full.partition(".")[0], os.environ.get("HOSTNAME", "")} - {""}, "HOST")
    return {name: place for name, place in names.items() if len(name) >= _LEAST_LETTERS}


def redacted(text: str, names: Mapping[str, str]) -> str:
    """Return a text with each name replaced as a whole word, in any case, also as escaped in JSON."""
    spelled = {form: place for name, place in names.items() for form in (name, name.replace("\\", "\\\\"))}
    for form in sorted(spelled, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(form)}(?!\w)", spelled[form], text, flags=re.IGNORECASE)
    return text


def _user() -> str:
    """Return the user's name in the system's database, which may differ from the environment's; "" if there is none."""
    try:
        return getpass.getuser() if hasattr(os, "getuid") else ""
    except (OSError, KeyError):  # a container's user without a name
        return ""

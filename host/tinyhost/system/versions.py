"""Versions of tinyhost, Python, the system, and the packages that tinyhost uses."""

from __future__ import annotations

import os
import platform
import re
import sys
from importlib import metadata

import tinyhost
from tinyhost.system.installation import DISTRIBUTION, install_method

__all__ = ["versions"]


def versions() -> dict[str, object]:
    """Return names and versions for a bug report, with the names of tinyhost's environment variables that are set."""
    return {
        "tinyhost": tinyhost.__version__,
        "installed_by": install_method().value,
        "python": sys.version,
        "system": platform.platform(),
        "machine": platform.machine(),
        "packages": _packages(),
        "variables": sorted(name for name in os.environ if name.startswith("TINYHOST_")),
        "terminal": {name: os.environ.get(name, "") for name in ("TERM", "NO_COLOR", "LANG", "COLUMNS")},
    }


def _packages() -> dict[str, str]:
    """Return the packages that tinyhost requires, with their versions; "" for one that is not installed."""
    try:
        required = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        return {}
    names = sorted({found[0] for line in required if (found := re.match(r"[\w.-]+", line))})
    return {name: _version(name) for name in names}


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""

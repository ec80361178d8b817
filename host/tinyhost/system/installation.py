"""How this tinyhost was installed, and so by which command something is added to it."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from enum import Enum
from functools import cache
from pathlib import Path

__all__ = [
    "DISTRIBUTION",
    "STRANGER",
    "Way",
    "add_extra",
    "add_package",
    "checkout",
    "remove_package",
    "stranger_version",
    "way",
    "with_extra",
]

DISTRIBUTION = "tinyhost-hil"
"""What pip calls us. The command and the package that is imported are `tinyhost`."""
STRANGER = "tinyhost"
"""What pip calls another program, which brings a command and a package of our name."""


class Way(Enum):
    """How tinyhost got here."""

    CLONE = "clone"
    PIPX = "pipx"
    UV_TOOL = "uv tool"
    PIP = "pip"
    UV = "uv"


@cache
def checkout() -> Path | None:
    """Return the folder of the clone that is installed here (`make setup`); None if a wheel is."""
    from importlib.metadata import PackageNotFoundError, distribution
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    try:
        text = distribution(DISTRIBUTION).read_text("direct_url.json")
    except PackageNotFoundError:
        return None
    origin = json.loads(text) if text else {}  # the installer's own record
    if not origin.get("dir_info", {}).get("editable"):
        return None
    return Path(url2pathname(urlsplit(origin["url"]).path))


def installed_files() -> str:
    """Return the installer's list of our files and their SHA-256; it differs for every other wheel, "" without one."""
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        return distribution(DISTRIBUTION).read_text("RECORD") or ""
    except PackageNotFoundError:
        return ""


def way() -> Way:
    """Return how tinyhost got here. pipx and uv leave a mark in the environments that they make."""
    if checkout() is not None:
        return Way.CLONE
    environment = Path(sys.prefix)
    if (environment / "pipx_metadata.json").is_file():
        return Way.PIPX
    if (environment / "uv-receipt.toml").is_file():
        return Way.UV_TOOL
    return Way.PIP if importlib.util.find_spec("pip") else Way.UV


def add_extra(extra: str) -> str:
    """Return the command that adds what an extra of ours brings: `mic`, `train`, ..."""
    clone = checkout()
    if clone is None:
        return add_package(f"{DISTRIBUTION}[{extra}]")
    if extra == "train":
        return f"make setup-train (in {_from_here(clone)})"
    return f"{_python()} -m pip install --editable '{_from_here(clone)}[{extra}]'"


def add_package(package: str) -> str:
    """Return the command that adds a package to where tinyhost runs."""
    return _pip("install", f"'{package}'" if set(package) & set("[]<>=") else package)


def remove_package(package: str) -> str:
    """Return the command that takes a package away from where tinyhost runs."""
    return _pip("uninstall", package)


def with_extra(extra: str) -> str:
    """Return what to do about an error that an extra would not have: for hints."""
    return f"install it: {add_extra(extra)}"


def stranger_version() -> str:
    """Return the version of the other program called tinyhost that is installed here, too; "" if it is not."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(STRANGER)
    except PackageNotFoundError:
        return ""


def _pip(action: str, package: str) -> str:
    match way():
        case Way.PIPX:
            return f"pipx runpip {DISTRIBUTION} {action} {package}"
        case Way.UV_TOOL | Way.UV:
            return f"uv pip {action} --python {_python()} {package}"
        case _:
            return f"{_python()} -m pip {action} {package}"


def _from_here(folder: Path) -> str:
    """Return how a shell in the current folder names another one."""
    return "." if folder == Path.cwd().resolve() else str(folder)


def _python() -> str:
    """Return how a shell calls this Python: by its name, if its environment is active."""
    active = os.environ.get("VIRTUAL_ENV")
    return "python" if active and Path(active) == Path(sys.prefix) else sys.executable

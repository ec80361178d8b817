"""The way this tinyhost was installed, and the commands that add packages to it."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

__all__ = [
    "DISTRIBUTION",
    "NAMESAKE",
    "InstallMethod",
    "add_extra",
    "add_package",
    "checkout",
    "install_again",
    "install_method",
    "namesake_version",
    "own_environment",
    "remove_package",
    "with_extra",
]

DISTRIBUTION = "tinyhost-hil"
"""Our name on PyPI. The command and the imported package are `tinyhost`."""
NAMESAKE = "tinyhost"
"""Name on PyPI of another program that installs a command and a package of our name."""


class InstallMethod(Enum):
    """The way tinyhost was installed."""

    CLONE = "clone"
    PIPX = "pipx"
    UV_TOOL = "uv tool"
    PIP = "pip"
    UV = "uv"


@cache
def checkout() -> Path | None:
    """Return the folder of the clone that is installed here (`make setup`); None if a wheel is."""
    origin = _direct_url()
    return _path_of(origin["url"]) if origin.get("dir_info", {}).get("editable") else None


def installed_files() -> str:
    """Return the installer's list of our files and their SHA-256; it differs between wheels; "" without one."""
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        return distribution(DISTRIBUTION).read_text("RECORD") or ""
    except PackageNotFoundError:
        return ""


def install_method() -> InstallMethod:
    """Return the way tinyhost was installed. pipx and uv mark the environments that they create."""
    if checkout() is not None:
        return InstallMethod.CLONE
    environment = Path(sys.prefix)
    if (environment / "pipx_metadata.json").is_file():
        return InstallMethod.PIPX
    if (environment / "uv-receipt.toml").is_file():
        return InstallMethod.UV_TOOL
    return InstallMethod.PIP if importlib.util.find_spec("pip") else InstallMethod.UV


def add_extra(extra: str) -> str:
    """Return the command that installs our extras: `mic`, `train`, `build,emulator`, ..."""
    clone = checkout()
    if clone is None:
        return _add_to_wheel(f"{DISTRIBUTION}[{extra}]")
    if extra == "train":
        return f"make setup-train (in {_from_here(clone)})"
    return f"{_python()} -m pip install --editable '{_from_here(clone)}[{extra}]'"


def add_package(package: str) -> str:
    """Return the command that installs a package into tinyhost's environment."""
    return _add_to_wheel(package) if checkout() is None else _pip("install", _quoted(package))


def remove_package(package: str) -> str:
    """Return the command that uninstalls a package from tinyhost's environment."""
    return _pip("uninstall", package)


def install_again() -> str:
    """Return the command that reinstalls tinyhost."""
    clone = checkout()
    if clone is not None:
        return f"make setup (in {_from_here(clone)})"
    again = "--reinstall" if install_method() in (InstallMethod.UV, InstallMethod.UV_TOOL) else "--force-reinstall"
    return _pip("install", f"{again} --no-deps {_quoted(_origin())}")


def with_extra(extra: str) -> str:
    """Return the hint for an error that an extra would prevent."""
    return f"install it: {add_extra(extra)}"


def own_environment(program: str) -> str:
    """Return the command that installs a program from PyPI into an environment of its own."""
    return f"pipx install {program}"


def namesake_version() -> str:
    """Return the version of the other program called tinyhost, if it is also installed here; else ""."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(NAMESAKE)
    except PackageNotFoundError:
        return ""


def _add_to_wheel(package: str) -> str:
    match install_method():
        case InstallMethod.PIPX:
            return f"pipx inject {DISTRIBUTION} {_quoted(package)}"
        case InstallMethod.UV_TOOL:
            return _uv_tool(package)
        case _:
            return _pip("install", _quoted(package))


def _uv_tool(package: str) -> str:
    """Return the command of uv, which must repeat all installed packages besides the new one."""
    noted = [*_receipt(), package]
    ours = [name[len(DISTRIBUTION) + 1 : -1] for name in noted if name.startswith(f"{DISTRIBUTION}[")]
    others = [name for name in noted if not name.startswith(f"{DISTRIBUTION}[")]
    extras = f"[{','.join(dict.fromkeys(ours))}]" if ours else ""
    return f"uv tool install {_quoted(_origin() + extras)}{''.join(f' --with {_quoted(name)}' for name in others)}"


def _receipt() -> list[str]:
    """Return the requirements in uv's receipt of our environment: `tinyhost-hil[mic]`, `soundfile`."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    try:
        text = (Path(sys.prefix) / "uv-receipt.toml").read_text(encoding="utf-8")
        required = tomllib.loads(text)["tool"]["requirements"]
        ours = [extra for each in required if each["name"] == DISTRIBUTION for extra in each.get("extras", ())]
        others = [str(each["name"]) for each in required if each["name"] != DISTRIBUTION]
        return [*(f"{DISTRIBUTION}[{extra}]" for extra in ours), *others]
    except (OSError, ValueError, KeyError, TypeError):  # other versions of uv may write another format
        return []


def _origin() -> str:
    """Return the requirement to install: our name, or the wheel's file."""
    url = _direct_url().get("url", "")
    return str(_path_of(url)) if url.startswith("file:") else DISTRIBUTION


def _direct_url() -> dict[str, Any]:
    """Return the installer's record of a folder or file that we were installed from; {} if it was a name."""
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        text = distribution(DISTRIBUTION).read_text("direct_url.json")
    except PackageNotFoundError:
        return {}
    found: dict[str, Any] = json.loads(text) if text else {}
    return found


def _path_of(url: str) -> Path:
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    return Path(url2pathname(urlsplit(url).path))


def _quoted(package: str) -> str:
    return f"'{package}'" if set(package) & set("[]<>= ") else package


def _pip(action: str, package: str) -> str:
    match install_method():
        case InstallMethod.PIPX:
            return f"pipx runpip {DISTRIBUTION} {action} {package}"
        case InstallMethod.UV_TOOL | InstallMethod.UV:
            return f"uv pip {action} --python {_python()} {package}"
        case _:
            return f"{_python()} -m pip {action} {package}"


def _from_here(folder: Path) -> str:
    """Return a folder's path for a shell in the current folder."""
    return "." if folder == Path.cwd().resolve() else str(folder)


def _python() -> str:
    """Return the shell command for this Python: its bare name if its environment is active."""
    active = os.environ.get("VIRTUAL_ENV")
    return "python" if active and Path(active) == Path(sys.prefix) else sys.executable

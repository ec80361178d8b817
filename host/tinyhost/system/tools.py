"""Programs that boards need and pip does not install."""

from __future__ import annotations

import importlib.util
import shutil

from tinyhost.errors import MissingToolError

__all__ = ["APT_PACKAGES", "require_module", "require_tool"]

APT_PACKAGES = {
    "g++": "g++",
    "size": "binutils",
    "arm-none-eabi-g++": "gcc-arm-none-eabi libnewlib-arm-none-eabi libstdc++-arm-none-eabi-newlib",
    "qemu-system-arm": "qemu-system-arm",
    "espeak-ng": "espeak-ng",
}
"""Debian's packages, by the program."""


def require_tool(program: str, *, why: str) -> str:
    """Return the path of `program`. Raises MissingToolError with the way to install it."""
    path = shutil.which(program)
    if path is None:
        package = APT_PACKAGES.get(program, program)
        raise MissingToolError(f"{program} is not installed; {why}", hint=f"sudo apt-get install {package}")
    return path


def require_module(module: str, package: str, *, why: str) -> None:
    """Raise MissingToolError if the Python module is not installed."""
    if importlib.util.find_spec(module) is None:
        raise MissingToolError(f"the Python package {package} is not installed; {why}", hint=f"pip install {package}")

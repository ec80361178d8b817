"""Programs and packages that some commands need, and how they are installed on this system."""

from __future__ import annotations

import importlib.util
import shutil
import sys

from tinyhost.errors import MissingToolError
from tinyhost.system.installation import with_extra

__all__ = ["how_to_install", "require_module", "require_tool"]

_APT = {
    "g++": "g++",
    "size": "binutils",
    "arm-none-eabi-g++": "gcc-arm-none-eabi libnewlib-arm-none-eabi libstdc++-arm-none-eabi-newlib",
    "qemu-system-arm": "qemu-system-arm",
    "espeak-ng": "espeak-ng",
    "aplay": "alsa-utils",
    "portaudio": "libportaudio2",
}
_BREW = {
    "arm-none-eabi-g++": "--cask gcc-arm-embedded",
    "qemu-system-arm": "qemu",
    "espeak-ng": "espeak-ng",
    "portaudio": "portaudio",
}
_WINGET = {"espeak-ng": "eSpeak-NG.eSpeak-NG", "git": "Git.Git"}


def how_to_install(program: str) -> str:
    """Return the command that installs a program or library of the system."""
    if sys.platform == "win32":
        return f"winget install {_WINGET[program]}" if program in _WINGET else f"install {program}, and put it on PATH"
    if sys.platform == "darwin":
        return f"brew install {_BREW[program]}" if program in _BREW else "xcode-select --install"
    return f"sudo apt-get install {_APT.get(program, program)}"


def require_tool(program: str, *, why: str) -> str:
    """Return the path of `program`. Raises MissingToolError with the way to install it."""
    path = shutil.which(program)
    if path is None:
        raise MissingToolError(f"{program} is not installed; {why}", hint=how_to_install(program))
    return path


def require_module(module: str, name: str, extra: str, *, why: str) -> None:
    """Raise MissingToolError if a Python module, called name, is not installed. extra: of ours that brings it."""
    if importlib.util.find_spec(module) is None:
        raise MissingToolError(f"{name} is not installed; {why}", hint=with_extra(extra))

"""Programs and packages that some commands need, and how they are installed on this system."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys

from tinyhost.errors import MissingToolError
from tinyhost.system.installation import with_extra

__all__ = ["compiler_version", "how_to_install", "missing_package", "require_module", "require_tool"]

_EXTRAS = {
    "cv2": ("OpenCV", "camera"),
    "PIL": ("Pillow", "camera"),
    "jinja2": ("Jinja", "report"),
    "matplotlib": ("Matplotlib", "report"),
    "platformio": ("PlatformIO", "build"),
    "SCons": ("SCons", "build"),
    "bmi270": ("bmi270", "build"),
    "pytest": ("pytest", "hil"),
    "unicorn": ("the Python package unicorn", "emulator"),
    "sklearn": ("scikit-learn", "train"),
}
"""What our extras bring: its name, and the extra, by the module."""

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


def compiler_version(compiler: str) -> str:
    """Return what the compiler at this path says of its version: the first line."""
    said = subprocess.run([compiler, "--version"], check=True, capture_output=True, text=True).stdout
    return said.partition("\n")[0]


def missing_package(error: ImportError) -> MissingToolError | None:
    """Return what a command lacks of which an import has failed; None if no extra of ours brings it."""
    module = (error.name or "").partition(".")[0]
    if module not in _EXTRAS:
        return None
    name, extra = _EXTRAS[module]
    return MissingToolError(f"{name} is not installed; this needs it", hint=with_extra(extra))


def require_module(module: str, *, why: str) -> None:
    """Raise MissingToolError if a Python module that an extra of ours brings is not installed."""
    if importlib.util.find_spec(module) is None:
        name, extra = _EXTRAS[module]
        raise MissingToolError(f"{name} is not installed; {why}", hint=with_extra(extra))

"""Programs and packages that some commands need, and their installation on this system."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Sequence

from tinyhost.errors import MissingToolError
from tinyhost.system.installation import add_extra, with_extra

__all__ = ["compiler_version", "how_to_install", "missing_package", "require_all", "require_module", "require_tool"]

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
"""Packages of our extras by module: the package's name and the extra."""

_APT = {
    "g++": "g++",
    "size": "binutils",
    "arm-none-eabi-g++": "gcc-arm-none-eabi libnewlib-arm-none-eabi libstdc++-arm-none-eabi-newlib",
    "qemu-system-arm": "qemu-system-arm",
    "espeak-ng": "espeak-ng",
    "aplay": "alsa-utils",
    "portaudio": "libportaudio2",
    "parec": "pulseaudio-utils",
    "tk": "python3-tk",
}
_BREW = {
    "arm-none-eabi-g++": "--cask gcc-arm-embedded",
    "qemu-system-arm": "qemu",
    "espeak-ng": "espeak-ng",
    "portaudio": "portaudio",
    "parec": "pulseaudio",
    "tk": "python-tk",
}
_WINGET = {"espeak-ng": "eSpeak-NG.eSpeak-NG", "git": "Git.Git"}


def how_to_install(*programs: str) -> str:
    """Return the command that installs programs or libraries of the system."""
    if sys.platform not in ("win32", "darwin"):
        return f"sudo apt-get install {' '.join(_APT.get(program, program) for program in programs)}"
    return "; ".join(dict.fromkeys(_how_to_install_one(program) for program in programs))


def _how_to_install_one(program: str) -> str:
    if sys.platform == "win32":
        return f"winget install {_WINGET[program]}" if program in _WINGET else f"install {program}, and put it on PATH"
    return f"brew install {_BREW[program]}" if program in _BREW else "xcode-select --install"


def require_tool(program: str, *, why: str) -> str:
    """Return the path of `program`. Raises MissingToolError with the way to install it."""
    path = shutil.which(program)
    if path is None:
        raise MissingToolError(f"{program} is not installed; {why}", hint=how_to_install(program))
    return path


def require_all(*, modules: Sequence[str] = (), programs: Sequence[str] = (), why: str, extra: str = "") -> None:
    """Raise one MissingToolError for all missing modules of our extras and missing programs.

    extra: the one that contains all the modules and more; by default each module's own.
    """
    lacking = [_EXTRAS[module] for module in modules if importlib.util.find_spec(module) is None]
    absent = [program for program in programs if shutil.which(program) is None]
    names = [*(name for name, _ in lacking), *absent]
    if names:
        extras = extra or ",".join(dict.fromkeys(extra for _, extra in lacking))
        fixes = [*([add_extra(extras)] if lacking else []), *([how_to_install(*absent)] if absent else [])]
        said = " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
        raise MissingToolError(
            f"{said} {'is' if len(names) == 1 else 'are'} not installed; {why}", hint="; ".join(fixes)
        )


def compiler_version(compiler: str) -> str:
    """Return the first line of the version output of the compiler at this path."""
    said = subprocess.run([compiler, "--version"], check=True, capture_output=True, text=True).stdout
    return said.partition("\n")[0]


def missing_package(error: ImportError) -> MissingToolError | None:
    """Return the error for a failed import of a command; None if no extra of ours contains the module."""
    module = (error.name or "").partition(".")[0]
    if module not in _EXTRAS:
        return None
    name, extra = _EXTRAS[module]
    return MissingToolError(f"{name} is not installed; this needs it", hint=with_extra(extra))


def require_module(module: str, *, why: str) -> None:
    """Raise MissingToolError if a Python module of one of our extras is not installed."""
    if importlib.util.find_spec(module) is None:
        name, extra = _EXTRAS[module]
        raise MissingToolError(f"{name} is not installed; {why}", hint=with_extra(extra))

"""Checks of what tinyhost itself and the virtual boards need: Python, its packages, compilers, an emulator."""

from __future__ import annotations

import importlib.util
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator

from tinyhost.boards.checks.check import Check, State
from tinyhost.boards.packaged import ready_made
from tinyhost.system.installation import (
    NAMESAKE,
    add_extra,
    install_again,
    namesake_version,
    remove_package,
)
from tinyhost.system.posix import HAS_PTYS
from tinyhost.system.tools import how_to_install

__all__ = ["machine_checks", "tensorflow_check"]

_OLDEST_PYTHON = (3, 10)
_FOR_BOARDS = (("g++", "native"), ("arm-none-eabi-g++", "m4"), ("qemu-system-arm", "m4"), ("cmake", "nano33emu"))


def machine_checks() -> Iterator[Check]:
    """Yield the checks of what tinyhost and its virtual boards need."""
    yield _python()
    yield _bindings()
    yield from _stranger()
    ready = ready_made("native")
    if ready:
        yield Check(name="programs", needed_for="native", state="ok", detail=f"ready to flash: {', '.join(ready)}")
    yield _module("platformio", "PlatformIO", "build", "flash --build" if ready else "flash")
    yield _module("SCons", "SCons", "build", "flash --build" if ready else "flash")
    for program, needed_for in _FOR_BOARDS if HAS_PTYS else ():
        yield _program(program, needed_for, state="warning" if ready else "missing")
    yield _program("espeak-ng", "synth speech")
    if HAS_PTYS:
        yield _module("unicorn", "Unicorn", "emulator", "nano33emu", state="warning")


def tensorflow_check() -> Check:
    """Return the check of TensorFlow, which only training needs."""
    return _module("tensorflow", "TensorFlow", "train", "train", state="warning")


def _stranger() -> Iterator[Check]:
    """Yield a warning if another package installs a program of our name: one may have overwritten the other."""
    if found := namesake_version():
        yield Check(
            name="name",
            needed_for="tinyhost",
            state="warning",
            detail=f"another program, {NAMESAKE} {found} of PyPI, is installed here, and has the same command",
            fix=f"{remove_package(NAMESAKE)}, then {install_again()}",
        )


def _python() -> Check:
    fine = sys.version_info[:2] >= _OLDEST_PYTHON
    return Check(
        name="Python",
        needed_for="tinyhost",
        state="ok" if fine else "missing",
        detail=f"{platform.python_version()} at {sys.executable}",
        fix="" if fine else "install Python 3.10 or newer",
    )


def _bindings() -> Check:
    found = importlib.util.find_spec("tinyhost._firmware") is not None
    return Check(
        name="firmware libraries",
        needed_for="tinyhost",
        state="ok" if found else "missing",
        detail="tinyhost._firmware" if found else "tinyhost._firmware was not built",
        fix="" if found else install_again(),
    )


def _module(module: str, name: str, extra: str, needed_for: str, state: State = "missing") -> Check:
    spec = importlib.util.find_spec(module)
    return Check(
        name=name,
        needed_for=needed_for,
        state="ok" if spec else state,
        detail=_module_version(module) if spec else "not installed",
        fix="" if spec else add_extra(extra),
    )


def _module_version(package: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return "installed"


def _program(program: str, needed_for: str, state: State = "missing") -> Check:
    path = shutil.which(program)
    return Check(
        name=program,
        needed_for=needed_for,
        state="ok" if path else state,
        detail=_program_version(path) if path else "not installed",
        fix="" if path else how_to_install(program),
    )


def _program_version(path: str) -> str:
    try:
        output = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return path
    return output.splitlines()[0] if output else path

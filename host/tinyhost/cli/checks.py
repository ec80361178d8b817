"""What `tinyhost doctor` looks at: each check says what is there, or the exact way to get it."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

__all__ = ["UDEV_RULE", "Check", "run_checks"]

State = Literal["ok", "missing", "warning"]

UDEV_RULE = (
    'SUBSYSTEMS=="usb", ATTRS{idVendor}=="2341", MODE="0660", GROUP="dialout", TAG+="uaccess", '
    'ENV{ID_MM_DEVICE_IGNORE}="1"'
)
_UDEV_FILE = "/etc/udev/rules.d/99-arduino.rules"
_UDEV_FOLDERS = ("/etc/udev/rules.d", "/run/udev/rules.d", "/usr/lib/udev/rules.d", "/lib/udev/rules.d")
_OLDEST_PYTHON = (3, 10)


@dataclass(frozen=True, kw_only=True)
class Check:
    """One line of the doctor's report."""

    name: str
    needed_for: str
    """the tool itself, a board, or a command"""
    state: State
    detail: str
    fix: str = ""

    @property
    def blocks(self) -> bool:
        """Whether the virtual boards do not work without it."""
        return self.state == "missing" and self.needed_for in ("tinyhost", "native", "m4")


def run_checks() -> Iterator[Check]:
    """Yield the checks of this machine, from what everything needs to what only some commands need."""
    yield _python()
    yield _bindings()
    yield _module("platformio", "PlatformIO", "platformio==6.2.0", "tinyhost")
    yield _module("SCons", "SCons", "scons==4.11.1", "tinyhost")
    for program, needed_for in (
        ("g++", "native"),
        ("arm-none-eabi-g++", "m4"),
        ("qemu-system-arm", "m4"),
        ("espeak-ng", "synth speech"),
    ):
        yield _program(program, needed_for)
    if sys.platform == "linux":
        yield _group()
        yield _udev()
        yield _modem_manager()
    yield from _ports()
    yield _module("tensorflow", "TensorFlow", "'tinyhost[train]'", "train", state="warning")


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
        fix="" if found else "pip install -e . (in the checkout; needs a C++17 compiler)",
    )


def _module(module: str, name: str, package: str, needed_for: str, state: State = "missing") -> Check:
    spec = importlib.util.find_spec(module)
    return Check(
        name=name,
        needed_for=needed_for,
        state="ok" if spec else state,
        detail=_module_version(package) if spec else "not installed",
        fix="" if spec else f"pip install {package}",
    )


def _module_version(package: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    wanted = {"'tinyhost[train]'": "tensorflow"}.get(package, package).split("==")[0]
    try:
        return version(wanted)
    except PackageNotFoundError:
        return "installed"


def _program(program: str, needed_for: str) -> Check:
    from tinyhost.boards.tools import APT_PACKAGES

    path = shutil.which(program)
    return Check(
        name=program,
        needed_for=needed_for,
        state="ok" if path else "missing",
        detail=_program_version(path) if path else "not installed",
        fix="" if path else f"sudo apt-get install {APT_PACKAGES[program]}",
    )


def _program_version(path: str) -> str:
    try:
        output = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return path
    return output.splitlines()[0] if output else path


def _group() -> Check:
    """Who may open serial ports: root, members of dialout, and whoever udev's uaccess tag admits."""
    import grp

    try:
        dialout = grp.getgrnam("dialout")
    except KeyError:
        return Check(name="serial ports", needed_for="nano33ble", state="ok", detail="no group dialout here")
    member = os.geteuid() == 0 or dialout.gr_gid in os.getgroups()
    return Check(
        name="serial ports",
        needed_for="nano33ble",
        state="ok" if member else "warning",
        detail="may be opened" if member else "you are not in the group dialout",
        fix="" if member else "sudo usermod -aG dialout $USER, then log in again",
    )


def _udev_rules() -> str:
    """Return all udev rules that name Arduino's vendor id."""
    files = (file for folder in _UDEV_FOLDERS for file in sorted(Path(folder).glob("*.rules")))
    return "\n".join(text for file in files if "2341" in (text := _read(file)))


def _udev() -> Check:
    found = bool(_udev_rules())
    return Check(
        name="udev rule",
        needed_for="nano33ble",
        state="ok" if found else "warning",
        detail="there is one for Arduino boards" if found else "none for Arduino boards",
        fix="" if found else f"echo '{UDEV_RULE}' | sudo tee {_UDEV_FILE} && sudo udevadm control --reload-rules",
    )


def _modem_manager() -> Check:
    """ModemManager talks to every new serial port for seconds, unless told to ignore it."""
    running = any(_read(file).strip() == "ModemManager" for file in Path("/proc").glob("[0-9]*/comm"))
    disturbs = running and "ID_MM_DEVICE_IGNORE" not in _udev_rules()
    return Check(
        name="ModemManager",
        needed_for="nano33ble",
        state="warning" if disturbs else "ok",
        detail="takes new boards for modems" if disturbs else "not in the way",
        fix=f"the udev rule with ID_MM_DEVICE_IGNORE: {UDEV_RULE}" if disturbs else "",
    )


def _ports() -> Iterator[Check]:
    """Yield who holds the ports of the boards that are plugged in."""
    from tinyhost.boards import list_boards
    from tinyhost.link import port_holders

    for status in list_boards():
        if status.is_virtual:
            continue
        holders = ", ".join(map(str, port_holders(status.port)))
        readable = os.access(status.port, os.R_OK | os.W_OK)
        detail = f"{status.port} is held by {holders}" if holders else f"{status.port}: {status.state}"
        yield Check(
            name=status.name,
            needed_for="nano33ble",
            state="ok" if readable and not holders else "warning",
            detail=detail if readable else f"{status.port}: no permission",
            fix="close that program" if holders else "" if readable else "see serial ports and udev rule above",
        )


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""

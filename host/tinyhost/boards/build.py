"""Building firmware with PlatformIO."""

from __future__ import annotations

import fcntl
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from configparser import ConfigParser
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tinyhost.boards.bootloader import load_program
from tinyhost.boards.project import find_project
from tinyhost.errors import BuildError, UsageError
from tinyhost.system.tools import require_module, require_tool

__all__ = [
    "EngineBuild",
    "Firmware",
    "build_firmware",
    "build_kind",
    "pio_environment",
    "prebuilt_firmware",
]

EngineBuild = Literal["tinyhost", "portable", "tflm"]
"""Engines that firmware is built with: tinyhost's own, the same with portable kernels, TensorFlow Lite Micro."""

_BUILD_ID = re.compile(rb"tinyhost-build:([0-9a-f]{16})")
_COMPILER_ERROR = re.compile(r"^.*(error:|undefined reference|overflowed by|not found).*$", re.MULTILINE)
_USED = re.compile(r"^(RAM|Flash):.*\(used (\d+) bytes")
_LAST_LINES = 12


@dataclass(frozen=True, kw_only=True)
class Firmware:
    """A built program."""

    app: str
    kind: str
    path: Path
    build_id: str
    """first 16 hex digits of the SHA-256 over its sources and flags: firmware/platform/identity.py"""
    text_bytes: int
    """code and constants, as flashed"""
    ram_bytes: int
    """static RAM; on virtual boards with the flash window, which is RAM there; 0 for a prebuilt nano33ble program"""


def build_kind(board: str, engine: EngineBuild) -> str:
    """Return what build_firmware calls the firmware for a kind of board with this engine."""
    return board if engine == "tinyhost" else f"{board}_{engine}"


def build_firmware(
    app: str, kind: str, *, project: Path | None = None, progress: Callable[[str], None] | None = None
) -> Firmware:
    """Return the firmware of `app` for `kind`, built if it is not up to date.

    progress: called with each line of the build. Raises UsageError if there is no such app for the board, BuildError
    with the compiler's words, MissingToolError.
    """
    root = find_project(project)
    environment = f"{app}_{kind}"
    _check_environment(root, app, kind)
    require_module("SCons", "scons==4.11.1", why="PlatformIO builds with it")
    if kind != "nano33ble":  # whose compiler PlatformIO downloads
        require_tool(
            "g++" if kind.startswith("native") else "arm-none-eabi-g++", why=f"it compiles firmware for {kind}"
        )
    if kind.endswith("_tflm"):
        require_tool("git", why="PlatformIO fetches TensorFlow Lite Micro with it")
    with _alone(root):
        lines = _run_platformio(root, environment, progress or (lambda _: None))
        return _firmware(root / ".pio" / "build" / environment, app, kind, lines)


def prebuilt_firmware(path: Path, app: str, kind: str) -> Firmware:
    """Return a program that was built before. Raises BuildError or FirmwareFileError if it is none for the board."""
    if kind == "nano33ble":
        image = load_program(path)
        return Firmware(app=app, kind=kind, path=path, build_id=image.build_id, text_bytes=len(image.data), ram_bytes=0)
    try:
        program = path.read_bytes()
    except OSError as exc:
        raise BuildError(
            f"{path}: cannot be read: {exc.strerror}", hint="give the program of an earlier build"
        ) from exc
    found = _BUILD_ID.search(program)
    if not program.startswith(b"\x7fELF") or not found:
        raise BuildError(f"{path}: not a program of tinyhost's firmware", hint=f"tinyhost flash {app} builds one")
    text_bytes, ram_bytes = _native_sizes(path)
    return Firmware(
        app=app, kind=kind, path=path, build_id=found[1].decode(), text_bytes=text_bytes, ram_bytes=ram_bytes
    )


def pio_environment() -> dict[str, str]:
    """Return the environment for PlatformIO: no telemetry, no look for upgrades."""
    return {
        **os.environ,
        "PLATFORMIO_SETTING_ENABLE_TELEMETRY": "no",
        "PLATFORMIO_DISABLE_UPGRADE_CHECK": "true",
        "PLATFORMIO_NO_ANSI": "true",
    }


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Wait until no other build runs here: PlatformIO empties the build folder when platformio.ini has changed."""
    (root / ".pio").mkdir(exist_ok=True)
    with (root / ".pio" / "build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _check_environment(root: Path, app: str, kind: str) -> None:
    config = ConfigParser(interpolation=None, strict=False)
    config.read(root / "platformio.ini")
    names = [section.removeprefix("env:") for section in config.sections() if section.startswith("env:")]
    known = [name for name in names if not name.startswith("test_")]
    if f"{app}_{kind}" in names:
        return
    apps = list(dict.fromkeys(name.partition("_")[0] for name in known))
    if app not in apps:
        raise UsageError(f"there is no app {app!r} in {root / 'firmware'}", hint=f"the apps: {', '.join(apps)}")
    mine = ", ".join(name for name in known if name.startswith(f"{app}_"))
    raise UsageError(f"no firmware {app}_{kind} in {root / 'platformio.ini'}", hint=f"of {app} there are: {mine}")


def _run_platformio(root: Path, environment: str, progress: Callable[[str], None]) -> list[str]:
    command = [sys.executable, "-m", "platformio", "run", "--environment", environment, "--project-dir", str(root)]
    lines: list[str] = []
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=pio_environment(),
        cwd=root,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line.rstrip())
            progress(lines[-1])
    if process.returncode != 0:
        raise _build_error(environment, lines)
    return lines


def _build_error(environment: str, lines: list[str]) -> BuildError:
    first = _COMPILER_ERROR.search("\n".join(lines))
    if first:
        return BuildError(
            f"building {environment} failed: {first[0].strip()}", hint=f"pio run -e {environment} shows the whole build"
        )
    last = "\n".join(f"  {line}" for line in lines[-_LAST_LINES:] if line)
    return BuildError(
        f"building {environment} failed; its last lines:\n{last}",
        hint=_needs(environment),
    )


def _needs(environment: str) -> str:
    if environment.endswith("_tflm"):
        return "tinyhost doctor checks what it needs; TensorFlow Lite Micro comes from GitHub (internet, once)"
    return "tinyhost doctor checks what it needs; nano33ble needs PlatformIO's registry (internet), or --firmware"


def _firmware(folder: Path, app: str, kind: str, lines: list[str]) -> Firmware:
    board = kind.partition("_")[0]
    path = folder / {"native": "program", "m4": "program.elf"}.get(board, "firmware.bin")
    program = folder / "firmware.elf" if path.suffix == ".bin" else path
    if not program.is_file():
        raise BuildError(f"building {app}_{kind}: PlatformIO ended well, but {program} is not there", hint="pio run -v")
    used = {match[1]: int(match[2]) for line in lines if (match := _USED.match(line))}
    found = _BUILD_ID.search(program.read_bytes())
    return Firmware(
        app=app,
        kind=kind,
        path=path,
        build_id=found[1].decode() if found else "",
        text_bytes=used["Flash"] if used else _native_sizes(program)[0],
        ram_bytes=used["RAM"] if used else _native_sizes(program)[1],
    )


def _native_sizes(program: Path) -> tuple[int, int]:
    """Return (text + data, data + bss) in bytes, as `size` counts: PlatformIO does not for a board without limits."""
    command = [require_tool("size", why="it measures the program"), str(program)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    text, data, bss = map(int, output.splitlines()[1].split()[:3])
    return text + data, data + bss

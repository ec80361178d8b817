"""Building firmware with PlatformIO."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from configparser import ConfigParser
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from tinyhost.boards.bootloader import load_program
from tinyhost.boards.build_cache import Sizes, find_cached_build, ingredients, record_build
from tinyhost.boards.project import find_project
from tinyhost.errors import BuildError, UsageError
from tinyhost.system.locks import locked
from tinyhost.system.reading import read_file
from tinyhost.system.tools import require_all, require_tool

__all__ = [
    "EngineBuild",
    "Firmware",
    "Origin",
    "build_firmware",
    "build_kind",
    "check_firmware",
    "pio_environment",
    "prebuilt_firmware",
]

Origin = Literal["built", "packaged", "given"]
"""The origin of a program: built from the sources, packaged with tinyhost, or a given file."""
EngineBuild = Literal["tinyhost", "portable", "tflm"]
"""Engines that firmware is built with: tinyhost's own, the same with portable kernels, TensorFlow Lite Micro."""

_MAX_PROGRAM_BYTES = 1 << 28
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
    """first 16 hex digits of the SHA-256 over its sources and flags: firmware/platform/build_id.py"""
    text_bytes: int
    """code and constants, as flashed"""
    ram_bytes: int
    """static RAM; on native and m4 with the flash window, which is RAM there; 0 for a given nano33ble program"""
    origin: Origin = "built"


def build_kind(board: str, engine: EngineBuild, *, arduino: bool = False, all_operators: bool = False) -> str:
    """Return the `kind` of build_firmware for a board with this engine.

    arduino: on Arduino's core, for the Nano only. all_operators: with all groups of operators, as on virtual boards.
    """
    parts = {"arduino": arduino, "all": all_operators and board == "nano33ble"}
    return "_".join([board, *([] if engine == "tinyhost" else [engine]), *(part for part in parts if parts[part])])


def build_firmware(
    app: str, kind: str, *, project: Path | None = None, progress: Callable[[str], None] | None = None
) -> Firmware:
    """Return the firmware of `app` for `kind`.

    A build of the same sources is reused. progress: called with each line of a build. Raises UsageError if there is no
    such app for the board, BuildError with the compiler's words, MissingToolError.
    """
    root = find_project(project)
    environment = f"{app}_{kind}"
    check_firmware(app, kind, project=root)
    compiler = _require_tools(kind)
    program = _program_path(root / ".pio" / "build" / environment, kind)
    with _alone(root):
        made_from = ingredients(root, environment, compiler)
        sizes = find_cached_build(program, made_from)
        if sizes is None:
            lines = _run_platformio(root, environment, progress or (lambda _: None))
            sizes = _sizes(program, lines)
            in_program = _BUILD_ID.search(program.read_bytes())
            found = in_program[1].decode() if in_program else made_from.build_id
            if found != made_from.build_id or ingredients(root, environment, compiler) != made_from:
                raise BuildError(f"the sources of {environment} changed during the build", hint="build it again")
            record_build(program, made_from, sizes)
    return Firmware(app=app, kind=kind, path=program, build_id=made_from.build_id, **asdict(sizes))


def prebuilt_firmware(path: Path, app: str, kind: str) -> Firmware:
    """Return a program that was built before. Raises BuildError or FirmwareFileError if it is not for the board."""
    if kind == "nano33ble":
        image = load_program(path)
        return Firmware(
            app=app,
            kind=kind,
            path=path,
            build_id=image.build_id,
            text_bytes=len(image.data),
            ram_bytes=0,
            origin="given",
        )
    program = read_file(path, max_bytes=_MAX_PROGRAM_BYTES, error=BuildError)
    found = _BUILD_ID.search(program)
    if not program.startswith(b"\x7fELF") or not found:
        raise BuildError(f"{path}: not tinyhost's firmware", hint=f"tinyhost flash {app} builds one")
    return Firmware(
        app=app, kind=kind, path=path, build_id=found[1].decode(), origin="given", **asdict(_native_sizes(path))
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
    """Wait until no other build runs in this folder: PlatformIO empties it when platformio.ini has changed."""
    (root / ".pio").mkdir(exist_ok=True)
    with locked(root / ".pio" / "build.lock"):
        yield


def check_firmware(app: str, kind: str, *, project: Path | None = None) -> None:
    """Raise UsageError unless there is such an app, and its firmware for the kind."""
    root = find_project(project)
    config = ConfigParser(interpolation=None, strict=False)
    config.read(root / "platformio.ini")
    names = [section.removeprefix("env:") for section in config.sections() if section.startswith("env:")]
    known = [name for name in names if not name.startswith("test_")]
    if f"{app}_{kind}" in names:
        return
    apps = list(dict.fromkeys(name.partition("_")[0] for name in known))
    if app not in apps:
        raise UsageError(f"no app {app!r} in {root / 'firmware'}", hint=f"the apps: {', '.join(apps)}")
    mine = ", ".join(name for name in known if name.startswith(f"{app}_"))
    raise UsageError(f"no firmware {app}_{kind} in {root / 'platformio.ini'}", hint=f"{app} exists for: {mine}")


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
    if environment.endswith("_arduino"):
        return "this build needs PlatformIO's registry (internet); the build without Arduino's core does not"
    return "tinyhost doctor checks what it needs"


def _require_tools(kind: str) -> str | None:
    """Return the compiler's path, None if PlatformIO downloads it. Raises MissingToolError, one for all."""
    modules, programs, compiler = ["platformio", "SCons"], [], ""
    if kind.startswith("nano33ble"):
        modules.append("bmi270")  # the package that brings the Nano's motion sensor's configuration file
    if kind.endswith("_tflm"):
        programs.append("git")  # PlatformIO fetches TensorFlow Lite Micro with it
    if not kind.endswith("_arduino"):
        compiler = "g++" if kind.startswith("native") else "arm-none-eabi-g++"
        programs.append(compiler)
    if kind == "m4":
        programs.append("qemu-system-arm")
    require_all(modules=modules, programs=programs, why=f"firmware for {kind} is built and run with it")
    return shutil.which(compiler) if compiler else None


def _program_path(folder: Path, kind: str) -> Path:
    return folder / {"native": "program", "m4": "program.elf"}.get(kind.partition("_")[0], "firmware.bin")


def _sizes(program: Path, lines: list[str]) -> Sizes:
    """Return the program's sizes as PlatformIO printed them, or those of `size` for a board without limits."""
    elf = program.with_suffix(".elf") if program.suffix == ".bin" else program
    if not elf.is_file():
        raise BuildError(f"PlatformIO reported success, but {elf} does not exist", hint="pio run -v")
    used = {match[1]: int(match[2]) for line in lines if (match := _USED.match(line))}
    return Sizes(text_bytes=used["Flash"], ram_bytes=used["RAM"]) if used else _native_sizes(elf)


def _native_sizes(program: Path) -> Sizes:
    """Return text + data and data + bss, as `size` counts."""
    command = [require_tool("size", why="it measures the program"), str(program)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    text, data, bss = map(int, output.splitlines()[1].split()[:3])
    return Sizes(text_bytes=text + data, ram_bytes=data + bss)

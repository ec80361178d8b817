"""The emulator of the Nano 33 BLE Sense: built once for its sources, and how it is started for a board."""

from __future__ import annotations

import hashlib
import os
import shlex
import subprocess
import sys
from pathlib import Path

from tinyhost.boards.project import find_project
from tinyhost.boards.state import BoardFolder
from tinyhost.errors import BuildError
from tinyhost.system.durable import write_atomically
from tinyhost.system.locks import locked
from tinyhost.system.tools import compiler_version, require_all, require_tool

__all__ = ["SWITCHES_VARIABLE", "build_emulator", "emulator_command"]

SWITCHES_VARIABLE = "TINYHOST_NANO33EMU"
"""The variable of the environment with more switches for the emulator, such as `--strict`."""

_SUFFIXES = {".cpp", ".h", ".txt", ".cmake"}
_USED_LIBRARIES = ("core",)
_LAST_LINES = 12


def emulator_command(folder: BoardFolder, revision: int) -> list[str]:
    """Return the command that runs the emulated Nano of a folder. Raises MissingToolError, BuildError, ConfigError."""
    bootloader = ["--bootloader", str(folder.bootloader)] if folder.bootloader.is_file() else []
    switches = shlex.split(os.environ.get(SWITCHES_VARIABLE, ""))
    identity = ["--rev", str(revision), "--id", folder.serial_number()]
    return [str(build_emulator()), *identity, *bootloader, *switches]


def build_emulator() -> Path:
    """Return the emulator's program, built if its sources or Unicorn have changed.

    Raises MissingToolError, which names the extra; BuildError with the compiler's words; ConfigError without sources.
    """
    root = find_project()
    why = "it is needed to build and run the emulated Nano"
    require_all(modules=["unicorn"], programs=["g++", "cmake"], why=why)
    compiler, cmake = require_tool("g++", why=why), require_tool("cmake", why=why)
    folder = root / "build" / "emulator"
    program, note = folder / "nano33emu", folder / "built"
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder / "lock"):
        wanted = _ingredients(root / "firmware", compiler)
        if not program.is_file() or not note.is_file() or note.read_text() != wanted:
            note.unlink(missing_ok=True)
            _run([cmake, "--preset", "emulator", f"-DPython3_EXECUTABLE={sys.executable}"], root / "firmware")
            _run(
                [cmake, "--build", str(folder), "--target", program.name, "--parallel", str(os.cpu_count() or 1)],
                root / "firmware",
            )
            write_atomically(note, wanted.encode(), sync=False)
    return program


def _ingredients(firmware: Path, compiler: str) -> str:
    """Return the inputs of the emulator's build in one line: equal ingredients make equal programs."""
    from importlib.metadata import version

    digest = hashlib.sha256()
    folders = [firmware / "emulator", *(firmware / "lib" / name for name in _USED_LIBRARIES)]
    paths = [path for folder in folders for path in folder.rglob("*") if path.suffix in _SUFFIXES]
    for path in sorted([*paths, firmware / "CMakeLists.txt", firmware / "CMakePresets.json"]):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(firmware).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return f"{digest.hexdigest()} {compiler_version(compiler)} {sys.executable} unicorn {version('unicorn')}\n"


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True, errors="replace", cwd=folder)
    if done.returncode:
        lines = (done.stdout + done.stderr).splitlines()
        wrong = [line for line in lines if "error:" in line or "Error" in line][:1] or lines[-_LAST_LINES:]
        raise BuildError(
            "building the emulator failed:\n" + "\n".join(f"  {line}" for line in wrong),
            hint=f"{shlex.join(command)} in {folder} shows the whole output",
        )

"""The build id of firmware, which PlatformIO puts into the program and the host compares programs by.

It is the first 16 hex digits of the SHA-256 over path and content of every file that makes firmware, over the
environment's options in platformio.ini, and over the version: the same sources and options have the same id on every
computer. identity.py and tinyhost.boards.build load this file; the options are read by PlatformIO's own parser.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

__all__ = ["build_id", "firmware_version"]

_SOURCE_FOLDERS = ("apps", "boards", "engines", "lib", "oracle", "platform")
_SOURCE_SUFFIXES = {".c", ".cpp", ".h", ".S", ".ld", ".py", ".json"}
_OPTIONS = (
    "platform",
    "board",
    "framework",
    "build_flags",
    "build_unflags",
    "build_src_filter",
    "extra_scripts",
    "lib_deps",
    "lib_compat_mode",
)


def build_id(project: Path, environment: str, config: Any) -> str:
    """Return the id of the program that `environment` builds. config: PlatformIO's ProjectConfig of the project."""
    digest = hashlib.sha256(f"version\0{firmware_version(project)}\0".encode())
    for name in _OPTIONS:
        value = config.get(f"env:{environment}", name)
        text = " ".join(map(str, value)) if isinstance(value, list) else str(value)
        digest.update(f"{name}\0{' '.join(text.split())}\0".encode())
    for path in _sources(project / "firmware"):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(project).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:16]


def _sources(firmware: Path) -> list[Path]:
    files = [path for folder in _SOURCE_FOLDERS for path in (firmware / folder).rglob("*")]
    return sorted(path for path in files if path.suffix in _SOURCE_SUFFIXES)


def firmware_version(project: Path) -> str:
    """Return the version in pyproject.toml."""
    match = re.search(r'^version = "([^"]+)"', (project / "pyproject.toml").read_text(), re.MULTILINE)
    if not match:
        raise SystemExit(f'{project / "pyproject.toml"}: no line version = "…"')
    return match[1]

"""The build id of firmware, which is put into the program and by which the host compares programs.

It is the first 16 hex digits of the SHA-256 over path and content of every file that makes firmware, over the
environment's options in platformio.ini, and over the version: the same sources and options have the same id on every
computer. identity.py, tinyhost.boards.build_cache and programs.cmake load this file. It needs no PlatformIO.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path

__all__ = ["BadOptionsError", "Options", "build_id", "firmware_version"]

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

_REFERENCE = re.compile(r"\$\{([^.}]+)\.([^}]+)\}")
_MAX_DEPTH = 16


class BadOptionsError(Exception):
    """platformio.ini names an option that it does not have."""


class Options:
    """The options in platformio.ini, read as PlatformIO reads them: with what a section extends, and references."""

    def __init__(self, project: Path) -> None:
        self._parser = ConfigParser(interpolation=None, inline_comment_prefixes=("#", ";"))
        self._parser.read(project / "platformio.ini", encoding="utf-8")

    def text(self, section: str, name: str, depth: int = 0) -> str:
        """Return an option's value, words parted by single spaces; "" for one that nobody sets.

        What PLATFORMIO_<NAME> in the environment adds is part of it. Raises BadOptionsError.
        """
        found = next((self._parser[each][name] for each in self._lineage(section) if name in self._parser[each]), "")
        added = os.environ.get(f"PLATFORMIO_{name.upper()}", "") if section.startswith("env:") else ""
        words = " ".join(f"{found} {added}".split())
        return _REFERENCE.sub(lambda match: self._referred(section, match[1], match[2], depth + 1), words)

    def _lineage(self, section: str) -> Iterator[str]:
        """Yield the section and those that it extends, the nearest first."""
        waiting = ["env", section] if section.startswith("env:") else [section]
        while waiting:
            current = waiting.pop()
            if self._parser.has_section(current):
                yield current
                waiting += self._parser.get(current, "extends", fallback="").replace(",", " ").split()

    def _referred(self, section: str, other: str, name: str, depth: int) -> str:
        if other == "platformio":  # folders, which are PlatformIO's: no program differs by them
            return name
        known = any(name in self._parser[each] for each in self._lineage(other))
        if not known or depth > _MAX_DEPTH:
            raise BadOptionsError(f"[{section}] refers to ${{{other}.{name}}}, which is not there")
        return self.text(other, name, depth)


def build_id(project: Path, environment: str) -> str:
    """Return the id of the program that `environment` builds. Raises BadOptionsError."""
    digest = hashlib.sha256(f"version\0{firmware_version(project)}\0".encode())
    options = Options(project)
    for name in _OPTIONS:
        digest.update(f"{name}\0{options.text(f'env:{environment}', name)}\0".encode())
    for path in _sources(project / "firmware"):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(project).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:16]


def _sources(firmware: Path) -> list[Path]:
    files = [path for folder in _SOURCE_FOLDERS for path in (firmware / folder).rglob("*")]
    return sorted(path for path in files if path.suffix in _SOURCE_SUFFIXES)


def firmware_version(project: Path) -> str:
    """Return the version of the firmware in platformio.ini."""
    version = Options(project).text("firmware", "version")
    if not version:
        raise SystemExit(f"{project / 'platformio.ini'}: [firmware] has no version")
    return version


if __name__ == "__main__":
    sys.stdout.write(f"{build_id(Path(sys.argv[1]), sys.argv[2])};{firmware_version(Path(sys.argv[1]))}")

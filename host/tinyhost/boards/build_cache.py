"""The cache of built programs: the inputs of each, so that none is built twice.

Next to a program that PlatformIO built lies built.json. It is written after a successful build and describes that
program only: a later or partial build does not match it.
"""

from __future__ import annotations

import hashlib
import json
import runpy
from configparser import Error as ParsingError
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from tinyhost.errors import ConfigError
from tinyhost.system.durable import write_atomically
from tinyhost.system.json_reading import read_json
from tinyhost.system.tools import compiler_version

__all__ = ["Ingredients", "Sizes", "find_cached_build", "ingredients", "record_build"]

_RECORD = "built.json"
_MAX_RECORD_BYTES, _MAX_SIZE = 1 << 16, 1 << 40


@dataclass(frozen=True, kw_only=True)
class Ingredients:
    """The inputs of a build; equal ingredients make equal programs."""

    build_id: str
    """of the sources and options: firmware/platform/build_id.py"""
    compiler: str
    """the compiler's version output; empty if PlatformIO brings it, whose version is one of the options"""


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """The flash and RAM that a program takes."""

    text_bytes: int
    ram_bytes: int


def ingredients(project: Path, environment: str, compiler: str | None) -> Ingredients:
    """Return the present inputs of the project's `environment`. compiler: the path of the system's."""
    module = runpy.run_path(str(project / "firmware/platform/build_id.py"))
    settings = project / "platformio.ini"
    try:
        build_id: str = module["build_id"](project, environment)
    except (module["BadOptionsError"], ParsingError) as exc:
        raise ConfigError(f"{settings}: {exc}", hint=f"pio project config --project-dir {project}") from exc
    return Ingredients(build_id=build_id, compiler=compiler_version(compiler) if compiler else "")


def find_cached_build(program: Path, wanted: Ingredients) -> Sizes | None:
    """Return the sizes of `program` if it is complete and was built from these inputs, else None."""
    try:
        record = read_json(program.with_name(_RECORD), max_bytes=_MAX_RECORD_BYTES)
        if record.object("ingredients").values == asdict(wanted) and record.text("sha256") == _sha256(program):
            sizes = record.object("sizes")
            return Sizes(**{field.name: sizes.integer(field.name, 0, _MAX_SIZE) for field in fields(Sizes)})
    except (OSError, ConfigError):
        pass  # no reliable record: it is built again
    return None


def record_build(program: Path, made_from: Ingredients, sizes: Sizes) -> None:
    """Record the inputs of a program after its successful build."""
    record = {"ingredients": asdict(made_from), "sha256": _sha256(program), "sizes": asdict(sizes)}
    write_atomically(program.with_name(_RECORD), json.dumps(record, indent=2).encode(), sync=False)


def _sha256(program: Path) -> str:
    return hashlib.sha256(program.read_bytes()).hexdigest()

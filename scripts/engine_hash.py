"""Tell whether the history has the figures of the present engine: exit code 0, or 1 if they must be measured.

    python -m scripts.engine_hash docs/reference/performance/history.json

Figures of `m4` are instructions: the same sources, networks and compiler give the same ones on every computer.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from tinyhost.system.tools import compiler_version, require_tool

from scripts.bench_history import read_history

__all__ = ["engine_hash", "sources_hash"]

_ROOT = Path(__file__).resolve().parent.parent
_ENGINE = ("firmware/lib/engine", "host/tinyhost/compiler", "tests/oracle/generated_networks.py")
_SUFFIXES = (".cpp", ".h", ".py")


def sources_hash(*names: str, more: str = "") -> str:
    """Return the first 16 hex digits of the SHA-256 over the sources in these folders and files, and over `more`."""
    digest = hashlib.sha256(more.encode())
    for name in names:
        given = _ROOT / name
        files = [given] if given.is_file() else sorted(path for path in given.rglob("*") if path.suffix in _SUFFIXES)
        for path in files:
            digest.update(path.relative_to(_ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def engine_hash() -> str:
    """Return the hash over everything that determines how many instructions a network takes on `m4`.

    That is the engine, the model compiler, the generated networks, and the version of the cross compiler.
    """
    compiler = require_tool("arm-none-eabi-g++", why="its version is part of what is measured")
    return sources_hash(*_ENGINE, more=compiler_version(compiler))


def main() -> int:
    """Compare with the history's entries."""
    history, engine = Path(sys.argv[1]), engine_hash()
    for entry in reversed(read_history(history)):
        if entry.engine_hash == engine:
            print(f"engine {engine}: its figures are in {history}, measured on {entry.date[:10]} at {entry.commit}")
            return 0
    print(f"engine {engine}: {history} has no figures of it")
    return 1


if __name__ == "__main__":
    sys.exit(main())

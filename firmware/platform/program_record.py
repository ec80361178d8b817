"""Write the record of a program that a wheel brings: program_record.py PROGRAM APP KIND BUILD_ID COMPILER

The record is PROGRAM with the suffix .json, as tinyhost.boards.packaged reads it.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path


def record(program: Path, app: str, kind: str, build_id: str, compiler: str) -> dict[str, str | int]:
    """Return what is said of a program of this computer: text + data and data + bss, as `size` counts, and the rest."""
    content = program.read_bytes()
    sizes = _said_by(["size", str(program)])[1].split()
    text, data, bss = (int(word) for word in sizes[:3])
    return {
        "app": app,
        "kind": kind,
        "build_id": build_id,
        "compiler": _said_by([compiler, "--version"])[0],
        "program_bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "text_bytes": text + data,
        "ram_bytes": data + bss,
    }


def _said_by(command: list[str]) -> list[str]:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.with_suffix(".json").write_text(json.dumps(record(path, *sys.argv[2:]), indent=2) + "\n")

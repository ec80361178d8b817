"""Put the Nano's firmware into the package, ready to flash: .venv/bin/python -m scripts.package_firmware [--check]

Builds each app for the bare chip and writes the program with its record to host/tinyhost/firmware; with --check it
compares them instead, and exits 1 if the package has other bytes than the sources make.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from tinyhost.boards.build import Firmware, build_firmware
from tinyhost.boards.packaged import PackagedRecord, packaged_path
from tinyhost.errors import TinyhostError
from tinyhost.tasks.registry import tasks

__all__ = ["main"]

KIND = "nano33ble"


def main() -> int:
    """Write or check the programs; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    check = parser.parse_args().check
    wrong = 0
    for app in sorted(task.app for task in tasks()):
        built = build_firmware(app, KIND)
        path = packaged_path(app, KIND)
        if check:
            wrong += _tell_difference(built, path)
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(built.path.read_bytes())
            path.with_suffix(".json").write_text(json.dumps(asdict(_record(built)), indent=2) + "\n")
            print(f"{path.name}: {path.stat().st_size:,} bytes, build {built.build_id}")
    return int(wrong > 0)


def _record(built: Firmware) -> PackagedRecord:
    program = built.path.read_bytes()
    said = subprocess.run(["arm-none-eabi-g++", "--version"], check=True, capture_output=True, text=True).stdout
    return PackagedRecord(
        app=built.app,
        kind=built.kind,
        build_id=built.build_id,
        compiler=said.partition("\n")[0],
        program_bytes=len(program),
        sha256=hashlib.sha256(program).hexdigest(),
        text_bytes=built.text_bytes,
        ram_bytes=built.ram_bytes,
    )


def _tell_difference(built: Firmware, packaged: Path) -> bool:
    """Return whether the package has another program than was built just now, and say so."""
    wanted, found = asdict(_record(built)), {}
    if packaged.is_file():
        found = json.loads(packaged.with_suffix(".json").read_text())
        found["sha256"] = hashlib.sha256(packaged.read_bytes()).hexdigest()
    differing = [name for name, value in wanted.items() if found.get(name) != value]
    for name in differing:
        print(f"{packaged}: {name}: the sources make {wanted[name]}, the package has {found.get(name)}")
    if differing:
        print("make firmware-images puts what the sources make into the package")
    return bool(differing)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except TinyhostError as error:
        sys.exit(f"{error.message}\n{error.hint}")

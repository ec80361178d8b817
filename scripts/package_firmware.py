"""Put the Nano's firmware into the package, ready to flash: .venv/bin/python -m scripts.package_firmware [--check]

Builds each app for the bare chip and writes the program with its record to host/tinyhost/firmware, and the sizes into
docs/reference/nano33ble.md; with --check it compares them instead, and exits 1 if the package has other bytes than the
sources make. A program that takes more than it may ends either with exit code 1.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from dataclasses import asdict
from pathlib import Path

from tinyhost.boards.build import Firmware, build_firmware
from tinyhost.boards.packaged import PackagedRecord, packaged_path
from tinyhost.errors import TinyhostError
from tinyhost.system.tools import compiler_version
from tinyhost.tasks.registry import tasks

__all__ = ["main"]

KIND = "nano33ble"
PAGE = Path(__file__).resolve().parents[1] / "docs/reference/nano33ble.md"
TABLE = re.compile(r"(<!-- sizes -->\n\n).*?(\n\n<!-- /sizes -->)", re.DOTALL)
MAX_FLASH_BYTES = 90_000
MAX_RAM_BYTES = {"anomaly": 117_624, "gestures": 84_000, "kws": 169_984, "vww": 213_072}
"""What the same apps took on Arduino's core, with its main stack of 32 KB; gestures was never on it."""


def main() -> int:
    """Write or check the programs; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    check = parser.parse_args().check
    wrong = 0
    all_built = [build_firmware(app, KIND) for app in sorted(task.app for task in tasks())]
    for built in all_built:
        app = built.app
        wrong += _is_too_large(built)
        path = packaged_path(app, KIND)
        if check:
            wrong += _tell_difference(built, path)
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(built.path.read_bytes())
            path.with_suffix(".json").write_text(json.dumps(asdict(_record(built)), indent=2) + "\n")
            print(f"{path.name}: {path.stat().st_size:,} bytes, build {built.build_id}")
    page = PAGE.read_text()
    written = TABLE.sub(lambda match: match[1] + sizes_table(all_built) + match[2], page)
    if written != page and check:
        print(f"{PAGE}: the sizes are not those of the programs: make firmware-images")
        wrong += 1
    elif written != page:
        PAGE.write_text(written)
    return int(wrong > 0)


def sizes_table(programs: list[Firmware]) -> str:
    """Return a Markdown table: flash and static RAM by app, and their limits."""
    lines = ["| app | flash | at most | static RAM, with the stack | at most |", "| --- | --- | --- | --- | --- |"]
    for one in programs:
        flash = f"{one.text_bytes:,} B | {MAX_FLASH_BYTES:,} B"
        lines.append(f"| {one.app} | {flash} | {one.ram_bytes:,} B | {MAX_RAM_BYTES[one.app]:,} B |")
    return "\n".join(lines)


def _is_too_large(built: Firmware) -> bool:
    """Return whether the program exceeds its limits of flash or RAM, and print it."""
    limits = (("flash", built.text_bytes, MAX_FLASH_BYTES), ("static RAM", built.ram_bytes, MAX_RAM_BYTES[built.app]))
    for what, size, most in limits:
        if size > most:
            print(f"{built.path}: {size:,} B of {what}, at most {most:,}")
    return any(size > most for _, size, most in limits)


def _record(built: Firmware) -> PackagedRecord:
    program = built.path.read_bytes()
    return PackagedRecord(
        app=built.app,
        kind=built.kind,
        build_id=built.build_id,
        compiler=compiler_version("arm-none-eabi-g++"),
        program_bytes=len(program),
        sha256=hashlib.sha256(program).hexdigest(),
        text_bytes=built.text_bytes,
        ram_bytes=built.ram_bytes,
    )


def _tell_difference(built: Firmware, packaged: Path) -> bool:
    """Return whether the packaged program differs from the one that was just built, and print it."""
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

"""Compiles the Nano's firmware on Arduino's core against its sources, and tells warnings and sizes.

    python scripts/check_nano33ble_arduino.py --core ArduinoCore-mbed --api ArduinoCore-API

Of the environments <app>_nano33ble_arduino, for where PlatformIO's registry, with the core and its compiler, is out of
reach. It needs arm-none-eabi-gcc and checkouts of https://github.com/arduino/ArduinoCore-mbed and
https://github.com/arduino/ArduinoCore-API. Objects are linked among themselves, from what the core calls, with the
sections that nobody needs left out: the core, its USB, the C library and Bosch's 8 KB for the motion sensor of revision
2 come on top. Exits 1 on any warning in ours.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

FIRMWARE = Path(__file__).resolve().parents[1] / "firmware"
CPU = ["-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=softfp", "-mfpu=fpv4-sp-d16"]
SECTIONS = ["-ffunction-sections", "-fdata-sections"]
# platformio.ini's [common] build_flags, and one of the core's own cxxflags.txt.
OURS = ["-std=gnu++17", "-O2", "-Wall", "-Wextra", "-ffp-contract=off", "-fno-exceptions", "-fno-rtti"]
OURS += ["-fno-threadsafe-statics", "-funsigned-char"]
BOARD = ["ARDUINO=10819", "ARDUINO_ARDUINO_NANO33BLE", "ARDUINO_ARCH_MBED", "ARDUINO_ARCH_NRF52840", "NRF52840_XXAA"]
IDENTITY = ['TINYHOST_BUILD_ID="0123456789abcdef"', 'TINYHOST_FIRMWARE_VERSION="0.0.0"']
CALLED_BY_CORE = ["setup", "loop", "PDM_IRQHandler_v", "mbed_die"]
APPS = ("vww", "kws", "anomaly", "gestures")


def core_flags(core: Path, api: Path) -> list[str]:
    """Return the flags with which Arduino compiles for this board; headers that are not ours give no warnings."""
    variant, arduino = core / "variants/ARDUINO_NANO33BLE", core / "cores/arduino"
    folders = [arduino, api, api / "api", api / "api/deprecated", variant]
    for line in (variant / "includes.txt").read_text().split():
        folders.append(arduino / line.removeprefix("-iwithprefixbefore/"))
    includes = [word for folder in folders for word in ("-isystem", str(folder))]
    return [f"@{variant / 'defines.txt'}", *includes, "-include", str(variant / "mbed_config.h")]


def compile_source(source: Path, target: Path, flags: list[str]) -> str:
    """Compile one file; return the compiler's messages."""
    command = ["arm-none-eabi-g++", *OURS, *CPU, *SECTIONS, *flags, "-c", str(source), "-o", str(target)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stderr


def size(objects: list[Path], target: Path) -> tuple[int, int]:
    """Return the bytes of flash and of static RAM of the code that the core's calls reach."""
    roots = [word for name in CALLED_BY_CORE for word in ("-u", name)]
    link = ["arm-none-eabi-ld", "-r", "--gc-sections", *roots, "-e", "setup", *map(str, objects), "-o", str(target)]
    subprocess.run(link, check=True)
    said = subprocess.run(["arm-none-eabi-size", str(target)], capture_output=True, text=True, check=True).stdout
    text, data, bss = (int(word) for word in said.splitlines()[1].split()[:3])
    return text + data, data + bss


def check(sources: list[Path], flags: list[str], folder: Path, jobs: int) -> bool:
    """Compile all and print warnings, then one line for each app; True if there are none."""
    targets = {source: folder / f"{number}.o" for number, source in enumerate(sources)}
    with ThreadPoolExecutor(jobs) as pool:
        said = "".join(pool.map(lambda source: compile_source(source, targets[source], flags), sources))
    print(said, end="", file=sys.stderr)
    print(f"{len(sources)} sources, {said.count('warning:')} warnings, {said.count('error:')} errors")
    if said:
        return False
    for app in APPS:
        mine = [t for source, t in targets.items() if "apps" not in source.parts or source.parent.name == app]
        n_flash, n_ram = size(mine, folder / app)
        print(f"{app}: {n_flash:,} bytes of flash, {n_ram:,} of static RAM, without the core")
    return True


def main() -> int:
    """Compile the firmware of all apps."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("core", "api"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    flags = [f"-D{define}" for define in BOARD + IDENTITY]
    flags += [f"-I{folder}" for folder in (FIRMWARE, *sorted(FIRMWARE.glob("lib/*/include")))]
    flags += core_flags(arguments.core.resolve(), arguments.api.resolve())
    sources = [FIRMWARE / "boards/identity.cpp"]
    for pattern in ("boards/nano33ble_*/*.cpp", "lib/*/src/**/*.cpp", "apps/*/*.cpp"):
        sources += sorted(FIRMWARE.glob(pattern))
    with tempfile.TemporaryDirectory() as folder:
        return 0 if check(sources, flags, Path(folder), arguments.jobs) else 1


if __name__ == "__main__":
    sys.exit(main())

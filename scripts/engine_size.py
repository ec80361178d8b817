"""Flash that the engine takes in a firmware, by source file, from the linker's map.

    python scripts/engine_size.py         builds vww_m4 and vww_m4_small: all operators, and those of vww alone
    python scripts/engine_size.py MAP     of this map

Code and constants that were linked, of libengine alone: not the C library, not the model; of the first map by group of
operators, too.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path

from tinyhost.boards.build import build_firmware

__all__ = ["ALL_OPERATORS", "VWW_OPERATORS", "engine_bytes", "map_of"]

ALL_OPERATORS, VWW_OPERATORS = "m4", "m4_small"
"""kinds of the vww firmware"""

_SECTION = re.compile(r"^ (\.[\w.$*-]+)\s+0x[0-9a-f]+\s+0x([0-9a-f]+) (\S+)$", re.MULTILINE)
_IN_FLASH = (".text", ".rodata", ".data", ".init_array")
_FILES = {
    "extended": {
        "arg_max",
        "batch_matmul",
        "compare",
        "div",
        "extremes",
        "l2_normalization",
        "prelu",
        "resize_bilinear",
        "squared_difference",
    },
    "lstm": {"lstm"},
    "svdf": {"svdf"},
    "int16": {"int16_batch_matmul", "int16_binary", "int16_conv", "int16_pool", "int16_softmax", "int16_unary"},
    "float": {
        "exponential",
        "float_batch_matmul",
        "float_binary",
        "float_compare",
        "float_conv",
        "float_pool",
        "float_resize_bilinear",
        "float_unary",
        "sine",
    },
    "int32": {"cast", "int32_binary"},
    "rare": {"cumsum", "log_softmax"},
    "winograd": {"winograd"},
}
"""Source files of groups of operators (OperatorGroup), but for core."""
_ENGINE = re.compile(r"libengine\.a\((.+?)(?:\.cpp)?\.o\)$")


def engine_bytes(linker_map: Path) -> dict[str, int]:
    """Return bytes of flash by the engine's source file, without extension, largest first."""
    linked = linker_map.read_text(encoding="utf-8").partition("Linker script and memory map")[2]
    sizes: Counter[str] = Counter()
    for section, size, origin in _SECTION.findall(linked):
        member = _ENGINE.search(origin)
        if member and section.startswith(_IN_FLASH):
            sizes[member[1]] += int(size, 16)
    return dict(sizes.most_common())


def group_bytes(by_file: dict[str, int]) -> dict[str, int]:
    """Return bytes of flash by group of operators; what several share counts as core."""
    sizes: Counter[str] = Counter()
    for name, size in by_file.items():
        sizes[next((group for group, files in _FILES.items() if name in files), "core")] += size
    return {group: sizes[group] for group in ("core", *_FILES)}


def map_of(kind: str) -> Path:
    """Return the linker's map of the vww firmware, which is built if it is not up to date."""
    return build_firmware("vww", kind).path.with_name("program.map")


def main() -> int:
    if len(sys.argv) > 2 or sys.argv[1:] in (["-h"], ["--help"]):
        print(__doc__, file=sys.stderr)
        return 2
    maps = [Path(sys.argv[1])] if sys.argv[1:] else [map_of(ALL_OPERATORS), map_of(VWW_OPERATORS)]
    columns = [engine_bytes(path) for path in maps]
    for name in columns[0]:
        print("".join(f"{column.get(name, 0):9,} B" for column in columns), "", name)
    print("".join(f"{sum(column.values()):9,} B" for column in columns), " in all: ", end="")
    print(*(path.parent.name for path in maps), sep=", ")
    for group, size in group_bytes(columns[0]).items():
        print(f"{size:9,} B of the group {group}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

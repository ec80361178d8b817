"""Flash that the engine takes in a firmware, by source file, from the linker's map: python scripts/engine_size.py MAP.

Code and constants that were linked, of libengine alone: not the C library, not the model.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path

__all__ = ["engine_bytes"]

_SECTION = re.compile(r"^ (\.[\w.$*-]+)\s+0x[0-9a-f]+\s+0x([0-9a-f]+) (\S+)$", re.MULTILINE)
_IN_FLASH = (".text", ".rodata", ".data", ".init_array")
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


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    sizes = engine_bytes(Path(sys.argv[1]))
    for name, size in sizes.items():
        print(f"{size:7,} B  {name}")
    print(f"{sum(sizes.values()):7,} B  in all")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The engine's flash, read from a linker's map (scripts/engine_size.py)."""

from __future__ import annotations

from pathlib import Path

from scripts.engine_size import engine_bytes

_MAP = """
Discarded input sections
 .text._dropped 0x00000000       0x40 .pio/build/vww_m4/lib75b/libengine.a(conv.cpp.o)
Linker script and memory map
 .text._run     0x00000100       0x20 .pio/build/vww_m4/lib75b/libengine.a(conv.cpp.o)
 .text._a_function_with_a_long_name
                0x00000120       0x10 .pio/build/vww_m4/lib75b/libengine.a(engine.cpp.o)
 .rodata._table 0x00000130        0x8 .pio/build/vww_m4/lib75b/libengine.a(conv.cpp.o)
 .bss._arena    0x20000000     0x1000 .pio/build/vww_m4/lib75b/libengine.a(engine.cpp.o)
 .text._other   0x00000140       0x99 .pio/build/vww_m4/lib192/libdevice.a(app.cpp.o)
"""


def test_only_the_engines_linked_flash_counts(tmp_path: Path) -> None:
    path = tmp_path / "program.map"
    path.write_text(_MAP)
    assert engine_bytes(path) == {"conv": 0x28, "engine": 0x10}

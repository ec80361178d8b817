"""Programs of a few lines for the emulated Nano: linked for where its bootloader starts them."""

from __future__ import annotations

import subprocess
from pathlib import Path

__all__ = ["compile_program"]

_HEAD = """
typedef unsigned u32;
#define REG(address) (*(volatile u32*)(address))
#define TELL(value) (REG(0x4000051C) = 0, REG(0x4000051C) = (value) & 0xff)
void Reset(void);
#pragma weak Fault
#pragma weak Timer
#pragma weak Pend
void Fault(void); void Timer(void); void Pend(void);
__attribute__((section(".vectors"), used)) void* const vectors[48] = {
  (void*)0x20010000, Reset, 0, Fault, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, Pend, 0, [16 + 8] = Timer };
static inline void MpuOff(void) { REG(0xE000ED94) = 0; __asm__("dsb; isb"); }
static inline void Rest(void) { for (;;) { __asm__("wfi"); } }
"""


def compile_program(source: str, folder: Path, begin: int = 0x10000) -> Path:
    """Return the program that some lines of C make; they are in the folder, too. A bootloader begins at 0."""
    (folder / "program.c").write_text(_HEAD + source)
    elf, image = folder / "program.elf", folder / "program.bin"
    flags = ["-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16", "-O1", "-nostdlib"]
    sections = {".vectors": begin, ".text": begin + 0x100, ".bss": 0x20000000}
    places = ["-Wl,--entry=Reset", *(f"-Wl,--section-start={name}={address:#x}" for name, address in sections.items())]
    subprocess.run(["arm-none-eabi-gcc", *flags, *places, folder / "program.c", "-o", elf], check=True)
    subprocess.run(["arm-none-eabi-objcopy", "-O", "binary", elf, image], check=True)
    return image

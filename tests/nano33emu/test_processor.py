"""The emulator's processor, tested with programs of a few lines: behaviour that involves several of its parts.

A program tells what it finds through GPREGRET, whose changes the emulator logs.
"""

from __future__ import annotations

import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
from tinyhost.boards.emulator import build_emulator
from tinyhost.system.posix import ask_socket

from tests.nano33emu.programs import compile_program
from tests.stations import found_defects

pytestmark = pytest.mark.firmware


def _run(source: str, folder: Path, *switches: str) -> tuple[int, list[str]]:
    """Return the exit code, and the log's lines without their times."""
    command = [
        str(build_emulator()),
        "--program",
        str(compile_program(source, folder)),
        "--fast",
        "--seconds",
        "0.2",
        *switches,
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, [line.partition("] ")[2] for line in done.stderr.splitlines()]


def _told(lines: list[str]) -> list[int]:
    """Return the values that a program reported, without the zeros in between."""
    values = [int(match[1], 16) for line in lines if (match := re.match(r"GPREGRET = 0x(\w+)", line))]
    return [value for value in values if value]


def test_a_program_is_interrupted_asleep_and_keeps_its_floats(tmp_path: Path) -> None:
    code, lines = _run(
        """
        volatile u32 n;
        void Timer(void) { REG(0x40008140) = 0; ++n; REG(0xE000ED04) = 1u << 28;
                           __asm__ volatile("vmov.f32 s1, #1.0" ::: "s1"); }
        void Pend(void) { TELL(0x10 + n); }
        void Reset(void) {
          REG(0xE000ED88) = 0xFu << 20; __asm__("dsb; isb");
          n = 0;
          REG(0xE000EDFC) = 1u << 24; REG(0xE0001000) = 1;
          REG(0x40008508) = 3; REG(0x40008540) = 1000; REG(0x40008200) = 1; REG(0x40008304) = 1u << 16;
          REG(0xE000E100) = 1u << 8; REG(0x40008000) = 1;
          __asm__ volatile("vmov.f32 s1, #2.0" ::: "s1");
          while (n < 3) __asm__("wfi");
          u32 bits; __asm__ volatile("vmov %0, s1" : "=r"(bits));
          TELL(bits == 0x40000000 ? 0x77 : 0x66);
          TELL(REG(0xE0001004) < 10000 ? 0x55 : 0x44);  // of 192,000 cycles, most of them asleep
          Rest();
        }""",
        tmp_path,
        "--strict",
    )
    assert (code, _told(lines)[:5]) == (0, [0x11, 0x12, 0x13, 0x77, 0x55])


def test_flash_cannot_be_written_under_the_bootloaders_mpu(tmp_path: Path) -> None:
    code, lines = _run(
        """
        void Fault(void) { TELL(REG(0xE000ED28)); Rest(); }
        void Reset(void) { REG(0x4001E504) = 1; REG(0x40000) = 0x12345678; TELL(0x99); Rest(); }""",
        tmp_path,
    )
    assert code == 0
    assert _told(lines) == [0x82]  # DACCVIOL, MMARVALID
    assert (tmp_path / "flash.bin").read_bytes()[0x40000:0x40004] == b"\xff" * 4


def test_strict_mode_ends_at_a_store_without_wen(tmp_path: Path) -> None:
    code, lines = _run("void Reset(void) { MpuOff(); REG(0x40000) = 0; Rest(); }", tmp_path, "--strict")
    assert code == 70
    defect = "flash 0x40000: a store of 0x00000000 without CONFIG.WEN"
    assert f"!!! {defect}" in lines
    assert found_defects(tmp_path) == [defect]
    (tmp_path / "defects").unlink()  # it is this test's own


def test_a_store_that_is_no_write_leaves_flash_as_it_was(tmp_path: Path) -> None:
    code, lines = _run(
        """
        void Reset(void) {
          MpuOff();
          REG(0x40000) = 0; TELL(REG(0x40000) == 0xffffffff ? 1 : 2);
          REG(0x4001E504) = 1; REG(0x40000) = 0xffff0000; REG(0x40000) = 0x0000ffff;
          TELL(REG(0x40000) == 0 ? 1 : 2); Rest();
        }""",
        tmp_path,
    )
    assert (code, _told(lines)) == (0, [1, 1])
    assert (tmp_path / "flash.bin").read_bytes()[0x40000:0x40004] == bytes(4)


@pytest.mark.parametrize(
    "statement", ["REG(0x30000000);", "((void (*)(void))0x20000101)();", '__asm__(".short 0xde00");'], ids=str
)
def test_a_fault_in_the_handler_of_faults_is_a_lockup(tmp_path: Path, statement: str) -> None:
    code, lines = _run(
        f"void Fault(void) {{ TELL(0x31); {statement} TELL(0x32); }} void Reset(void) {{ {statement} Rest(); }}",
        tmp_path,
    )
    assert code == 71
    assert _told(lines) == [0x31]


def test_a_stack_that_leaves_ram_ends_in_the_handler_of_faults(tmp_path: Path) -> None:
    code, lines = _run(
        """
        __attribute__((naked)) void Fault(void) {
          __asm__("ldr r0, =0x20008000; mov sp, r0; b Told"); }
        __attribute__((used)) void Told(void) { TELL(REG(0xE000ED28) >> 8); Rest(); }
        void Reset(void) { __asm__("ldr r0, =0x20000010; mov sp, r0; mov r1, #0x30000000; ldr r1, [r1]"); Rest(); }""",
        tmp_path,
    )
    assert (code, _told(lines)) == (0, [0x92])  # STKERR, and what was to be stacked for: PRECISERR, BFARVALID


def test_a_power_cut_leaves_the_words_before_it_and_one_half_written(tmp_path: Path) -> None:
    source = """
        void Reset(void) {
          MpuOff(); REG(0x4001E504) = 1;
          for (u32 i = 0;; ++i) { REG(0x40000 + 4 * i) = 0; for (u32 k = 0; k < 64000; ++k) __asm__ volatile(""); }
        }"""
    command = [str(build_emulator()), "--program", str(compile_program(source, tmp_path))]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL) as emulator:
        assert _ask(tmp_path, "cut-at write 5 inside") == "ok"
        assert emulator.wait(120) == -signal.SIGKILL
    flash = (tmp_path / "flash.bin").read_bytes()
    words = [int.from_bytes(flash[at : at + 4], "little") for at in range(0x40000, 0x40400, 4)]
    n_whole = words.index(next(word for word in words if word))
    assert n_whole >= 4
    assert 0 < words[n_whole] < 0xFFFFFFFF
    assert set(words[n_whole + 1 :]) == {0xFFFFFFFF}


def _ask(folder: Path, command: str) -> str:
    """Return what the emulator replies to a command, as soon as it listens."""
    deadline = time.monotonic() + 120
    while True:
        try:
            return ask_socket(folder, "control", command, 60.0)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)

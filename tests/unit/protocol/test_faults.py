"""The fault record in INFO, in words: kinds, names of flags, meaning and remedy."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tinyhost.protocol.faults import fault_of, flag_names
from tinyhost.protocol.messages import InfoReply
from tinyhost.protocol.reset import ResetReason

BUILD = "155515baddff0b3c"
INFO = InfoReply(app="kws", build_id=BUILD, reset_reason=ResetReason.FAULT)
NOTHING_THERE = "an access to where there is no memory"
FORBIDDEN = "an access that the memory protection forbids"
NO_CODE = "a jump to what is no code"
PLACE = replace(INFO, fault_pc=0x10234, fault_lr=0x10567)


@pytest.mark.parametrize("reason", set(ResetReason) - {ResetReason.WATCHDOG, ResetReason.FAULT})
def test_without_a_fault_there_is_no_record(reason: ResetReason) -> None:
    assert fault_of(InfoReply(reset_reason=reason)) is None
    assert fault_of(InfoReply(reset_reason=reason, fault_address=0xE000ED38)) is None  # of no fault: what BFAR holds


@pytest.mark.parametrize(
    ("cfsr", "address", "kind", "flags", "shown", "meaning"),
    [
        (0x8200, 0x3000_0000, "bus fault", ("PRECISERR", "BFARVALID"), 0x3000_0000, NOTHING_THERE),
        (0x0400, 0x3000_0000, "bus fault", ("IMPRECISERR",), None, "an earlier store to where there is no memory"),
        (0x0082, 4, "memory management fault", ("DACCVIOL", "MMARVALID"), 4, FORBIDDEN),
        (0x1000, 0, "bus fault", ("STKERR",), None, "no room on the stack for an interrupt"),
        (0x8200, 0x1FFF_FFF8, "bus fault", ("PRECISERR", "BFARVALID"), 0x1FFF_FFF8, "the stack was full"),
        (0x9200, 0x1FFF_FFF8, "bus fault", ("PRECISERR", "STKERR", "BFARVALID"), 0x1FFF_FFF8, "the stack was full"),
        (0x0001_0000, 0, "usage fault", ("UNDEFINSTR",), None, "an undefined instruction"),
        (0x0200_0000, 0, "usage fault", ("DIVBYZERO",), None, "a division by zero"),
        (0x0003_0000, 0, "usage fault", ("UNDEFINSTR", "INVSTATE"), None, f"an undefined instruction; {NO_CODE}"),
        (0x4000_0000, 0, "usage fault", ("bit 30",), None, "usage fault"),
        (0, 0xE000_ED38, "failed check", (), None, "an assertion of the firmware failed"),
    ],
)
def test_a_fault_is_reported_by_kind_flags_and_address(
    cfsr: int, address: int, kind: str, flags: tuple[str, ...], shown: int | None, meaning: str
) -> None:
    fault = fault_of(replace(PLACE, fault_cfsr=cfsr, fault_address=address))
    assert fault is not None
    assert (fault.kind, fault.flags, fault.address, fault.meaning) == (kind, flags, shown, meaning)
    assert (fault.pc, fault.lr, fault.cfsr, fault.is_cause_of_start) == (0x10234, 0x10567, cfsr, True)


def test_a_fault_in_one_line() -> None:
    fault = fault_of(replace(PLACE, fault_cfsr=0x8200, fault_address=0x3000_0000))
    places = "pc 0x00010234, lr 0x00010567, cfsr 0x00008200 PRECISERR BFARVALID, address 0x30000000"
    assert str(fault) == f"bus fault ({places})"


def test_a_watchdog_has_a_place_and_no_flags() -> None:
    fault = fault_of(replace(PLACE, reset_reason=ResetReason.WATCHDOG))
    assert fault is not None
    assert (fault.kind, fault.flags, str(fault)) == (
        "watchdog",
        (),
        "watchdog (pc 0x00010234, lr 0x00010567, cfsr 0x00000000)",
    )
    nowhere = fault_of(InfoReply(reset_reason=ResetReason.WATCHDOG))  # Arduino's core keeps no place
    assert str(nowhere) == "watchdog"


def test_a_fault_before_the_last_start_is_reported_as_that() -> None:
    fault = fault_of(replace(PLACE, fault_cfsr=0x8200, reset_reason=ResetReason.SOFTWARE))
    assert fault is not None
    assert not fault.is_cause_of_start


def test_a_fault_whose_place_was_lost_with_the_stack_is_reported_all_the_same() -> None:
    fault = fault_of(replace(INFO, fault_cfsr=0x1000, reset_reason=ResetReason.PIN))
    assert fault is not None
    assert (fault.kind, fault.action) == ("bus fault", f"report it with these figures and build {BUILD}")


def test_the_action_names_the_lines_of_the_program_that_ran() -> None:
    fault = fault_of(replace(PLACE, fault_cfsr=0x8200))
    assert fault is not None
    assert fault.action == (
        f"with the sources of build {BUILD}, pio run -e kws_nano33ble and then arm-none-eabi-addr2line -Cfpi -e "
        f".pio/build/kws_nano33ble/firmware.elf 0x10234 0x10566 name the lines; report it with these figures and build "
        f"{BUILD}"
    )


def test_all_bits_have_a_name() -> None:
    assert flag_names(0) == ()
    assert len(set(flag_names(0xFFFF_FFFF))) == 32

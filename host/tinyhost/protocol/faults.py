"""Faults of a board's firmware in words: the record of the last one in INFO.

The flags are those of the Configurable Fault Status Register: ARMv7-M Architecture Reference Manual, B3.2.15.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tinyhost.protocol.reset import ResetReason

if TYPE_CHECKING:
    from tinyhost.protocol.messages import InfoReply

__all__ = ["FaultRecord", "fault_of", "flag_names"]

_MEMORY, _BUS, _USAGE = "memory management fault", "bus fault", "usage fault"
_FLAGS = {
    0: ("IACCVIOL", "a jump to where no code may run"),
    1: ("DACCVIOL", "an access that the memory protection forbids"),
    3: ("MUNSTKERR", "a return from an interrupt whose stack is not there"),
    4: ("MSTKERR", "no room on the stack for an interrupt"),
    5: ("MLSPERR", "no room on the stack for the registers of the FPU"),
    7: ("MMARVALID", ""),
    8: ("IBUSERR", "a jump to where there is no memory"),
    9: ("PRECISERR", "an access to where there is no memory"),
    10: ("IMPRECISERR", "an earlier store to where there is no memory"),
    11: ("UNSTKERR", "a return from an interrupt whose stack is not there"),
    12: ("STKERR", "no room on the stack for an interrupt"),
    13: ("LSPERR", "no room on the stack for the registers of the FPU"),
    15: ("BFARVALID", ""),
    16: ("UNDEFINSTR", "an undefined instruction"),
    17: ("INVSTATE", "a jump to what is no code"),
    18: ("INVPC", "a wrong return from an interrupt"),
    19: ("NOCP", "an instruction of a coprocessor that is off or not there"),
    24: ("UNALIGNED", "an access that is not aligned"),
    25: ("DIVBYZERO", "a division by zero"),
}
"""Bit, name, and meaning; the valid bits only tell that an address is known."""
_KINDS = ((range(8), _MEMORY), (range(8, 16), _BUS), (range(16, 32), _USAGE))
_ADDRESS_IS_KNOWN = 1 << 7 | 1 << 15
_STACK_BEGIN, _BELOW_STACK = 0x2000_0000, 0x1000
"""The Nano's stack lies at the bottom of RAM: a stack overflow goes below that (nano33ble.ld)."""
_STACK_FULL = "the stack was full"


@dataclass(frozen=True, kw_only=True)
class FaultRecord:
    """The last fault of a board's firmware since power-on."""

    kind: str
    """`memory management fault`, `bus fault`, `usage fault`; `watchdog`; `failed check`: a failed assertion"""
    is_cause_of_start: bool
    """whether it caused the last start; otherwise the board was restarted once more since"""
    pc: int
    """address of the program; 0 if it was lost"""
    lr: int
    """return address; 0 if it was lost"""
    cfsr: int
    """the Configurable Fault Status Register"""
    flags: tuple[str, ...]
    """the names of its bits"""
    address: int | None
    """address that was accessed; null if the register says that it is not known"""
    meaning: str
    """the fault in words"""
    action: str
    """the remedy"""

    def __str__(self) -> str:
        """Return the fault in one line."""
        if not (self.pc or self.lr or self.cfsr):
            return self.kind
        flags = f" {' '.join(self.flags)}" if self.flags else ""
        address = "" if self.address is None else f", address 0x{self.address:08x}"
        return f"{self.kind} (pc 0x{self.pc:08x}, lr 0x{self.lr:08x}, cfsr 0x{self.cfsr:08x}{flags}{address})"


def flag_names(cfsr: int) -> tuple[str, ...]:
    """Return the names of the bits that are set, the lowest first; `bit 30` for one that has none."""
    return tuple(_FLAGS[bit][0] if bit in _FLAGS else f"bit {bit}" for bit in range(32) if cfsr >> bit & 1)


def fault_of(info: InfoReply) -> FaultRecord | None:
    """Return the last fault since power-on; None if there was none, or if the firmware keeps no record."""
    is_cause = info.reset_reason in (ResetReason.FAULT, ResetReason.WATCHDOG)
    if not (is_cause or info.fault_pc or info.fault_lr or info.fault_cfsr):
        return None
    kind = _kind(info)
    return FaultRecord(
        kind=kind,
        is_cause_of_start=is_cause,
        pc=info.fault_pc,
        lr=info.fault_lr,
        cfsr=info.fault_cfsr,
        flags=flag_names(info.fault_cfsr),
        address=info.fault_address if info.fault_cfsr & _ADDRESS_IS_KNOWN else None,
        meaning=_meaning(info, kind),
        action=_action(info),
    )


def _kind(info: InfoReply) -> str:
    if info.reset_reason == ResetReason.WATCHDOG:
        return "watchdog"
    bits = [bit for bit in range(32) if info.fault_cfsr >> bit & 1]
    return next((kind for part, kind in _KINDS if any(bit in part for bit in bits)), "failed check")


def _meaning(info: InfoReply, kind: str) -> str:
    if kind == "watchdog":
        return "its loop stood still for half a minute"
    if kind == "failed check":
        return "an assertion of the firmware failed"
    cfsr, address = info.fault_cfsr, info.fault_address
    if cfsr & _ADDRESS_IS_KNOWN and _STACK_BEGIN - _BELOW_STACK <= address < _STACK_BEGIN:
        return _STACK_FULL
    meanings = [meaning for bit, (_, meaning) in _FLAGS.items() if cfsr >> bit & 1 and meaning]
    return "; ".join(dict.fromkeys(meanings)) or kind


def _action(info: InfoReply) -> str:
    places = " ".join(f"0x{place & ~1:x}" for place in (info.fault_pc, info.fault_lr) if place)
    report = f"report it with these figures and build {info.build_id}"
    if not places:
        return report
    elf = f".pio/build/{info.app}_nano33ble/firmware.elf"
    return (
        f"with the sources of build {info.build_id}, pio run -e {info.app}_nano33ble and then "
        f"arm-none-eabi-addr2line -Cfpi -e {elf} {places} name the lines; {report}"
    )

"""Cycles of Cortex-M4 instructions, as ranges, from a disassembly.

Source: ARM DDI 0439 (Cortex-M4 Technical Reference Manual), 3.3.1 Cortex-M4 instructions and 3.3.3 Load/store timings;
wait states: assumed, see docs/reference/performance.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["FLASH_WAIT_STATES", "Cost", "Instruction", "parse_listing"]

_LINE = re.compile(r"^\s*([0-9a-f]+):\t([a-z][\w.]*)\s*(.*?)\s*(?:[;@].*)?$", re.MULTILINE)

_CONDITIONAL = re.compile(r"b[a-z]{2}")
_NO_BRANCHES = ("bic", "bfi", "bfc")
_ALWAYS_TAKEN = ("b", "bl", "bx", "blx", "tbb", "tbh")
_BRANCHES = (*_ALWAYS_TAKEN, "cbz", "cbnz")


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Cycles: the minimum, the likely number, and the maximum that the manual allows without wait states."""

    low: float
    likely: float
    high: float


FLASH_WAIT_STATES = Cost(low=0, likely=2, high=3)
"""Of a data read from flash at 64 MHz. Instructions are assumed to come from the cache."""

_ONE = Cost(low=1, likely=1, high=1)
_TAKEN = Cost(low=2, likely=3, high=4)
_LOAD = Cost(low=1, likely=2, high=2)
_PIPELINED_LOAD = _ONE
_STORE = Cost(low=1, likely=1, high=2)
_DIVIDE = Cost(low=2, likely=6, high=12)


@dataclass(frozen=True, kw_only=True)
class Instruction:
    """An instruction at an address; `taken` is its cost as a branch that is taken."""

    address: int
    mnemonic: str
    cost: Cost
    taken: Cost | None
    always_taken: bool


def parse_listing(listing: str) -> list[Instruction]:
    """Return the instructions of `objdump -d --no-show-raw-insn`, in its order."""
    found: list[Instruction] = []
    after_load = False
    for address, mnemonic, operands in _LINE.findall(listing):
        name = mnemonic.split(".")[0]
        branch = name in _BRANCHES or (bool(_CONDITIONAL.fullmatch(name)) and name not in _NO_BRANCHES)
        to_pc = "pc" in operands.partition("}")[0].split(",")[-1] and name in ("pop", "ldmia", "ldm")
        found.append(
            Instruction(
                address=int(address, 16),
                mnemonic=name,
                cost=_cost(name, operands, after_load=after_load),
                taken=_TAKEN if branch or to_pc else None,
                always_taken=(branch and name in _ALWAYS_TAKEN) or to_pc,
            )
        )
        after_load = name.startswith("ldr") and not name.startswith("ldrd")
    return found


def _cost(name: str, operands: str, *, after_load: bool) -> Cost:
    if name in ("ldmia", "ldmdb", "ldm", "stmia", "stmdb", "stm", "push", "pop"):
        n = 1 + _registers(operands)
        return Cost(low=n, likely=n, high=n)
    if name.startswith(("ldrd", "strd")):
        return Cost(low=3, likely=3, high=3)
    if name.startswith("ldr"):
        return _PIPELINED_LOAD if after_load else _LOAD
    if name.startswith("str"):
        return _STORE
    return _DIVIDE if name in ("sdiv", "udiv") else _ONE


def _registers(operands: str) -> int:
    """Return how many registers a list names; ranges as objdump writes them, without dashes or with."""
    total = 0
    for item in operands[operands.find("{") + 1 : operands.find("}")].split(","):
        first, _, last = item.strip().partition("-")
        total += int(last[1:]) - int(first[1:]) + 1 if last else 1
    return total

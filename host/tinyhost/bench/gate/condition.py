"""Conditions of a gate: `latency>+2%, accuracy<-1pp(paired), arena>+0`.

conditions = condition { "," condition }
    condition  = quantity ( ">+" | "<-" ) number [ unit ] [ "(paired)" ]
    quantity   = latency | preprocess | listening | energy | arena | flash | accuracy
    unit       = "%" | "pp" | "B" | "KiB"

A condition fails the gate: `>+` if the quantity grows by more, `<-` if it shrinks by more.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from tinyhost.errors import UsageError

__all__ = ["Condition", "parse_conditions"]

_TICKS, _BYTES, _SHARE = ("%", ""), ("%", "", "B", "KiB"), ("pp",)
_QUANTITIES = {
    "latency": (">+", _TICKS),
    "preprocess": (">+", _TICKS),
    "listening": (">+", _TICKS),
    "energy": (">+", ("%",)),
    "arena": (">+", _BYTES),
    "flash": (">+", _BYTES),
    "accuracy": ("<-", _SHARE),
}
_UNIT_WORDS = {"%": "%", "pp": "pp (percentage points)", "B": "B", "KiB": "KiB", "": "none"}
_CONDITION = re.compile(r"(\w*)\s*([<>]?\s*[+-]?)\s*(\d{1,12}(?:\.\d{1,6})?|)\s*([^\s(\d]*)\s*(\([^)]*\)|)")
_HINT = "conditions look like 'latency>+2%, accuracy<-1pp(paired), arena>+0'"


@dataclass(frozen=True, kw_only=True)
class Condition:
    """One quantity and its allowed change against the baseline."""

    text: str
    """the condition as given, without spaces"""
    quantity: str
    amount: Decimal
    unit: str
    """%, pp, B, KiB, or "" for ticks and bytes"""
    paired: bool = False
    """whether the loss must be proven on the same samples"""

    def allowed(self, before: int) -> Decimal:
        """Return the limit of a quantity whose baseline is `before`."""
        if self.unit == "%":
            return before * (1 + self.amount / 100)
        return before + self.amount * (1024 if self.unit == "KiB" else 1)


def parse_conditions(text: str) -> tuple[Condition, ...]:
    """Return the conditions; raises UsageError, which names the wrong one."""
    found = tuple(_parse(part.strip()) for part in text.split(","))
    names = [condition.quantity for condition in found]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"--fail-if: {name} occurs twice", hint="keep only the stricter of the two conditions")
    return found


def _parse(text: str) -> Condition:
    match = _CONDITION.fullmatch(text)
    if match is None:
        raise UsageError(f"--fail-if: {text!r} is no condition", hint=_HINT)
    quantity, sign, number, unit, test = match.groups()
    sign = re.sub(r"\s", "", sign)
    if quantity not in _QUANTITIES:
        raise _wrong(text, "a quantity", ", ".join(_QUANTITIES), quantity)
    wanted, units = _QUANTITIES[quantity]
    if sign != wanted:
        raise _wrong(text, f"{wanted} after {quantity}", "", sign)
    if not number:
        raise _wrong(text, f"a number after {quantity}{wanted}", "", "")
    if unit not in units:
        raise _wrong(text, f"a unit of {quantity}", ", ".join(_UNIT_WORDS[item] for item in units), unit)
    if test not in ("", "(paired)") or (test and quantity != "accuracy"):
        raise _wrong(text, "no more" if quantity != "accuracy" else "(paired) or nothing more", "", test)
    return Condition(
        text=re.sub(r"\s", "", text), quantity=quantity, amount=Decimal(number), unit=unit, paired=bool(test)
    )


def _wrong(text: str, expected: str, choices: str, got: str) -> UsageError:
    listed = f" ({choices})" if choices else ""
    return UsageError(f"--fail-if: {text!r}: expected {expected}{listed}, got {got or 'nothing'!s}", hint=_HINT)

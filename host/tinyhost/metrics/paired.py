"""Two classifiers on the same samples: McNemar's exact test."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

__all__ = ["PairedChange"]


@dataclass(frozen=True, kw_only=True)
class PairedChange:
    """The changes between two runs over the same samples."""

    n: int
    """samples"""
    lost: int
    """samples correct before, wrong now"""
    gained: int
    """samples wrong before, correct now"""

    @property
    def points(self) -> float:
        """The change of accuracy, in percentage points."""
        return 100.0 * (self.gained - self.lost) / self.n

    @property
    def p_of_loss(self) -> float:
        """The probability of as many losses among the changed samples, or more, if a loss is as likely as a gain.

        McNemar's test, exact and one-sided (Q. McNemar, Psychometrika 12, 1947); 1 if nothing changed.
        """
        changed = self.lost + self.gained
        ways, of_k = 0, math.comb(changed, self.lost)
        for k in range(self.lost, changed + 1):
            ways += of_k
            of_k = of_k * (changed - k) // (k + 1)
        return float(Fraction(ways, 2**changed))

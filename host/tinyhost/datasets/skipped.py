"""Files that a reader of samples skipped, and the limit of their number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tinyhost.errors import DatasetError
from tinyhost.system.wording import counted

__all__ = ["MAX_SKIPPED_SHARE", "Skipped", "check_skipped", "none_usable"]

MAX_SKIPPED_SHARE = 0.01
"""Largest share of skipped files: with more, figures of the others may not hold for the whole."""


@dataclass(frozen=True, kw_only=True)
class Skipped:
    """A sample that cannot be used, and why."""

    what: str
    """the file, below the folder"""
    reason: str

    def __str__(self) -> str:
        """Return file and reason in one line; most reasons already name the file."""
        return self.reason if self.what in self.reason else f"{self.what}: {self.reason}"


def check_skipped(where: Path, skipped: Sequence[Skipped], n_used: int, *, allow: bool) -> None:
    """Raise DatasetError if more than 1 % of the samples were left out, and that is not allowed.

    n_used: samples that are left.
    """
    n_samples = n_used + len(skipped)
    if allow or len(skipped) <= MAX_SKIPPED_SHARE * n_samples:
        return
    raise DatasetError(
        f"{where}: {len(skipped):,} of {counted(n_samples, 'sample')} left out "
        f"({100 * len(skipped) / n_samples:.1f} %), "
        f"expected at most {100 * MAX_SKIPPED_SHARE:.0f} %; the first: {skipped[0]}",
        hint="fix or delete them, or accept the results without them: --allow-skipped",
    )


def none_usable(where: Path, skipped: Sequence[Skipped], *, hint: str) -> DatasetError:
    """Return the error of a folder in which no sample can be used; skipped: all of them, at least one."""
    first = skipped[0]
    return DatasetError(
        f"{where}: none of {counted(len(skipped), 'file')} can be used; the first one, {first.what}: {first.reason}",
        hint=hint,
    )

"""What was left out of a data set: the option that accepts it, and how a terminal shows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from tinyhost.cli.declare import option
from tinyhost.cli.output import status_console

if TYPE_CHECKING:
    from tinyhost.datasets.skipped import Skipped

__all__ = ["AllowSkippedOption", "tell_skipped"]

AllowSkippedOption = Annotated[
    bool,
    option("--allow-skipped", help="Accept any number of unusable samples. Default: more than 1 % is an error."),
]


def tell_skipped(skipped: Sequence[Skipped]) -> None:
    """Show on stderr what could not be used, and why."""
    from tinyhost.views.data import skipped_lines

    for line in skipped_lines(skipped):
        status_console().print(line, soft_wrap=True)

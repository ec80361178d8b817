"""The `tinyhost` command. Every command lives in a module of its own and imports what it runs only when it runs."""

from __future__ import annotations

import sys

import typer

from tinyhost.cli.output import print_error
from tinyhost.errors import TinyhostError

__all__ = ["app", "main"]

app = typer.Typer(
    name="tinyhost",
    help="Capture, push, watch and measure TinyML on the Arduino Nano 33 BLE Sense, or on virtual boards.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=True,
)


def main() -> None:
    """Run the command line; print tinyhost's own errors with their hint and exit 1, or 130 on Ctrl-C."""
    try:
        app()
    except TinyhostError as error:
        print_error(error)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)

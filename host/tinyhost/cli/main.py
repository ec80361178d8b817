"""The `tinyhost` command. Every command lives in a module of its own and imports what it runs only when it runs."""

from __future__ import annotations

import sys

import typer

from tinyhost.cli import (
    bench,
    board,
    boards,
    capture,
    compile,
    diff,
    doctor,
    flash,
    hil,
    inspect,
    model,
    models,
    monitor,
    push,
    reset,
    settings,
    synth,
    train,
)
from tinyhost.cli.output import print_error
from tinyhost.errors import TinyhostError

__all__ = ["app", "main"]

# In the order of use: that of `tinyhost --help`.
_COMMANDS = (
    doctor,
    boards,
    board,
    flash,
    capture,
    synth,
    train,
    model,
    compile,
    inspect,
    push,
    models,
    monitor,
    bench,
    diff,
    settings,
    reset,
    hil,
)

app = typer.Typer(
    name="tinyhost",
    help="Capture, push, watch and measure TinyML on the Arduino Nano 33 BLE Sense, or on virtual boards.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # rich's help doubles the time that --help takes
    add_completion=True,
)
for _command in _COMMANDS:
    _command.register(app)


def main() -> None:
    """Run the command line; print tinyhost's own errors with their hint and exit 1, or 130 on Ctrl-C."""
    try:
        app()
    except TinyhostError as error:
        print_error(error)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)

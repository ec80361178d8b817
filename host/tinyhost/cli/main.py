"""The `tinyhost` command. Every command lives in a module of its own and imports what it runs only when it runs."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from typer.core import TyperGroup

import tinyhost
from tinyhost.cli import (
    bench,
    board,
    boards,
    capture,
    compile,
    data,
    diff,
    doctor,
    flash,
    hil,
    inspect,
    mlperf,
    model,
    models,
    monitor,
    push,
    reset,
    settings,
    synth,
    train,
)
from tinyhost.cli.exits import ExitStatus
from tinyhost.cli.output import print_error
from tinyhost.errors import TinyhostError, UsageError
from tinyhost.system.signals import on_termination, raise_soon

__all__ = ["app", "main"]

# In the order of use: that of `tinyhost --help`.
_COMMANDS = (
    doctor,
    boards,
    flash,
    synth,
    capture,
    data,
    monitor,
    train,
    model,
    inspect,
    compile,
    push,
    models,
    bench,
    mlperf,
    diff,
    hil,
    settings,
    reset,
    board,
)


def _tell_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tinyhost {tinyhost.__version__}")
        raise typer.Exit


class _OrderOfUse(TyperGroup):
    """Lists the commands as _COMMANDS does; typer would put groups last."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        """Return the commands' names: those of their modules."""
        return [module.__name__.rpartition(".")[2] for module in _COMMANDS]


app = typer.Typer(
    name="tinyhost",
    cls=_OrderOfUse,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # rich's help doubles the time that --help takes
    context_settings={"help_option_names": ["--help", "-h"]},
    add_completion=True,
)
for _command in _COMMANDS:
    _command.register(app)


@app.callback()
def _tinyhost(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Capture, push, watch and measure TinyML on the Arduino Nano 33 BLE Sense, or on virtual boards."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line: `arguments`, or those of this process.

    Errors are printed with their hint. Exits as ExitStatus says; a board that the command powered is switched off
    first, and the terminal is as it was.
    """
    _prepare_process()
    try:
        app(arguments)
    except _TerminatedError:
        sys.exit(ExitStatus.TERMINATED)
    except KeyboardInterrupt:
        sys.exit(ExitStatus.INTERRUPTED)
    except TinyhostError as error:
        print_error(error)
        sys.exit(ExitStatus.USAGE if isinstance(error, UsageError) else ExitStatus.FAILED)
    except ImportError as error:
        from tinyhost.system.tools import missing_package

        if (missing := missing_package(error)) is None:
            raise
        print_error(missing)
        sys.exit(ExitStatus.FAILED)
    except OSError as error:
        print_error(_from_system(error))
        sys.exit(ExitStatus.FAILED)


class _TerminatedError(BaseException):
    """SIGTERM came."""


def _prepare_process() -> None:
    """Make a terminal that lacks a letter no reason to fail, SIGTERM a clean end, and libraries quiet."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    on_termination(_terminate)
    sys.unraisablehook = _on_unraisable
    os.environ.setdefault("OPENCV_LOG_LEVEL", "OFF")
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")


def _terminate() -> None:
    raise _TerminatedError


def _on_unraisable(what: sys.UnraisableHookArgs) -> None:
    """Raise what a signal raised once more: Python ignores it in a `__del__` or a weak reference's callback.

    Else Ctrl-C and SIGTERM are lost when they come at such a moment, and the command goes on.
    """
    stop = what.exc_type
    if not issubclass(stop, (_TerminatedError, KeyboardInterrupt)):
        sys.__unraisablehook__(what)
        return
    raise_soon(stop)


def _from_system(error: OSError) -> TinyhostError:
    """Return what the system refused, and what to do about it."""
    if error.filename is None and error.errno == errno.ENOSPC:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what stdout still holds must not fail again at exit
    hints = {
        errno.ENOSPC: "make room on this disk, or name a place on another one",
        errno.EFBIG: "the system limits the size of files here (ulimit -f): raise it, or name another place",
        getattr(errno, "EDQUOT", None): "make room on this disk, or name a place on another one",
        errno.EACCES: "check who may write there, or name another place",
        errno.EPERM: "check who may write there, or name another place",
        errno.EROFS: "this file system is read-only: name another place",
        errno.ENOENT: "check the path: its folder is not there and cannot be made",
        errno.EEXIST: "check the path: a file stands where a folder should be",
        errno.ENOTDIR: "check the path: a file stands where a folder should be",
        errno.EISDIR: "name a file: there is a folder of this name",
        errno.EMFILE: "close some programs, or raise the limit: ulimit -n 4096",
    }
    name = error.filename2 or error.filename
    where = f"{name}: " if name is not None else ""
    return TinyhostError(f"{where}{error.strerror or error}", hint=hints.get(error.errno or 0, ""))

"""The `tinyhost` command: start and end of every command, and the printing of errors."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Sequence

import click

from tinyhost.cli.commands import COMPLETE_VARIABLE, Commands
from tinyhost.cli.declare import HELP_NAMES
from tinyhost.cli.exits import ExitStatus
from tinyhost.cli.loudness import loudness, loudness_options
from tinyhost.cli.output import note, print_error
from tinyhost.cli.parameters import used_lines
from tinyhost.errors import TinyhostError, UsageError
from tinyhost.system.signals import on_termination, raise_soon, termination_is_caught

__all__ = ["app", "main"]


def _tell_version(ctx: click.Context, param: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from importlib.metadata import version

        from tinyhost.system.installation import DISTRIBUTION

        click.echo(f"tinyhost {version(DISTRIBUTION)}")  # also where the other program has overwritten our __init__.py
        ctx.exit()


app = Commands(
    name="tinyhost",
    help="Capture, push, watch and measure TinyML on the Arduino Nano 33 BLE Sense, or on virtual boards.",
    no_args_is_help=True,
    params=[
        click.Option(
            ["--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_tell_version,
            help="Print the version and exit.",
        ),
        *loudness_options(),
    ],
    context_settings=HELP_NAMES,
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line: `arguments`, or those of this process.

    Errors are printed with their hint. Exits as ExitStatus says; a board that the command powered is switched off
    first, and the terminal is as it was.
    """
    _prepare_process()
    with loudness():
        _main(sys.argv[1:] if arguments is None else list(arguments))


def _main(words: list[str]) -> None:
    try:
        _complete_words()
        _run(words)
    except _TerminatedError:
        termination_is_caught()
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


def _run(words: list[str]) -> None:
    """Run a command line; print click's errors for an invalid one."""
    try:
        with app.make_context("tinyhost", words) as context:
            try:
                app.invoke(context)
            except TinyhostError:
                for line in used_lines(context):
                    note((line, "dim"))
                raise
    except click.exceptions.Exit as end:
        sys.exit(end.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader of the results has gone; Python must not flush into the pipe at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(ExitStatus.FAILED)


def _complete_words() -> None:
    """Answer a shell's request for completions, set up by `tinyhost completion`."""
    if not (asked := os.environ.get(COMPLETE_VARIABLE)):
        return
    from click.shell_completion import shell_complete

    sys.exit(shell_complete(app, {}, "tinyhost", COMPLETE_VARIABLE, asked))


class _TerminatedError(BaseException):
    """SIGTERM came."""


def _prepare_process() -> None:
    """Prepare for terminals that lack characters, for a clean end by SIGTERM, and silence libraries."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    on_termination(_TerminatedError)
    sys.unraisablehook = _on_unraisable
    os.environ.setdefault("OPENCV_LOG_LEVEL", "OFF")
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")


def _on_unraisable(what: sys.UnraisableHookArgs) -> None:
    """Raise Ctrl-C once more: Python drops it in a `__del__` or a weak reference's callback, and goes on."""
    if issubclass(what.exc_type, KeyboardInterrupt):
        raise_soon(KeyboardInterrupt)
    elif not issubclass(what.exc_type, _TerminatedError):  # that one is raised again as it is
        sys.__unraisablehook__(what)


def _from_system(error: OSError) -> TinyhostError:
    """Return the error for a refusal of the system, with a remedy."""
    if error.filename is None and error.errno == errno.ENOSPC:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what stdout still holds must not fail again at exit
    hints = {
        errno.ENOSPC: "make room on this disk, or name a place on another one",
        errno.EFBIG: "the system limits the size of files here (ulimit -f): raise it, or name another place",
        getattr(errno, "EDQUOT", None): "make room on this disk, or name a place on another one",
        errno.EACCES: "check who may write there, or name another place",
        errno.EPERM: "check who may write there, or name another place",
        errno.EROFS: "this file system is read-only: name another place",
        errno.ENOENT: "check the path: its folder does not exist and cannot be created",
        errno.EEXIST: "check the path: there is a file in place of a folder",
        errno.ENOTDIR: "check the path: there is a file in place of a folder",
        errno.EISDIR: "name a file: there is a folder of this name",
        errno.EMFILE: "close some programs, or raise the limit: ulimit -n 4096",
    }
    name = error.filename2 or error.filename
    where = f"{name}: " if name is not None else ""
    return TinyhostError(f"{where}{error.strerror or error}", hint=hints.get(error.errno or 0, ""))

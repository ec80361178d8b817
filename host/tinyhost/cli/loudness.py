"""--quiet and --verbose, which every command has: output beside results, and the log."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from tinyhost.cli.output import note, set_quiet

__all__ = ["loudness", "loudness_options"]

_logs: list[Path] = []


def loudness_options() -> list[click.Option]:
    """Return the two options."""
    return [
        _flag("-q", "--quiet", _be_quiet, "Print only results, warnings and errors."),
        _flag("-v", "--verbose", _be_verbose, "Print details, and write them to a log file for `tinyhost report-bug`."),
    ]


@contextmanager
def loudness() -> Iterator[None]:
    """Run a command with its loudness; at the end the log, if any, gets the error that ended it, and is named."""
    set_quiet(False)
    _logs.clear()
    try:
        yield
    except BaseException as end:
        _end_log(end.__context__ if isinstance(end, SystemExit) else end)
        raise
    else:
        _end_log(None)


def _end_log(error: BaseException | None) -> None:
    if not _logs:
        return
    import logging

    from tinyhost.system.logbook import end_log

    logging.getLogger("tinyhost").debug("%s", "done" if error is None else repr(error), exc_info=error)
    end_log()
    note((f"log: {_logs.pop()}", "dim"))


_Act = Callable[[click.Context, click.Parameter, bool], None]


def _flag(short: str, name: str, act: _Act, text: str) -> click.Option:
    return click.Option([short, name], is_flag=True, expose_value=False, is_eager=True, callback=act, help=text)


def _be_quiet(ctx: click.Context, param: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        set_quiet(True)


def _be_verbose(ctx: click.Context, param: click.Parameter, wanted: bool) -> None:
    if not wanted or ctx.resilient_parsing or _logs:
        return
    import logging

    from tinyhost.system.logbook import SAID, keep_log
    from tinyhost.system.versions import versions

    _logs.append(keep_log())
    log = logging.getLogger("tinyhost")
    log.debug("%s", shlex.join(["tinyhost", *sys.argv[1:]]))
    logging.getLogger(SAID).debug("%s", versions())

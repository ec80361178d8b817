"""Output of commands: results on stdout, everything else on stderr, errors with their hint, JSON to a file."""

from __future__ import annotations

import errno
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from tinyhost.errors import TinyhostError

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.live import Live
    from rich.progress import Progress, ProgressColumn

    from tinyhost.views.tables import PlainTable

__all__ = [
    "Display",
    "Words",
    "alarm_console",
    "byte_progress",
    "check_targets",
    "console",
    "live_display",
    "note",
    "print_error",
    "print_table",
    "progress_bars",
    "progress_count",
    "say",
    "set_quiet",
    "stage",
    "status_console",
    "warn",
    "write_file",
    "write_json",
]

Words = str | tuple[str, str]
"""Text, or text and its style. Text is never markup: a path, a label or a log line may hold brackets."""

_QUIET = "quiet"
_wishes: set[str] = set()
_ANSI = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


@cache
def console() -> Console:
    """Return the console for results: stdout."""
    from tinyhost.cli.safe_console import SafeConsole

    return SafeConsole()


@cache
def status_console() -> Console:
    """Return the console for progress and remarks: stderr, so that `--json -` stays clean. With --quiet it is mute."""
    from tinyhost.cli.safe_console import SafeConsole

    return SafeConsole(stderr=True, quiet=_QUIET in _wishes)


def alarm_console() -> Console:
    """Return the console for errors and warnings: stderr, with --quiet too."""
    from tinyhost.cli.safe_console import SafeConsole

    return SafeConsole(stderr=True) if _QUIET in _wishes else status_console()


def set_quiet(wanted: bool) -> None:
    """Switch remarks and progress off or on."""
    (_wishes.add if wanted else _wishes.discard)(_QUIET)
    status_console.cache_clear()


def say(*words: Words) -> None:
    """Print a result on stdout."""
    from rich.text import Text

    console().print(Text.assemble(*words), soft_wrap=True)


def print_table(table: PlainTable) -> None:
    """Print a table on stdout, without rich where the terminal understands ANSI colours, or there is none.

    In a terminal it is as wide as that; in a file or a pipe each cell is whole, unless COLUMNS says how wide it is.
    """
    from tinyhost.protocol.text import printable
    from tinyhost.system.terminals import is_terminal, needs_translation, wants_colours

    if needs_translation(sys.stdout):
        console().print(table)
        return
    with_colours = wants_colours(sys.stdout)
    width = shutil.get_terminal_size().columns if is_terminal(sys.stdout) or "COLUMNS" in os.environ else None
    for line in table.lines(width):
        parts = [(printable(text), _ansi(style) if with_colours else "") for text, style in line]
        sys.stdout.write("".join(f"{start}{text}\x1b[0m" if start else text for text, start in parts) + "\n")
    sys.stdout.flush()


def _ansi(style: str) -> str:
    """Return what begins a style."""
    return f"\x1b[{';'.join(_ANSI[word] for word in style.split())}m" if style else ""


def note(*words: Words) -> None:
    """Print a remark on stderr."""
    _tell(status_console(), *words)


def warn(text: str) -> None:
    """Print a warning on stderr."""
    _tell(alarm_console(), (text, "yellow"))


def _tell(out: Console, *words: Words) -> None:
    import logging

    from rich.text import Text

    text = Text.assemble(*words)
    out.print(text, soft_wrap=True)
    logging.getLogger("tinyhost.said").debug("%s", text.plain)


class Display:
    """Shows something on stderr in place of what it showed before; without a terminal it does nothing."""

    def __init__(self, live: Live | None) -> None:
        self._live = live

    def update(self, shown: RenderableType) -> None:
        """Show something else."""
        if self._live is not None:
            self._live.update(shown)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Release the terminal for the block, e.g. for a question."""
        if self._live is not None:
            self._live.stop()
        yield
        if self._live is not None:
            self._live.start()


@contextmanager
def live_display() -> Iterator[Display]:
    """Yield a display that is removed at the end."""
    from rich.live import Live

    out = status_console()
    if not out.is_terminal:
        yield Display(None)
        return
    with Live(console=out, refresh_per_second=8, transient=True) as live:
        yield Display(live)


def progress_bars(*columns: str | ProgressColumn) -> Progress:
    """Return progress bars on stderr that leave nothing behind; without a terminal they are silent."""
    from rich.progress import Progress

    out = status_console()
    return Progress(*columns, console=out, transient=True, disable=not out.is_terminal)


@contextmanager
def byte_progress(title: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar of bytes on stderr; gives what to call with the bytes that are done, and all bytes."""
    from rich.progress import BarColumn, DownloadColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with progress_bars("{task.description}", *columns) as progress:
        task = progress.add_task(title, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


@contextmanager
def progress_count(title: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar of things on stderr; gives what to call with those that are done, and all (0: not known)."""
    from rich.progress import BarColumn, MofNCompleteColumn, TimeRemainingColumn

    with progress_bars("{task.description}", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()) as progress:
        task = progress.add_task(title, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total or None)


@contextmanager
def stage(title: str) -> Iterator[Callable[[str], None]]:
    """Show in one line on stderr what is going on; yields what is called with lines of its progress."""
    from rich.text import Text

    with status_console().status(title) as status:
        yield lambda line: status.update(Text.assemble(f"{title}: ", (line.strip()[:80], "dim")))


def print_error(error: TinyhostError) -> None:
    """Print an error and its hint on stderr."""
    out = alarm_console()
    _tell(out, ("error: ", "bold red"), error.message)
    if error.hint:
        _tell(out, ("   try: ", "bold cyan"), error.hint)


def write_json(document: object, target: str) -> None:
    """Write one document to a file, or to stdout if `target` is "-"."""
    from tinyhost.system.documents import to_json

    text = json.dumps(to_json(document), indent=2) + "\n"
    if target == "-":
        sys.stdout.write(text)
        sys.stdout.flush()
    else:
        write_file(Path(target), text)


def write_file(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all, and the folders that it needs; an OSError says which file it was."""
    from tinyhost.system.durable import write_atomically

    write_atomically(path, content.encode() if isinstance(content, str) else content, sync=False)


def check_targets(*paths: Path | str | None) -> None:
    """Raise the OSError that writing these files would end in, as far as it can be foreseen; before long work.

    Raises MissingToolError if one is an HTML report, and what makes those is not installed.
    """
    for path in (Path(given) for given in paths if given is not None and given != "-"):
        if path.suffix == ".html":
            _check_reports()
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not os.access(path.parent if path.is_file() or not path.exists() else path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))


def _check_reports() -> None:
    from tinyhost.system.tools import require_module

    for module in ("jinja2", "matplotlib"):
        require_module(module, why="HTML reports are made with it")

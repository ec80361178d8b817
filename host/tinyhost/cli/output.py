"""What commands print: results on stdout, everything else on stderr, errors with their hint, JSON to a file."""

from __future__ import annotations

import errno
import json
import os
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

__all__ = [
    "Display",
    "byte_progress",
    "check_targets",
    "console",
    "escape",
    "live_display",
    "note",
    "print_error",
    "progress_bars",
    "progress_count",
    "stage",
    "status_console",
    "warn",
    "write_file",
    "write_json",
]


@cache
def console() -> Console:
    """Return the console for results: stdout."""
    from tinyhost.cli.tame_console import TameConsole

    return TameConsole(highlight=False)


@cache
def status_console() -> Console:
    """Return the console for progress and remarks: stderr, so that `--json -` stays clean."""
    from tinyhost.cli.tame_console import TameConsole

    return TameConsole(stderr=True, highlight=False)


def escape(value: object) -> str:
    """Return the text of a value so that markup shows it as it is; a path or a name may hold brackets."""
    from rich.markup import escape

    return escape(str(value))


def note(text: str) -> None:
    """Print a remark on stderr; rich markup is understood."""
    status_console().print(text, soft_wrap=True)


def warn(text: str) -> None:
    """Print a remark on stderr that a person should not miss."""
    note(f"[yellow]{escape(text)}[/]")


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
        """Leave the terminal to others, e.g. to a question, for the duration of the block."""
        if self._live is not None:
            self._live.stop()
        yield
        if self._live is not None:
            self._live.start()


@contextmanager
def live_display() -> Iterator[Display]:
    """Yield a display that leaves nothing behind."""
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
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn())
    with progress_bars(*columns, TransferSpeedColumn(), TimeRemainingColumn()) as progress:
        task = progress.add_task(title, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


@contextmanager
def progress_count(title: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar of things on stderr; gives what to call with those that are done, and all (0: not known)."""
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with progress_bars(*columns) as progress:
        task = progress.add_task(title, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total or None)


@contextmanager
def stage(title: str) -> Iterator[Callable[[str], None]]:
    """Show in one line on stderr what is going on; yields what is called with lines of its progress."""
    with status_console().status(title) as status:
        yield lambda line: status.update(f"{title}: [dim]{escape(line.strip()[:80])}[/]")


def print_error(error: TinyhostError) -> None:
    """Print an error and its hint on stderr."""
    from rich.text import Text

    out = status_console()
    out.print(Text.assemble(("error: ", "bold red"), error.message), soft_wrap=True)
    if error.hint:
        out.print(Text.assemble(("   try: ", "bold cyan"), error.hint), soft_wrap=True)


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
    """Write a file, and the folders that it needs; an OSError says which file it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    except OSError as error:
        error.filename = error.filename or str(path)  # a write that fails does not tell where
        raise


def check_targets(*paths: Path | str | None) -> None:
    """Raise the OSError that writing these files would end in, as far as it can be foreseen; before long work."""
    for path in (Path(given) for given in paths if given is not None and given != "-"):
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not os.access(path if path.exists() else path.parent, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

"""The `tinyhost` command in this process: Python and what it imports are started once, not by every test.

A test whose subject is a process (signals, a terminal, a limit, what libraries print) starts one itself.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinyhost.cli.main import main
from tinyhost.cli.output import console, status_console

from tests.json_docs import check_document

__all__ = ["TINYHOST", "Done", "run_json", "run_tinyhost"]

TINYHOST = Path(sys.executable).with_name("tinyhost")
"""The command for tests that start it."""


@dataclass(frozen=True, kw_only=True)
class Done:
    """A command's result: its exit code and output."""

    code: int
    out: str
    err: str


def run_tinyhost(
    *words: str | Path, folder: Path | None = None, says: str | Path = "", **variables: str | Path
) -> Done:
    """Run a command line. folder: the current one. says: on its stdin. variables: of its environment."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    with (
        _process_state(folder, {"COLUMNS": "200", **variables}, str(says)),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        code = _exit_code([str(word) for word in words])
    texts = []
    for stream in (out, err):
        stream.flush()
        texts.append(stream.detach().getvalue().decode())
    return Done(code=code, out=texts[0], err=texts[1])


def run_json(*words: str | Path, code: int = 0, folder: Path | None = None, **variables: str | Path) -> dict[str, Any]:
    """Run a command line with `--json -`, and return its document, checked against docs/reference/json.md."""
    done = run_tinyhost(*words, "--json", "-", folder=folder, **variables)
    assert done.code == code, f"exit {done.code}\n{done.out}\n{done.err}"
    document: dict[str, Any] = json.loads(done.out)
    check_document(document)
    return document


def _exit_code(words: list[str]) -> int:
    try:
        main(words)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


@contextlib.contextmanager
def _process_state(folder: Path | None, variables: dict[str, str | Path], says: str) -> Iterator[None]:
    """Give the command the state of a new process, and restore ours afterwards."""
    before = Path.cwd(), dict(os.environ), sys.stdin, signal.getsignal(signal.SIGTERM), sys.unraisablehook
    _forget_consoles()
    os.environ.update({name: str(value) for name, value in variables.items()})
    sys.stdin = io.StringIO(says)
    try:
        os.chdir(folder or before[0])
        yield
    finally:
        os.chdir(before[0])
        os.environ.clear()
        os.environ.update(before[1])
        sys.stdin = before[2]
        signal.signal(signal.SIGTERM, before[3])
        sys.unraisablehook = before[4]
        _forget_consoles()


def _forget_consoles() -> None:
    """A console keeps the width and the colours that it found."""
    console.cache_clear()
    status_console.cache_clear()

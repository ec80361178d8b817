"""Output of commands: untrusted text is shown verbatim."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable

import pytest
from tinyhost.cli import output
from tinyhost.cli.output import (
    Words,
    console,
    note,
    print_error,
    print_table,
    progress_count,
    say,
    stage,
    status_console,
    warn,
)
from tinyhost.cli.safe_console import SafeConsole
from tinyhost.errors import DatasetError
from tinyhost.views.tables import plain_table

STRANGE = "accX [/m] [red] [link=x]y[/link] :warning: \\[a]"


@pytest.fixture()
def shown(monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    """The output of the consoles, in order of time."""
    out = io.StringIO()
    monkeypatch.setenv("TERM", "xterm")  # a dumb one shows no progress
    tame = SafeConsole(file=out, width=200, force_terminal=True, color_system=None)
    monkeypatch.setattr(output, "console", lambda: tame)
    monkeypatch.setattr(output, "status_console", lambda: tame)
    return out.getvalue


@pytest.mark.parametrize("tell", [say, note, warn, lambda text: note((text, "yellow"))])
def test_words_are_shown_as_they_stand(shown: Callable[[], str], tell: Callable[[Words], None]) -> None:
    tell(STRANGE)
    assert shown() == f"{STRANGE}\n"


def test_an_error_and_its_hint_are_shown_as_they_stand(shown: Callable[[], str]) -> None:
    print_error(DatasetError(STRANGE, hint=STRANGE))
    assert shown() == f"error: {STRANGE}\n   try: {STRANGE}\n"


def test_cells_and_headings_are_shown_as_they_stand(shown: Callable[[], str]) -> None:
    table = plain_table(STRANGE)
    table.add_row(STRANGE)
    output.console().print(table)
    assert shown().count(STRANGE) == 2


def test_a_table_in_a_pipe_has_whole_cells_without_colours(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    table = plain_table("build", "")
    table.add_row(("a" * 200, "bold green"), "\x1b[2J[red]")
    print_table(table)
    assert capsys.readouterr().out == f"build\n{'a' * 200}    \ufffd[2J[red]\n"


@pytest.mark.parametrize(("variable", "shown"), [("TERM", "\x1b[1;32mready\x1b[0m"), ("NO_COLOR", "ready")])
def test_a_table_in_a_terminal_has_colours_unless_they_are_unwanted(
    variable: str, shown: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv(variable, "xterm")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    table = plain_table("state")
    table.add_row(("ready", "bold green"))
    print_table(table)
    assert capsys.readouterr().out.splitlines()[1] == shown


def test_progress_is_shown_as_it_stands(shown: Callable[[], str]) -> None:
    with progress_count(STRANGE) as show:
        show(1, 2)
    with stage(STRANGE) as tell:
        tell(STRANGE)
    assert f"{STRANGE}: {STRANGE}" in shown()


def test_only_the_tame_console_is_in_use() -> None:
    assert isinstance(console(), SafeConsole)
    assert isinstance(status_console(), SafeConsole)

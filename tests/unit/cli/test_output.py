"""What commands print: text from outside is shown as it stands."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from tinyhost.cli import output
from tinyhost.cli.output import Words, console, note, print_error, progress_count, say, stage, status_console, warn
from tinyhost.cli.tame_console import TameConsole
from tinyhost.errors import DatasetError
from tinyhost.views.tables import plain_table

STRANGE = "accX [/m] [red] [link=x]y[/link] :warning: \\[a]"


@pytest.fixture()
def shown(monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    """What consoles write, in the order of time."""
    out = io.StringIO()
    monkeypatch.setenv("TERM", "xterm")  # a dumb one shows no progress
    tame = TameConsole(file=out, width=200, force_terminal=True, color_system=None)
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


def test_progress_is_shown_as_it_stands(shown: Callable[[], str]) -> None:
    with progress_count(STRANGE) as show:
        show(1, 2)
    with stage(STRANGE) as tell:
        tell(STRANGE)
    assert f"{STRANGE}: {STRANGE}" in shown()


def test_only_the_tame_console_is_in_use() -> None:
    assert isinstance(console(), TameConsole)
    assert isinstance(status_console(), TameConsole)

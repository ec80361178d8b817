"""docs/reference/cli.md and json.md: complete, consistent with the command line, and the same on every system."""

from __future__ import annotations

import shlex
from pathlib import Path

import click
import pytest
from tinyhost.cli.declare import Group
from tinyhost.cli.main import app

from scripts.command_reference import commands, examples
from scripts.generate_docs import TemplateError, cli_page, json_page

LINES = [line for command in commands().values() for line in examples(command)]


def test_every_command_has_an_example() -> None:
    silent = [path for path, command in commands().items() if not isinstance(command, Group) and not examples(command)]
    assert silent == []


@pytest.mark.parametrize("line", LINES)
def test_examples_are_command_lines(line: str) -> None:
    command: click.Command = app
    words = shlex.split(line.partition(" > ")[0])[1:]
    while words and isinstance(command, Group) and words[0] in command.below():
        command = command.below()[words.pop(0)]
    command.make_context("tinyhost", words)  # raises what a person would be told


@pytest.mark.parametrize(("columns", "color"), [("40", "1"), ("300", "")])
def test_the_pages_do_not_depend_on_the_terminal(columns: str, color: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = (cli_page(), json_page())
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("FORCE_COLOR", color)
    assert (cli_page(), json_page()) == pages


def test_a_document_without_a_place_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "json.md").write_text("# JSON\n\n## push\n\n{{tinyhost.push/1}}\n")
    monkeypatch.setattr("scripts.generate_docs._TEMPLATES", tmp_path)
    with pytest.raises(TemplateError, match=r"tinyhost\.bench/1"):
        json_page()

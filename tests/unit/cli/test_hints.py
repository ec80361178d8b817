"""Every command and option in a message, a hint or a help text exists."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from scripts.command_reference import commands

PACKAGE = Path(__file__).resolve().parents[3] / "host/tinyhost"
OF_OTHERS = {
    "--project-dir": "pio",
    "--reload-rules": "udevadm",
    "--convert": "scripts/example_machine_sounds.py",
    "--voices": "espeak-ng",
    "--force-reinstall": "pip",
    "--no-deps": "pip",
    "--editable": "pip",
    "--with": "uv",
    "--python": "uv pip",
    "--cask": "brew",
    "--install": "xcode-select",
    "--hil-events": "pytest, with which the runner starts the plugin",
    "--hil-rig": "the same",
    "--wait": "labgrid-client reserve",
    "--exporter-config": "jmp run",
}
"""options of other programs that a message may name"""
OPTION = re.compile(r"(?<![\w-])--(?!x\b)[a-z][a-z0-9-]*")
COMMAND = re.compile(r"tinyhost ((?:[a-z]+ ?)+)([^;,:()`|&]*)")


@cache
def options() -> dict[str, set[str]]:
    """Return the options of every command, by its path."""
    found: dict[str, set[str]] = {}
    for path, command in commands().items():
        names = {name for param in command.params for name in (*param.opts, *param.secondary_opts)}
        found[path] = names | {"--help"}
    return found


@cache
def texts() -> tuple[tuple[str, str], ...]:
    """Return (place, text) of every text with a space in it that is no docstring; what is computed becomes an x."""
    return tuple(_texts())


def _texts() -> Iterator[tuple[str, str]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        inner = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
        docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if id(node) in inner | docs or not isinstance(node, (ast.Constant, ast.JoinedStr)):
                continue
            text = _text(node)
            if " " in text:
                yield f"{path.relative_to(PACKAGE)}:{node.lineno}", text


def _text(node: ast.Constant | ast.JoinedStr) -> str:
    parts: list[Any] = node.values if isinstance(node, ast.JoinedStr) else [node]
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in parts)


def test_every_option_that_a_text_names_exists() -> None:
    known = set().union(*options().values(), OF_OTHERS, {"--version"})
    named = ((place, text, name) for place, text in texts() for name in OPTION.findall(text))
    wrong = [f"{place}: {name} in {text!r}" for place, text, name in named if name not in known]
    assert not wrong, "\n".join(wrong)


def test_every_command_that_a_text_names_takes_the_options_that_follow_it() -> None:
    wrong = []
    for place, text in texts():
        for words, rest in COMMAND.findall(text):
            path = _path(words.split())
            if path is not None:
                missing = [name for name in OPTION.findall(rest) if name not in options()[path]]
                wrong += [f"{place}: tinyhost {path} has no {name}: {text!r}" for name in missing]
    assert not wrong, "\n".join(wrong)


def _path(words: list[str]) -> str | None:
    """Return the longest beginning of the words that is a command."""
    paths = (" ".join(words[:n]) for n in range(len(words), 0, -1))
    return next((path for path in paths if path in options()), None)


@pytest.mark.parametrize(("text", "path"), [("data import x", "data import"), ("is here", None), ("push", "push")])
def test_a_command_is_found_in_a_text(text: str, path: str | None) -> None:
    assert _path(text.split()) == path

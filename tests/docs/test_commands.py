"""The commands of README and docs do what the pages say."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from pathlib import Path

import pytest
from click.testing import CliRunner
from tinyhost.cli.main import app

from scripts.command_blocks import Block, commands, examples, matches, read_blocks
from tests.docs.conftest import ROOT, Shell

PAGES = sorted([*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"])
BLOCKS = {page: read_blocks(page) for page in PAGES}
RUN_BY_THE_DEMO = ROOT / "README.md"
ENVIRONMENTS = set(re.findall(r"^\[env:(\w+)\]", (ROOT / "platformio.ini").read_text(), re.MULTILINE))
TARGETS = set(re.findall(r"^([\w-]+(?: [\w-]+)*):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def blocks_of(language: str, *, marked: bool) -> dict[Path, list[Block]]:
    """Return the blocks of each page that has some."""
    chosen = {
        page: [block for block in blocks if block.language == language and bool(block.mark) == marked]
        for page, blocks in BLOCKS.items()
    }
    return {page: blocks for page, blocks in chosen.items() if blocks}


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def each(pages: Iterable[Path]) -> pytest.MarkDecorator:
    """Return what gives a test each page; those of one page run in one worker."""
    marked = [pytest.param(page, id=name(page), marks=pytest.mark.xdist_group(name(page))) for page in sorted(pages)]
    return pytest.mark.parametrize("page", marked)


@pytest.mark.firmware
@each(blocks_of("sh", marked=False).keys() - {RUN_BY_THE_DEMO})
def test_the_commands_of_a_page_run_one_after_the_other(page: Path, shell: Shell) -> None:
    for block in blocks_of("sh", marked=False)[page]:
        for command in commands(block):
            done = shell(command)
            assert done.returncode == 0, f"{block.place}\n$ {command}\nexit {done.returncode}\n{done.stdout[-3000:]}"


@pytest.mark.firmware
@each(blocks_of("console", marked=False))
def test_commands_print_what_a_page_shows(page: Path, shell: Shell) -> None:
    for block in blocks_of("console", marked=False)[page]:
        for example in examples(block):
            printed = shell(example.command).stdout
            assert matches(example.output, printed), f"{block.place}\n$ {example.command}\n{printed}"


@each(blocks_of("sh", marked=True))
def test_commands_that_no_test_can_run_are_spelled_right(page: Path) -> None:
    for block in blocks_of("sh", marked=True)[page]:
        for command in commands(block):
            for part in re.split(r" (?:\||&&|>) ", command):
                check_spelling(shlex.split(part), block.place)


def check_spelling(words: list[str], place: str) -> None:
    """Assert that a command's options, files, environments and targets exist."""
    match words:
        case ["tinyhost", *arguments]:
            done = CliRunner().invoke(app, [*arguments, "--help"])  # an unknown option is noticed first
            assert done.exit_code == 0, f"{place}: {shlex.join(words)}\n{done.output}"
        case ["make", *targets]:
            named = {word for word in targets if "=" not in word and not word.startswith("-")}
            assert named <= {target for line in TARGETS for target in line.split()}, f"{place}: {named}"
        case ["pio", _, *options]:
            assert {option for option in options if "_" in option} <= ENVIRONMENTS, f"{place}: {options}"
        case [program, "-m", module, *_] if program.endswith("python"):
            assert (ROOT / module.replace(".", "/")).with_suffix(".py").is_file(), f"{place}: {module}"
        case [program, script, *_] if program.endswith("python"):
            assert (ROOT / script).is_file(), f"{place}: {script}"

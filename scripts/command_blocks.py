"""The commands of Markdown pages: what README and docs tell a reader to type, for the demo and the tests to run.

A block of the language `sh` holds commands, one a line; a comment begins with two spaces and `#`. A word behind the
language is a mark, which says why a test cannot run the block (MARKS). A block of the language `console` holds
commands behind `$ `, each with what it prints; `…` stands for whatever differs from run to run: alone on a line for
any lines, else for anything within its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["MARKS", "Block", "Example", "commands", "examples", "matches", "read_blocks"]

MARKS = {
    "install": "installs packages into this Python",
    "board": "needs a real board, or a person at one",
    "example": "names files of the reader's",
    "make": "belongs to the checkout: a target of make, a build, a long measurement",
    "network": "downloads",
    "train": "needs TensorFlow",
}
_BLOCK = re.compile(r"^( *)```(\w+)(?: ([\w ]+))?\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Block:
    """One fenced block of a page."""

    page: Path
    line: int
    """of the block's first line, counted from 1"""
    language: str
    mark: str
    """one of MARKS, or empty"""
    body: str

    @property
    def place(self) -> str:
        """Return where the block is, for messages."""
        return f"{self.page}:{self.line}"


@dataclass(frozen=True, kw_only=True)
class Example:
    """A command and what the page says that it prints."""

    command: str
    output: str


def read_blocks(page: Path) -> list[Block]:
    """Return a page's fenced blocks that name a language, in order; a mark that MARKS lacks is a ValueError."""
    text = page.read_text(encoding="utf-8")
    blocks = []
    for found in _BLOCK.finditer(text):
        indent, language, mark, body = found.groups()
        line = text.count("\n", 0, found.start()) + 1
        if language == "sh" and mark and mark not in MARKS:
            raise ValueError(f"{page}:{line}: a block is marked {mark!r} (expected one of {', '.join(MARKS)})")
        body = "".join(row.removeprefix(indent) for row in body.splitlines(keepends=True))
        blocks.append(Block(page=page, line=line, language=language, mark=mark or "", body=body))
    return blocks


def commands(block: Block) -> Iterator[str]:
    """Yield the commands of an `sh` block, without comments."""
    for line in block.body.splitlines():
        command = re.split(r"(?:^|  )#", line)[0].strip()
        if command:
            yield command


def examples(block: Block) -> Iterator[Example]:
    """Yield the commands of a `console` block with what they print."""
    for part in re.split(r"^\$ ", block.body, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield Example(command=command, output=output)


def matches(shown: str, printed: str) -> bool:
    """Return whether what a command printed is what the page shows, spaces at the ends of lines aside."""
    lines = [line.rstrip() for line in shown.strip("\n").splitlines()]
    pattern = "".join(
        r"(?:.*\n)*" if line == "…" else ".*".join(map(re.escape, line.split("…"))) + r" *\n" for line in lines
    )
    return re.fullmatch(pattern, printed.rstrip("\n") + "\n" if printed.strip() else "") is not None

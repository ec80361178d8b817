"""The recipes of docs/guides/keras.md, as they stand there, from Keras to the boards, and against the oracle."""

from __future__ import annotations

import re

import pytest

from scripts.command_blocks import examples, matches, read_blocks
from tests.docs.conftest import ROOT, Shell
from tests.oracle.oracle import ORACLE_NAME

pytestmark = [pytest.mark.train, pytest.mark.firmware]

_PAGE = ROOT / "docs/guides/keras.md"
_FILE = re.compile(r'^```python title="([\w.]+)"\n(.*?)^```$', re.MULTILINE | re.DOTALL)
RECIPES = ("lenet", "mobilenet", "conv1d", "lstm", "fomo")


def test_five_recipes_run_from_keras_to_the_boards_to_the_bit(shell: Shell) -> None:
    for name, text in _FILE.findall(_PAGE.read_text(encoding="utf-8")):
        written = shell(f"cat > {name} <<'END_OF_FILE'\n{text}END_OF_FILE")
        assert written.returncode == 0, written.stdout
    for block in read_blocks(_PAGE):
        for example in examples(block):
            done = shell(example.command)
            assert done.returncode == 0, f"{block.place}\n$ {example.command}\n{done.stdout[-3000:]}"
            assert matches(example.output, done.stdout), f"{block.place}\n$ {example.command}\n{done.stdout}"
    for name in RECIPES:
        for board in ("native", "m4"):
            done = shell(
                f"tinyhost bench --board {board} --model runs/{name}/{name}.tflite --against {ORACLE_NAME} --runs 1"
            )
            assert "0 mismatches in 100 random inputs" in done.stdout, f"{name} on {board}: {done.stdout}"

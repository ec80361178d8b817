"""A package's names are imported when they are used."""

from __future__ import annotations

import subprocess
import sys

import pytest
import tinyhost.compiler


def test_a_small_part_of_the_compiler_does_not_bring_the_rest() -> None:
    code = "import sys, tinyhost.compiler.image_format; print('tinyhost.compiler.api' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize("name", tinyhost.compiler.__all__)
def test_every_name_is_there(name: str) -> None:
    assert getattr(tinyhost.compiler, name) is not None


def test_another_name_is_refused_as_ever() -> None:
    with pytest.raises(AttributeError, match=r"module 'tinyhost\.compiler' has no attribute 'compile_elf'"):
        _ = tinyhost.compiler.compile_elf  # type: ignore[attr-defined]

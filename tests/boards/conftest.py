"""Fixtures: a virtual board with the firmware that is built from this checkout."""

from __future__ import annotations

from pathlib import Path

import pytest
from tinyhost.boards.build import build_firmware
from tinyhost.boards.flash import flash_firmware
from tinyhost.boards.registry import resolve
from tinyhost.boards.virtual import VirtualBoard


@pytest.fixture(scope="module", params=["native", "m4"])
def board(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> VirtualBoard:
    state: Path = tmp_path_factory.mktemp(f"state-{request.param}")
    board = resolve(request.param, state=state)
    assert isinstance(board, VirtualBoard)
    flash_firmware(board, build_firmware("vww", board.kind))
    return board

"""Fixtures: a virtual board with the firmware that is built from this checkout."""

from __future__ import annotations

import pytest
from tinyhost.boards.virtual import VirtualBoard

from tests.stations import Stations


@pytest.fixture(params=["native", "m4"])
def board(request: pytest.FixtureRequest, stations: Stations) -> VirtualBoard:
    board = stations(request.param).board
    assert isinstance(board, VirtualBoard)
    return board

"""Fixtures: a virtual board with firmware, a scene and an open device."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tinyhost.boards import Board, PoweredBoard
from tinyhost.device import Device

from tests.device.rig import make_pictures
from tests.stations import Stations

N_PICTURES = 8


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[NDArray[np.uint8]]:
    return make_pictures(tmp_path_factory.getbasetemp() / "scene", N_PICTURES)


@pytest.fixture(scope="module", params=["native", "m4"])
def any_board(request: pytest.FixtureRequest, stations: Stations) -> Board:
    return stations(request.param).board


@pytest.fixture
def native_board(stations: Stations) -> Board:
    return stations("native").board


@pytest.fixture(scope="module")
def powered(
    any_board: Board, pictures: list[NDArray[np.uint8]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PoweredBoard]:
    with any_board.power(scene=str(scene_folder(tmp_path_factory))) as board:
        yield board


@pytest.fixture
def native(
    native_board: Board, pictures: list[NDArray[np.uint8]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PoweredBoard]:
    with native_board.power(scene=str(scene_folder(tmp_path_factory))) as board:
        yield board


@pytest.fixture
def device(powered: PoweredBoard) -> Iterator[Device]:
    with Device.open(powered) as opened:
        yield opened


def scene_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.getbasetemp() / "scene"

"""Fixtures: a virtual board with firmware, a scene and an open device."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tinyhost.boards import Board, PoweredBoard
from tinyhost.device import Device

from tests.device.rig import flashed_board, make_pictures

N_PICTURES = 8


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[NDArray[np.uint8]]:
    return make_pictures(tmp_path_factory.getbasetemp() / "scene", N_PICTURES)


@pytest.fixture(scope="session", params=["native", "m4"])
def any_board(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Board:
    return flashed_board(request.param, tmp_path_factory.mktemp(f"state-{request.param}"))


@pytest.fixture(scope="session")
def native_board(tmp_path_factory: pytest.TempPathFactory) -> Board:
    return flashed_board("native", tmp_path_factory.mktemp("state"))


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

"""Fixtures: virtual boards with the app vww and its model, and pictures for their cameras."""

from __future__ import annotations

from pathlib import Path

import pytest
from tinyhost.synth.pictures import write_dataset

from tests.stations import Station, Stations

N_PER_CLASS = 6


@pytest.fixture
def native(stations: Stations) -> Station:
    return stations("native", model=True)


@pytest.fixture(params=["native", "m4"])
def station(request: pytest.FixtureRequest, stations: Stations) -> Station:
    return stations(request.param, model=True)


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    write_dataset(folder, N_PER_CLASS, 7, split="test")
    return folder / "test"

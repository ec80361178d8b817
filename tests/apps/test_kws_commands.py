"""The commands with the kws app: flash, push, bench."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.apps.tones import tone_model
from tests.stations import Station

pytestmark = pytest.mark.firmware


@pytest.fixture(params=["native", "m4"])
def station(request: pytest.FixtureRequest, tmp_path: Path) -> Station:
    """A board that the command flashed and gave a model."""
    station = Station(kind=request.param, state=tmp_path / "state")
    assert "kws build" in station.run("flash", "kws", "--no-model").out
    (tmp_path / "tones.thm").write_bytes(tone_model())
    assert "tones is active" in station.run("push", str(tmp_path / "tones.thm")).out
    return station


def test_bench_tells_what_listening_costs(station: Station) -> None:
    document = station.run_json("bench", "--samples", "3", "--runs", "2")
    assert document["app"] == "kws"
    listening = document["latency"]["listening"]
    assert listening["strides_per_s"] == 50
    per_s = 50 * (listening["per_stride"]["median"] + listening["invoke"]["median"])
    assert listening["per_s"] == per_s
    assert listening["busy_share"] == pytest.approx(per_s / listening["budget_per_s"])
    if station.kind == "m4":
        assert listening["budget_per_s"] == 64_000_000
        assert listening["invoke"]["min"] == listening["invoke"]["max"]  # instructions are exact
        assert "of 64 million instructions a second" in " ".join(station.run("bench", "--samples", "0").out.split())

"""`bench --energy` on virtual boards: a simulated meter records exactly the stages that the firmware marks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stations import SHIPPED_MODELS, Stations

pytestmark = [pytest.mark.firmware, pytest.mark.xdist_group("m4 commands")]

NS_PER_INSTRUCTION = 128
SAMPLE_S = 1e-5


def test_on_m4_a_window_is_its_instructions_and_a_gate_keeps_their_energy(stations: Stations, tmp_path: Path) -> None:
    station = stations("m4", "anomaly")
    words = ["bench", "--model", str(SHIPPED_MODELS["anomaly"]), "--runs", "6", "--samples", "0"]
    words += ["--energy", "simulated"]
    result = station.run_json(*words, "--save-baseline", str(tmp_path / "base.json"))
    energy, latency = result["energy"], result["latency"]
    assert (energy["meter"], energy["runs"], energy["lost"]) == ("simulated PPK2", 6, 0)
    windows = {each["stage"]: each for each in energy["windows"]}
    assert windows["inference"]["n"] == 6
    ticks = latency["invoke"]["median"]
    assert windows["invoke"]["seconds"] == pytest.approx(ticks * NS_PER_INSTRUCTION / 1e9, abs=5 * SAMPLE_S)
    same = station.run_json(*words, "--baseline", str(tmp_path / "base.json"), "--fail-if", "energy>+5%")
    (judged,) = same["gate"]["judgements"]
    assert (judged["holds"], judged["unit"]) == (True, "nJ")
    assert judged["before"] == pytest.approx(windows["inference"]["net_nj"]["median"])
    assert judged["remark"].startswith("simulated PPK2")


def test_a_real_meter_measures_no_virtual_board(stations: Stations) -> None:
    done = stations("native", "anomaly").run("bench", "--energy", "ppk2:/dev/ttyACM9", "--samples", "0", code=2)
    assert "native draws no current that a meter could measure" in done.err


def test_a_condition_on_energy_needs_a_meter(stations: Stations, tmp_path: Path) -> None:
    words = ("bench", "--baseline", str(tmp_path / "none.json"), "--fail-if", "energy>+5%")
    (tmp_path / "none.json").write_text('{"schema": "tinyhost.baselines/1", "baselines": []}')
    assert "energy needs a power meter" in stations("native", "anomaly").run(*words, code=2).err

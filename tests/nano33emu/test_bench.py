"""The Nano's own binary: it computes the same bytes as this computer, and its cycles are labelled as estimates."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hil.test_hil_runs import REPO, hil_run
from tests.stations import Stations

pytestmark = [pytest.mark.firmware, pytest.mark.xdist_group("m4")]
SOAK = pytest.mark.soak


@pytest.mark.parametrize(
    ("kind", "model", "n_samples"),
    [
        ("nano33emu", "kws", 20),
        ("nano33emu:rev2", "anomaly_bmi270", 20),
        *(pytest.param("nano33emu", model, 1000, marks=SOAK) for model in ("vww", "kws", "anomaly")),
        pytest.param("nano33emu:rev2", "anomaly_bmi270", 1000, marks=SOAK),
    ],
)
def test_outputs_equal_those_of_this_computer(stations: Stations, kind: str, model: str, n_samples: int) -> None:
    app, path = model.partition("_")[0], str(REPO / "models" / model / "model.tflite")
    words = ("bench", "--model", path, "--runs", "1", "--samples", str(n_samples))
    result = stations(kind, app).run_json(*words, "--energy", "simulated")
    assert (result["agreement"]["compared"], result["agreement"]["mismatches"]) == (n_samples, 0)
    assert (result["device"]["board"], result["device"]["name"]) == ("nano33emu", kind)
    assert (result["latency"]["unit"], result["latency"]["estimate"]) == ("estimated cycles", None)
    assert "estimated by the emulator" in result["latency"]["remark"]
    (invoke,) = (each for each in result["energy"]["windows"] if each["stage"] == "invoke")
    assert invoke["n"] == 1, "the pins rose once"
    assert invoke["seconds"] == pytest.approx(result["latency"]["invoke"]["median"] / 64e6, rel=0.05, abs=3e-5)
    if n_samples == 1000:
        native = stations("native", app).run_json(*words)
        assert (native["agreement"]["compared"], native["agreement"]["mismatches"]) == (n_samples, 0)


@pytest.mark.soak
def test_every_app_passes_every_test_of_a_bench_on_both_revisions(tmp_path: Path) -> None:
    done, result = hil_run(tmp_path, REPO / "hil/rigs/nano33emu.toml")
    bad = [
        (board["device"], test["test"], test["text"])
        for board in result["boards"]
        for test in board["tests"]
        if test["outcome"] not in ("passed", "not_applicable")
    ]
    assert not bad, bad
    assert done.returncode == 0, done.stderr
    assert [board["device"]["revision"] for board in result["boards"]] == ["rev 1"] * 3 + ["rev 2"] * 3

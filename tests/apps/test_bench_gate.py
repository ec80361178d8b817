"""tinyhost bench --baseline on real firmware: a board against what it was before."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.stations import Station, Stations

pytestmark = pytest.mark.firmware

CONDITIONS = "latency>+2%, accuracy<-1pp(paired), arena>+0"


@pytest.mark.xdist_group("m4 commands")
def test_a_benchmark_keeps_its_own_baseline_and_breaks_a_better_one(
    stations: Stations, pictures: Path, tmp_path: Path
) -> None:
    station, base, junit = stations("m4", model=True), tmp_path / "base.json", tmp_path / "junit.xml"
    words = ("bench", "--runs", "1", "--samples", "1", "--data", str(pictures))
    station.run(*words, "--save-baseline", str(base))
    gate = station.run_json(*words, "--baseline", str(base), "--fail-if", CONDITIONS)["gate"]
    assert (gate["same_model"], gate["same_firmware"]) == (True, True)
    assert [(item["holds"], item["change"]) for item in gate["judgements"]] == [
        (True, "+0.00 %"),
        (True, "+0.00 pp"),
        (True, "+0 B"),
    ]
    document = json.loads(base.read_text())
    ticks = document["baselines"][0]["latency"]
    ticks.update(dict.fromkeys(ticks, int(ticks["median"] / 1.021)))
    base.write_text(json.dumps(document))
    before = base.read_bytes()
    table = tmp_path / "table.md"
    gated = (*words, "--baseline", str(base), "--fail-if", CONDITIONS, "--save-baseline", str(base))
    done = station.run(*gated, "--junit", str(junit), "--markdown", str(table), code=1)
    assert "m4: 1 of 3 conditions broken" in done.err
    assert "latency>+2%: +2.10 %" in done.err
    assert base.read_bytes() == before, "what breaks the gate becomes no baseline"
    failures = [case.get("name") for case in ET.parse(junit).iter("testcase") if case.find("failure") is not None]
    assert failures == ["latency>+2%"]
    assert "| `latency>+2%` |" in table.read_text()


def test_a_gate_that_cannot_judge_is_refused_before_anything_is_measured(native: Station, tmp_path: Path) -> None:
    base = tmp_path / "base.json"
    for words, message in (
        (("--fail-if", "arena>+0"), "--fail-if needs --baseline"),
        (("--baseline", str(base), "--fail-if", "arena>+0"), "base.json: No such file"),
        (("--baseline", str(base), "--fail-if", "arena>0"), "expected >+ after arena"),
        (("--baseline", str(base), "--fail-if", "accuracy<-1pp"), "needs labelled samples"),
        (("--markdown", str(tmp_path / "a.md")), "--markdown needs --baseline"),
    ):
        assert message in native.run("bench", "--runs", "1", *words, code=2 if "No such" not in message else 1).err


@pytest.mark.soak
@pytest.mark.parametrize("kind", ["native", "m4"])
def test_a_hundred_runs_without_a_change_break_nothing(
    kind: str, stations: Stations, pictures: Path, tmp_path: Path
) -> None:
    """Of nanoseconds on a busy computer too: by hand, 0 of 100 on either board."""
    station, base = stations(kind, model=True), tmp_path / "base.json"
    words = ("bench", "--samples", "0", "--data", str(pictures))
    station.run(*words, "--save-baseline", str(base))
    for _ in range(100):
        station.run(*words, "--baseline", str(base), "--fail-if", CONDITIONS)

"""tinyhost bench --baseline on real firmware: a board compared with its own baseline."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from tinyhost.boards.build import build_firmware
from tinyhost.boards.flash import flash_firmware

from tests.stations import Station, Stations, share_objects

pytestmark = pytest.mark.firmware

REPO = Path(__file__).resolve().parents[2]
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
    assert "m4: 1 of 3 conditions violated" in done.err
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


@pytest.mark.soak
def test_two_percent_more_instructions_of_the_firmware_itself_are_caught(
    stations: Stations, pictures: Path, tmp_path: Path
) -> None:
    station, base = stations("m4", model=True), tmp_path / "base.json"
    words = ("bench", "--runs", "1", "--samples", "0", "--data", str(pictures))
    station.run(*words, "--save-baseline", str(base))
    ticks = json.loads(base.read_text())["baselines"][0]["latency"]["median"]
    project = tmp_path / "project"
    shutil.copytree(REPO / "firmware", project / "firmware", ignore=shutil.ignore_patterns("test", "fuzz"))
    shutil.copy(REPO / "platformio.ini", project)
    share_objects(project)
    source = project / "firmware/lib/device/src/model_runner.cpp"
    begin = "  const TickSource now = ticks == nullptr ? nullptr : hal::Ticks;\n"
    sources = source.read_text()
    assert begin in sources
    for percent, holds in ((2.1, False), (1.9, True)):
        turns = round(percent / 100 * ticks / 3)  # of three instructions
        loop = f'  for (int i = 0; i < {turns}; ++i) asm volatile("nop");\n'
        source.write_text(sources.replace(begin, begin + loop))
        flash_firmware(station.board, build_firmware("vww", "m4", project=project))
        gated = (*words, "--baseline", str(base), "--fail-if", "latency>+2%", "--json", str(tmp_path / "gate.json"))
        station.run(*gated, code=0 if holds else 1)
        (judgement,) = json.loads((tmp_path / "gate.json").read_text())["gate"]["judgements"]
        assert (judgement["holds"], judgement["change"]) == (holds, f"+{percent:.2f} %")

"""The JSON of the other commands, against what its dataclasses declare."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands import run_json
from tests.stations import SHIPPED_MODELS, Station


def test_inspect(tmp_path: Path) -> None:
    document = run_json("inspect", str(SHIPPED_MODELS["vww"]))
    assert document["fits"]["nano33ble"]["fits"]
    assert sum(item["macs"] for item in document["operators"]) == document["model"]["live_macs"]
    speed, flash, arena = document["optimizations"]
    assert [each["goal"] for each in (speed, flash, arena)] == ["speed", "flash", "arena"]
    assert speed["flash_bytes"] == document["model"]["flash_bytes"] >= flash["flash_bytes"]
    assert speed["arena_bytes"] == document["model"]["arena_bytes"] > arena["arena_bytes"]


def test_compile(tmp_path: Path) -> None:
    image = tmp_path / "new" / "x.thm"
    document = run_json("compile", str(SHIPPED_MODELS["vww"]), "-o", str(image), "--name", "x", "--labels", "a,b")
    assert (document["model"]["name"], document["model"]["labels"]) == ("x", ["a", "b"])
    assert image.stat().st_size == document["model"]["flash_bytes"]
    compiled = run_json("inspect", str(image))
    assert (compiled["model"], compiled["optimizations"]) == (document["model"], [])


def test_a_model_compiled_for_the_arena_takes_less_of_it_and_as_much_flash(tmp_path: Path) -> None:
    words = ("compile", str(SHIPPED_MODELS["vww"]), "-o", str(tmp_path / "x.thm"), "--optimize")
    speed, arena = (run_json(*words, what)["model"] for what in ("speed", "arena"))
    assert arena["arena_bytes"] < speed["arena_bytes"]
    assert arena["flash_bytes"] == speed["flash_bytes"]


def test_model_list_and_fetch(tmp_path: Path) -> None:
    names = [item["name"] for item in run_json("model", "list")["models"]]
    assert {"vww", "person_detect"} <= set(names)
    fetched = run_json("model", "fetch", "vww", "-o", str(tmp_path / "m.tflite"))
    assert Path(fetched["file"]).read_bytes() == SHIPPED_MODELS["vww"].read_bytes()


def test_doctor(tmp_path: Path) -> None:
    run_json("doctor")


@pytest.mark.firmware
def test_boards_flash_push_models_settings(native: Station) -> None:
    flashed = run_json("flash", "vww", "--board", "native", TINYHOST_STATE=native.state)
    assert flashed["model"]["skipped"]
    status = {item["name"]: item for item in run_json("boards", TINYHOST_STATE=native.state)["boards"]}["native"]
    assert (status["app"], status["build_id"]) == ("vww", flashed["build_id"])
    assert run_json("push", str(SHIPPED_MODELS["vww"]), "--board", "native", TINYHOST_STATE=native.state)["skipped"]
    slots = run_json("models", "--board", "native", TINYHOST_STATE=native.state)["slots"]
    assert [slot["name"] for slot in slots if slot["active"]] == ["vww"]
    assert "threshold" in run_json("settings", "--board", "native", TINYHOST_STATE=native.state)["settings"]

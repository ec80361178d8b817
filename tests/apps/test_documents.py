"""The JSON of the other commands, against docs/reference/json.md."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scripts.document_tables import documents
from tests.apps.conftest import Station
from tests.json_docs import check_document, documented
from tests.unit.bench.samples import SHIPPED_MODEL


def tinyhost(*arguments: str, state: Path, codes: tuple[int, ...] = (0,)) -> dict[str, Any]:
    """Run a command and return its checked document."""
    done = subprocess.run(
        [str(Path(sys.executable).with_name("tinyhost")), *arguments, "--json", "-"],
        env={**os.environ, "TINYHOST_STATE": str(state)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode in codes, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    check_document(document)
    return document


def test_every_command_has_a_section() -> None:
    sources = (Path(__file__).resolve().parents[2] / "host" / "tinyhost").rglob("*.py")
    schemas = {part.split('"')[0] for path in sources for part in path.read_text().split('"schema": "')[1:]}
    assert schemas | set(documents()) == set(documented())


def test_inspect(tmp_path: Path) -> None:
    document = tinyhost("inspect", str(SHIPPED_MODEL), state=tmp_path)
    assert document["fits"]["nano33ble"]["fits"]
    assert sum(item["macs"] for item in document["operators"]) == document["model"]["live_macs"]


def test_compile(tmp_path: Path) -> None:
    image = tmp_path / "new" / "x.thm"
    document = tinyhost(
        "compile", str(SHIPPED_MODEL), "-o", str(image), "--name", "x", "--labels", "a,b", state=tmp_path
    )
    assert (document["model"]["name"], document["model"]["labels"]) == ("x", ["a", "b"])
    assert image.stat().st_size == document["model"]["flash_bytes"]
    assert tinyhost("inspect", str(image), state=tmp_path)["model"] == document["model"]


def test_model_list_and_fetch(tmp_path: Path) -> None:
    names = [item["name"] for item in tinyhost("model", "list", state=tmp_path)["models"]]
    assert {"vww", "person_detect"} <= set(names)
    fetched = tinyhost("model", "fetch", "vww", "-o", str(tmp_path / "m.tflite"), state=tmp_path)
    assert Path(fetched["file"]).read_bytes() == SHIPPED_MODEL.read_bytes()


def test_doctor(tmp_path: Path) -> None:
    tinyhost("doctor", state=tmp_path, codes=(0, 1))


@pytest.mark.firmware
def test_boards_flash_push_models_settings(native: Station) -> None:
    flashed = tinyhost("flash", "vww", "--board", "native", state=native.state)
    assert flashed["model"]["skipped"]
    status = {item["name"]: item for item in tinyhost("boards", state=native.state)["boards"]}["native"]
    assert (status["app"], status["build_id"]) == ("vww", flashed["build_id"])
    assert tinyhost("push", str(SHIPPED_MODEL), "--board", "native", state=native.state)["skipped"]
    slots = tinyhost("models", "--board", "native", state=native.state)["slots"]
    assert [slot["name"] for slot in slots if slot["active"]] == ["vww"]
    assert "threshold" in tinyhost("settings", "--board", "native", state=native.state)["settings"]

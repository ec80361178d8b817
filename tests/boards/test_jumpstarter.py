"""A board behind an exporter of jumpstarter, the real one: `rig export` writes its file, and all commands go through.

Leases need jumpstarter's controller, which runs in Kubernetes only: they are not tried here.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.commands import TINYHOST
from tests.labs import REPO, await_port, free_port
from tests.stations import Stations

pytestmark = [pytest.mark.soak, pytest.mark.firmware]

JMP = REPO / "build/jumpstarter/bin/jmp"
SHELL_S = 300.0


def test_a_board_behind_an_exporter_answers_as_one_here(stations: Stations, tmp_path: Path) -> None:
    assert JMP.exists(), "make soak-jumpstarter installs it"
    station, port = stations("native", "vww", model=True), free_port()
    (tmp_path / "rig.toml").write_text(
        f'name = "lab"\ntests = "{REPO / "hil/tests"}"\n[[board]]\nname = "desk"\ntype = "native"\napp = "vww"\n'
    )
    export = ["rig", "export", "--rig", "rig.toml", "--out", "lab", "--first-port", str(port)]
    subprocess.run([str(TINYHOST), *export], cwd=tmp_path, check=True, capture_output=True)
    here = station.run_json("bench", "--runs", "1", "--samples", "3")
    serving = station.start("board", "serve", "--listen", str(port))
    await_port("127.0.0.1", port, serving)
    bench = [str(TINYHOST), "bench", "--board", "jumpstarter:", "--runs", "1", "--samples", "3", "--json", "there.json"]
    subprocess.run(
        [JMP, "shell", "--exporter-config", tmp_path / "lab/jumpstarter/desk.yaml", "--", *bench],
        cwd=tmp_path,
        env={**os.environ, "PATH": f"{JMP.parent}:{os.environ['PATH']}", "TINYHOST_STATE": str(tmp_path / "state")},
        timeout=SHELL_S,
        check=True,
    )
    there = json.loads((tmp_path / "there.json").read_text())
    assert there["device"]["unique_id"] == here["device"]["unique_id"]
    assert there["device"]["build_id"] == here["device"]["build_id"]
    assert (there["agreement"]["compared"], there["agreement"]["mismatches"]) == (3, 0)
    assert there["device"]["name"] == "jumpstarter:"

"""A board behind an exporter of jumpstarter, the real one: `rig export` writes its file, and all commands go through.

The exporter is on this computer, or one that listens for users of others with a passphrase. Leases need jumpstarter's
controller, which runs in Kubernetes only: they are not tried here.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.commands import TINYHOST, run_tinyhost
from tests.labs import REPO, await_port, free_port, power_relay
from tests.stations import Station, Stations

pytestmark = [pytest.mark.soak, pytest.mark.firmware]

JMP = REPO / "build/jumpstarter/bin/jmp"
SHELL_S = 300.0
RIG = f'name = "lab"\ntests = "{REPO / "hil/tests"}"\n[[board]]\nname = "desk"\napp = "vww"\n'


@pytest.fixture
def desk(stations: Stations, tmp_path: Path) -> Iterator[Station]:
    """A served board, with what `rig export` writes for it, and a power driver that a program with a URL obeys."""
    assert JMP.exists(), "make soak-jumpstarter installs it"
    station, port = stations("native", "vww", model=True), free_port()
    (tmp_path / "rig.toml").write_text(RIG + 'type = "native"\n')
    export = ["rig", "export", "--rig", "rig.toml", "--out", "lab", "--first-port", str(port)]
    subprocess.run([str(TINYHOST), *export], cwd=tmp_path, check=True, capture_output=True)
    with closing(power_relay(station.state).socket) as relay:
        url = f"http://127.0.0.1:{relay.getsockname()[1]}/"
        power = {"power_on": {"url": url, "method": "PUT", "data": "1"}, "power_off": {"url": url}}
        with (tmp_path / "lab/jumpstarter/desk.yaml").open("a") as exporter:
            exporter.write("  power:\n    type: jumpstarter_driver_http_power.driver.HttpPower\n")
            exporter.write(f"    config: {json.dumps(power)}\n")
        await_port("127.0.0.1", port, station.start("board", "serve", "--listen", str(port)))
        yield station


def jmp_shell(folder: Path, way: list[str], *words: str) -> dict[str, Any]:
    """Run tinyhost in a shell of jumpstarter's; return its document."""
    variables = {"PATH": f"{JMP.parent}:{os.environ['PATH']}", "TINYHOST_STATE": str(folder / "state")}
    env = {**os.environ, **variables, "TINYHOST_ALLOWED": str(folder / "allowed.json")}
    command = [str(JMP), "shell", *way, "--", str(TINYHOST), *words, "--json", "found.json"]
    done = subprocess.run(command, cwd=folder, env=env, timeout=SHELL_S, check=False, capture_output=True, text=True)
    assert (folder / "found.json").exists(), done.stdout + done.stderr
    found: dict[str, Any] = json.loads((folder / "found.json").read_text())
    return found


def test_a_board_behind_an_exporter_answers_as_one_here(desk: Station, tmp_path: Path) -> None:
    way = ["--exporter-config", str(tmp_path / "lab/jumpstarter/desk.yaml")]
    there = jmp_shell(tmp_path, way, "bench", "--board", "jumpstarter:", "--runs", "1", "--samples", "3")
    assert (there["device"]["name"], there["device"]["board"]) == ("jumpstarter:", "native")
    assert (there["agreement"]["compared"], there["agreement"]["mismatches"]) == (3, 0)


def test_a_rig_benches_and_cuts_the_power_through_an_exporter_that_listens_without_a_controller(
    desk: Station, tmp_path: Path
) -> None:
    listener = f"127.0.0.1:{free_port()}"
    secret = ["--tls-grpc-insecure", "--passphrase", "for this test"]
    exporter = tmp_path / "lab/jumpstarter/desk.yaml"
    command = [str(JMP), "run", "--exporter-config", str(exporter), "--tls-grpc-listener", listener, *secret]
    (tmp_path / "far.toml").write_text(
        RIG + 'type = "native"\naddress = "jumpstarter:"\nbench = { runs = 1, samples = 3 }\n'
        'power = { switch = "jumpstarter" }\n'
    )
    way, config = ["--tls-grpc", listener, *secret], {"TINYHOST_ALLOWED": tmp_path / "allowed.json"}
    with (tmp_path / "exporter.log").open("wb") as log:
        running = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        await_port("127.0.0.1", int(listener.rpartition(":")[2]), running)
        assert run_tinyhost("hil", "allow", "--rig", "far.toml", "--yes", folder=tmp_path, **config).code == 0
        found = jmp_shell(tmp_path, way, "hil", "run", "--rig", "far.toml", "-k", "is_benched or loses_its_power")
    finally:
        running.kill()
        running.wait()
    (board,) = found["boards"]
    assert (board["counts"]["passed"], board["bench"]["agreement"]["mismatches"]) == (2, 0)

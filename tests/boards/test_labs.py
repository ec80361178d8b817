"""Boards of other machines through the real programs: sshd, labgrid's coordinator and exporter."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tinyhost.boards.remote.addresses import parse_ssh
from tinyhost.boards.remote.ssh_session import SshSession
from tinyhost.errors import LinkTimeoutError, RouteLostError
from tinyhost.hil.rigs import RigBoard
from tinyhost.hil.station import Station

from tests.commands import Done, run_json, run_tinyhost
from tests.json_docs import check_document
from tests.labs import REPO, Lab, Sshd, own_network, sshd
from tests.stations import Stations

pytestmark = [pytest.mark.firmware, pytest.mark.xdist_group("labs")]

TINYHOST = [sys.executable, "-c", "from tinyhost.cli.main import main; main()"]


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory, stations: Stations) -> Iterator[Sshd]:
    """Another machine, with a flashed board native."""
    with own_network() as network, sshd(tmp_path_factory.mktemp("sshd"), network) as running:
        shutil.copytree(stations("native", "vww", model=True).state, running.state)
        yield running


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, machine: Sshd) -> Iterator[Lab]:
    with Lab(folder=tmp_path_factory.mktemp("lab"), machine=machine) as running:
        yield running


def run_in(lab: Lab, *words: str | Path, user: str = "ada") -> Done:
    """Run a command as a user of the lab."""
    variables: dict[str, Any] = {**lab.environment, "LG_USERNAME": user}
    variables["TINYHOST_STATE"] += f"-{user}"
    return run_tinyhost(*words, **variables)


def hil_run(lab: Lab, folder: Path, *words: str) -> subprocess.Popen[bytes]:
    """Start `hil run` on the lab's rig, as its user."""
    command = [*TINYHOST, "hil", "run", "--rig", str(REPO / "hil/rigs/lab.toml"), "--json", "result.json", *words]
    folder.mkdir(exist_ok=True)
    with (folder / "said.txt").open("wb") as said:
        return subprocess.Popen(command, cwd=folder, stdout=said, stderr=said, env={**os.environ, **lab.environment})


def outcomes(folder: Path) -> dict[str, str]:
    result = json.loads((folder / "result.json").read_text())
    tests: list[dict[str, Any]] = result["boards"][0]["tests"]
    found = {test["test"].rpartition("::")[2]: test["outcome"] for test in tests if test["outcome"] != "not_applicable"}
    assert found
    return found


def test_a_lab_is_on_loopback_where_there_can_be_no_network_namespace() -> None:
    names = "-net_admin,-sys_admin"
    drop = ["setpriv", f"--bounding-set={names}", f"--inh-caps={names}"] if os.getuid() == 0 else []
    code = """import os
from tests.labs import own_network
for path in os.environ["PATH"], "":  # not allowed; no program ip
    os.environ["PATH"] = path
    with own_network() as network: print(network)
"""
    command = [*drop, sys.executable, "-W", "always", "-c", code]
    done = subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=False)
    assert done.stderr.count("UserWarning: no network namespaces") == 2
    assert done.stdout.splitlines() == ["Network(host='127.0.0.1', enter=())"] * 2


def test_a_board_behind_ssh_is_flashed_asked_and_reset_as_one_here(machine: Sshd, stations: Stations) -> None:
    far, here = f"{machine.address}/native", stations("native", "vww", model=True)
    words = ("bench", "--runs", "1", "--samples", "3")
    there = run_json(*words, "--board", far, PATH=machine.path)
    local = here.run_json(*words)
    for same in ("board", "agreement", "model"):
        assert there[same] == local[same]
    flashed = run_json("flash", "kws", "--board", far, PATH=machine.path)
    assert (flashed["board"], flashed["app"]) == (far, "kws")
    assert run_tinyhost("reset", "--board", far, PATH=machine.path).code == 0
    assert run_json("flash", "vww", "--board", far, PATH=machine.path)["app"] == "vww"


def test_a_way_that_has_ended_is_the_rigs_fault_whatever_was_noticed_first(
    machine: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", machine.path)
    asked = RigBoard(name="far", type="native", app="vww", address=f"{machine.address}/native")
    with Station(asked, state=tmp_path) as station:
        assert station.open_device().ping().boot > 0
        for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split():
            if Path(f"/proc/{pid}/cmdline").read_text().partition("\0")[0].endswith("/ssh"):
                os.kill(int(pid), signal.SIGKILL)
        fault, why = station.triage(LinkTimeoutError("no reply"))
        assert (fault, "The connection to the board had ended" in why) == ("rig", True)
        assert station.open_device().ping().boot > 0


def test_a_machine_that_is_not_there_and_a_board_that_it_has_not_are_reported(machine: Sshd) -> None:
    refused = run_tinyhost("reset", "--board", "ssh:127.0.0.1:1/native", PATH=machine.path)
    assert (refused.code != 0, "ssh to 127.0.0.1 has ended: ssh: connect to host" in refused.err) == (True, True)
    absent = run_tinyhost("reset", "--board", f"{machine.address}/0123456789ABCDEF", PATH=machine.path)
    assert "0123456789ABCDEF" in absent.err


def test_an_ssh_that_ends_at_once_is_reported_with_its_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ssh").write_text("#!/bin/sh\necho no way >&2\nexit 255\n")
    (tmp_path / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # it may end before any of the session's threads has run
    try:
        for _ in range(100):
            with pytest.raises(RouteLostError, match="no way"):
                SshSession(parse_ssh("ssh:rig2/native"), "far")
    finally:
        sys.setswitchinterval(usual)


def test_one_command_reserves_flashes_benches_cuts_power_and_releases_a_place(lab: Lab, tmp_path: Path) -> None:
    assert "has not been allowed" in run_in(lab, "hil", "run", "--rig", "hil/rigs/lab.toml").err
    allowed = run_in(lab, "hil", "allow", "--rig", REPO / "hil/rigs/lab.toml", "--yes")
    assert "labgrid-client -p native-1 power off" in allowed.out
    assert run_in(lab, "flash", "kws", "--board", "labgrid:native-1").code == 0  # another app than the rig's
    running = hil_run(lab, tmp_path, "-k", "loses_its_power or is_benched")
    while running.poll() is None and "ada" not in lab.holder():
        time.sleep(0.1)
    second = run_in(lab, "reset", "--board", "labgrid:native-1", user="bob")
    assert running.wait() == 0, (tmp_path / "said.txt").read_text()
    assert "labgrid:native-1: ada on one holds it since 20" in second.err
    assert set(outcomes(tmp_path).values()) == {"passed"}
    assert "test_the_board_loses_its_power_and_starts_anew" in outcomes(tmp_path)
    result = json.loads((tmp_path / "result.json").read_text())
    check_document(result)
    benched = result["boards"][0]["bench"]
    assert (benched["latency"]["runs"], benched["agreement"]["compared"]) == (10, 100)
    assert benched["agreement"]["mismatches"] == 0
    (audit,) = (lab.folder / "state/hil").glob("audit-*.jsonl")
    actions = [json.loads(line)["action"] for line in audit.read_text().splitlines()]
    assert (actions[:3], actions[-1], "power_cut" in actions) == (["hold", "flash", "open"], "close", True)
    assert lab.holder() == ""


@pytest.mark.soak
@pytest.mark.parametrize("victim", ["coordinator", "exporter", "serve"])
def test_a_lab_that_breaks_in_the_middle_is_the_rigs_fault_and_serves_again(
    lab: Lab, tmp_path: Path, victim: str
) -> None:
    run_in(lab, "hil", "allow", "--rig", REPO / "hil/rigs/lab.toml", "--yes")
    running = hil_run(lab, tmp_path, "-k", "pattern_input", "--reruns", "0")
    while running.poll() is None and "one/ada" not in lab.client("show", check=False):
        time.sleep(0.1)
    lab.kill(victim)
    assert running.wait() == 1, (tmp_path / "said.txt").read_text()
    assert set(outcomes(tmp_path).values()) <= {"passed", "rig"}
    assert "rig" in outcomes(tmp_path).values()
    lab.start(victim)
    if victim == "coordinator":
        lab.kill("exporter")
        lab.start("exporter")
    done = run_in(lab, "reset", "--board", "labgrid:native-1")
    assert done.code == 0, done.err
    assert lab.holder() == ""


@pytest.mark.soak
def test_ssh_that_is_killed_in_the_middle_is_reported_and_the_board_is_free(machine: Sshd, tmp_path: Path) -> None:
    spec, environment = f"{machine.address}/native", {**os.environ, "PATH": machine.path}
    command = [*TINYHOST, "bench", "--board", spec, "--runs", "100000", "--samples", "0"]
    with (tmp_path / "said").open("wb") as said:
        running = subprocess.Popen(command, env=environment, stdout=said, stderr=said)
    found: list[int] = []
    while not found:
        time.sleep(0.2)
        children = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text().split()
        found = [int(pid) for pid in children if "ssh" in Path(f"/proc/{pid}/cmdline").read_text()]
    time.sleep(1.0)
    os.kill(found[0], signal.SIGKILL)
    assert running.wait(60) != 0
    assert f"ssh to {machine.network.host} has ended" in (tmp_path / "said").read_text()
    assert run_tinyhost("reset", "--board", spec, PATH=machine.path).code == 0

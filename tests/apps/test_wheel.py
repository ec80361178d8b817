"""The wheel is complete: installed without a clone, it flashes, pushes, measures and runs HIL tests."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import platformdirs
import pytest
from tinyhost.boards.build_cache import ingredients
from tinyhost.system.installation import NAMESAKE

from scripts.wheel_tour import build_wheel, main

REPO = Path(__file__).parents[2]
RIG = """\
name = "mine"
[[board]]
name = "native"
type = "native"
app = "vww"
"""
WHICH_SOURCES = """
from tinyhost.boards.build_cache import ingredients
from tinyhost.boards.project import find_project
root = find_project()
print(root, ingredients(root, "vww_native", None).build_id)
"""


class Wheel:
    """An environment with the wheel in it, and an empty folder; packages of others are those of this Python."""

    def __init__(self, folder: Path) -> None:
        self.empty = folder / "empty"
        self.empty.mkdir()
        self._bin = folder / "env/bin"
        venv.create(folder / "env")
        pip = [sys.executable, "-m", "pip", "--python", str(self._bin / "python"), "install", "--quiet", "--no-deps"]
        subprocess.run([*pip, str(build_wheel(folder))], check=True)
        others = {str(Path(module.__file__ or "").parents[1]) for module in (pytest, platformdirs)}
        site = Path(sysconfig.get_path("purelib", vars={"base": str(folder / "env")}))
        (site / "others.pth").write_text("\n".join(others))  # their own .pth files, the clone's too, count not there
        own = {"HOME": str(folder), "XDG_CACHE_HOME": str(folder / "cache"), "TINYHOST_STATE": str(folder / "boards")}
        self._environment = {**os.environ, **own, "PATH": str(self._bin)}  # no compiler
        self._environment.pop("PYTHONPATH", None)

    def run(self, program: str, *words: str) -> str:
        """Return what a program of the environment prints; it must succeed."""
        command = [str(self._bin / program), *words]
        done = subprocess.run(
            command, check=False, cwd=self.empty, env=self._environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.mark.firmware
def test_the_wheel_has_what_the_clone_has(tmp_path: Path) -> None:
    wheel = Wheel(tmp_path)
    project, build_id = wheel.run("python", "-c", WHICH_SOURCES).split()
    assert build_id == ingredients(REPO, "vww_native", None).build_id
    assert Path(project).parent == tmp_path / "cache/tinyhost/projects"

    assert f"build {build_id} runs (prebuilt" in wheel.run("tinyhost", "flash", "vww")
    assert "7,157,888 MACs" in wheel.run("tinyhost", "inspect", "models/vww/model.tflite")
    wheel.run("tinyhost", "push", "models/vww/model.tflite", "--force")
    wheel.run("tinyhost", "synth", "pictures", "drawn", "--count", "2")
    assert len(wheel.run("tinyhost", "monitor", "--scene", "drawn", "--count", "2").splitlines()) >= 2
    wheel.run("tinyhost", "bench", "--runs", "2")
    (wheel.empty / "rig.toml").write_text(RIG)
    wheel.run("tinyhost", "hil", "run", "--rig", "rig.toml", "--select", "identity", "--json", "hil.json")
    (board,) = json.loads((wheel.empty / "hil.json").read_text())["boards"]
    assert {test["outcome"] for test in board["tests"]} == {"passed", "not_applicable"}


@pytest.mark.soak
def test_the_readmes_tour_runs_from_the_wheel_in_a_clean_environment() -> None:
    assert main([]) == 0


@pytest.mark.soak
@pytest.mark.parametrize("way", ["pipx", "uv"])
def test_pipx_and_uv_install_it_too(way: str) -> None:
    __import__(way)  # whoever asks for it has it: pip install pipx uv
    commands = ("tinyhost --version", "tinyhost flash vww", "tinyhost bench --runs 2")
    assert main(["--with", way, "--extras", "", "--only", *commands]) == 0


@pytest.mark.soak
def test_beside_the_other_tinyhost_the_doctor_names_the_fix_for_either_order(tmp_path: Path) -> None:
    """The other program is PyPI's. Ours is installed after it, and then it after ours."""
    wheel = build_wheel(tmp_path)
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env/bin/python"

    def run(*words: str | Path) -> str:
        return subprocess.run([*map(str, words)], check=True, capture_output=True, text=True).stdout

    for packages in ([NAMESAKE, wheel], [NAMESAKE, "--force-reinstall", "--no-deps"]):
        run(python, "-m", "pip", "install", "--quiet", *packages)
        assert run(python.with_name("tinyhost-hil"), "--version").startswith("tinyhost ")
        said = run(python.with_name("tinyhost-hil"), "doctor")
        (advice,) = re.findall(r"^name: (.*), then (.*)$", said, re.MULTILINE)
        for command in advice:
            run(*shlex.split(command.replace("uninstall", "uninstall --yes")))
        assert run(python.with_name("tinyhost"), "--version").startswith("tinyhost ")
        assert "name:" not in run(python.with_name("tinyhost"), "doctor")

"""The project of docs/guides/your-project.md, as it stands there, from an empty folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml  # type: ignore[import-untyped]  # of mkdocs

from tests.commands import TINYHOST
from tests.docs.conftest import ROOT

_FILE = re.compile(r'^```\w+ title="([\w./-]+)"\n(.*?)^```$', re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files of the page."""
    folder = tmp_path_factory.mktemp("project")
    for name, text in _FILE.findall((ROOT / "docs/guides/your-project.md").read_text()):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    assert {path.name for path in folder.iterdir()} >= {"conftest.py", "test_model.py", "test_boards.py", "rig.toml"}
    return folder


def run(project: Path, *command: str) -> str:
    own = {"TINYHOST_STATE": str(project / "state"), "TINYHOST_ALLOWED": str(project / "allowed.json")}
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False, env={**os.environ, **own})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.firmware
def test_its_tests_pass_on_one_board_and_on_several(project: Path) -> None:
    pytest_here = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")
    assert "3 passed, 1 deselected" in run(project, *pytest_here, "test_model.py")
    assert "3 passed" in run(project, *pytest_here, "--rig", "rig.toml", "test_boards.py")


@pytest.mark.firmware
def test_the_command_of_its_ci_passes_and_writes_junit(project: Path) -> None:
    github = yaml.safe_load((project / ".github/workflows/boards.yml").read_text())
    gitlab = yaml.safe_load((project / ".gitlab-ci.yml").read_text())
    command = gitlab["boards"]["script"][-1]
    assert command in [step.get("run") for step in github["jobs"]["boards"]["steps"]]
    program, *words = command.split()
    assert program == "tinyhost"
    run(project, str(TINYHOST), *words, "-k", "every_board_answers")
    cases = [case for case in ET.parse(project / "hil.xml").iter("testcase") if case.find("skipped") is None]
    assert len(cases) == 2
    assert all(not case.findall("failure") and not case.findall("error") for case in cases)

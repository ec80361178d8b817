"""The README as text; its commands are run by `make demo`, in their order."""

from __future__ import annotations

import re

from scripts.demo import tour
from tests.docs.conftest import ROOT


def test_the_tour_shows_the_whole_loop_on_three_boards_and_with_three_apps() -> None:
    commands = tour()
    shown = {command.split()[1] for command in commands if command.startswith("tinyhost ")}
    assert shown >= {
        "doctor",
        "flash",
        "boards",
        "capture",
        "monitor",
        "inspect",
        "push",
        "models",
        "bench",
        "diff",
        "hil",
    }
    flashed = {command.removeprefix("tinyhost flash ") for command in commands if "tinyhost flash" in command}
    assert flashed == {"vww", "kws", "anomaly", "vww --board m4", "kws --board nano33emu"}
    assert any("--report reports/" in command for command in commands)


def test_every_file_that_the_readme_links_is_there() -> None:
    text = (ROOT / "README.md").read_text()
    links = re.findall(r"\]\(([^)#:]+)\)", text) + re.findall(r'src="([^":]+)"', text)
    missing = [link for link in links if not (ROOT / link).exists()]
    assert links and not missing, missing

"""A rig out of its limits stops the run: rig files, measurements, and the outcomes of the tests."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from tinyhost.errors import ConfigError, StimulusError
from tinyhost.hil.qualification.limits import LIMITS, check_limits
from tinyhost.hil.qualification.measure import sharpness
from tinyhost.hil.rigs import load_rig
from tinyhost.sensors.sync_markers.border import draw_border, read_border

pytest_plugins = ["pytester"]

RIG = 'name = "r"\ntests = "."\n[[board]]\nname = "b"\ntype = "native"\nstimulus = { kind = "room" }\nqualify = '


def test_limits_are_the_usual_ones_unless_a_rig_says_otherwise(tmp_path: Path) -> None:
    (tmp_path / "rig.toml").write_text(RIG + "{ contrast = [80, 200] }\n")
    limits = load_rig(tmp_path / "rig.toml").boards[0].qualify
    assert limits is not None
    assert (limits["contrast"].low, limits["contrast"].high) == (80, 200)
    assert limits["white"] == LIMITS["white"]


@pytest.mark.parametrize(
    ("qualify", "message"),
    [
        ("{ contrast = 80 }", "expected [LEAST, MOST], got 80"),
        ("{ contrast = [200, 80] }", "expected [LEAST, MOST]"),
        ("{ contrast = [true, 80] }", "expected [LEAST, MOST]"),
        ("{ contrast = [nan, 80] }", "expected [LEAST, MOST]"),
        ("{ lumen = [0, 1] }", "unknown key"),
    ],
)
def test_wrong_limits_are_refused_with_their_line(tmp_path: Path, qualify: str, message: str) -> None:
    (tmp_path / "rig.toml").write_text(RIG + qualify + "\n")
    with pytest.raises(ConfigError, match=rf"rig\.toml:7: .*{re.escape(message)}"):
        load_rig(tmp_path / "rig.toml")


def test_every_figure_out_of_its_limits_is_named() -> None:
    check_limits("b", {"contrast": 100, "link_errors": 0}, LIMITS)
    with pytest.raises(StimulusError, match=r"contrast 12 grey levels \(limits 40 to 255\), link_errors 3"):
        check_limits("b", {"contrast": 12, "link_errors": 3, "white": 100}, LIMITS)


def test_a_lens_out_of_focus_widens_the_edge() -> None:
    frame = draw_border(np.full((96, 96), 128, np.uint8), 9)
    widths = []
    for sigma in (0.1, 1.0, 2.0):
        seen = np.asarray(cv2.GaussianBlur(frame, (0, 0), sigma), np.uint8)
        mark = read_border(seen)
        assert mark is not None
        widths.append(sharpness(seen, mark.contrast))
    assert widths == sorted(widths)
    assert widths[0] == pytest.approx(1, abs=0.1)
    assert widths[2] > LIMITS["edge"].high


@pytest.mark.parametrize("limits", ["{}", "{ white = [250, 254] }"])
def test_tests_run_between_two_checks_or_not_at_all(pytester: pytest.Pytester, limits: str) -> None:
    pytester.makeini("[pytest]\naddopts = --strict-markers -p no:cacheprovider")
    (pytester.path / "rig.toml").write_text(RIG + limits + "\n")
    pytester.makepyfile("def test_it(device): device.ping()")
    result = pytester.runpytest_subprocess("--rig", "rig.toml", "-v", "--junitxml", "junit.xml")
    if limits == "{}":
        result.assert_outcomes(passed=3)
        names = ["*qualification::test_before_the_run PASSED*", "*::test_it PASSED*", "*::test_after_the_run PASSED*"]
        result.stdout.fnmatch_lines(names)
    else:
        result.assert_outcomes(failed=1, errors=2)
        result.stdout.fnmatch_lines(["*b: the rig is out of its limits: white 21* grey levels (limits 250 to 254)*"])
        assert (pytester.path / "junit.xml").read_text().count('name="fault" value="rig"') == 3

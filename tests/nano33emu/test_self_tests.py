"""The sensors' self-tests pass on every revision, and their limits leave room beside what a well sensor measures."""

from __future__ import annotations

from pathlib import Path

import pytest
from tinyhost.boards.emulator import SWITCHES_VARIABLE
from tinyhost.device import Device
from tinyhost.protocol.self_test import Finding, SelfTestCheck, Verdict

from tests.device.rig import make_pictures
from tests.stations import Stations

pytestmark = [pytest.mark.firmware, pytest.mark.xdist_group("m4")]
CASES = [("nano33emu:rev2", "gestures", 0)]
MORE = [
    (kind, app, share) for kind, app in (("nano33emu", "gestures"), ("nano33emu:rev2", "anomaly")) for share in (-8, 8)
]
MORE += [("nano33emu", app, share) for app in ("anomaly", "kws", "vww") for share in (0, -8, 8)]
MORE += [(kind, "gestures", 0) for kind in ("nano33emu", "nano33emu:rev2")]
LARGEST_SHARES = {SelfTestCheck.START_TIME: 0.8, SelfTestCheck.CAPTURE_TIME: 0.8}
"""of what has only an upper limit"""
MIDDLES = {
    *(SelfTestCheck.SAMPLE_RATE, SelfTestCheck.GRAVITY),
    *(SelfTestCheck.FRAME_PERIOD, SelfTestCheck.ROW_PERIOD, SelfTestCheck.ROW_ACTIVE),
}
"""of which a well sensor's measure is in the middle half of what is right"""


@pytest.mark.parametrize(
    ("kind", "app", "per_cent"), [*CASES, *(pytest.param(*case, marks=pytest.mark.soak) for case in MORE)]
)
def test_a_well_sensor_passes_with_room_to_spare(
    stations: Stations, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str, app: str, per_cent: int
) -> None:
    monkeypatch.setenv(SWITCHES_VARIABLE, f"--strict --hfint {per_cent}")
    make_pictures(tmp_path / "pictures", 2)
    scene = str(tmp_path / "pictures") if app == "vww" else None
    with stations(kind, app).board.power(scene=scene) as power, Device.open(power) as device:
        findings = list(device.self_test())
    assert findings
    wrong = [finding for finding in findings if finding.verdict not in (Verdict.PASSED, Verdict.NOTED)]
    assert not wrong
    assert not [finding for finding in findings if is_tight(finding)]


def is_tight(finding: Finding) -> bool:
    """Return whether a limit leaves a working sensor little room."""
    low, high, measured = finding.lowest, finding.highest, finding.measured
    if finding.check in LARGEST_SHARES:
        return measured > LARGEST_SHARES[SelfTestCheck(finding.check)] * high
    return finding.check in MIDDLES and min(measured - low, high - measured) < (high - low) / 4

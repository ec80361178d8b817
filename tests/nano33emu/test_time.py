"""The Nano's time: a crystal that runs before anything is timed, one that does not, counters that wrap."""

from __future__ import annotations

import itertools
import re
import subprocess
from pathlib import Path

import pytest
from tinyhost.boards.emulator import SWITCHES_VARIABLE, build_emulator
from tinyhost.boards.packaged import find_firmware
from tinyhost.boards.virtual import VirtualPower
from tinyhost.device import Device, PredictionItem
from tinyhost.protocol.messages import InferSource, StreamId
from tinyhost.protocol.status import Status

from tests.device.rig import make_pictures
from tests.nano33emu.watching import figures
from tests.stations import SHIPPED_MODELS, Stations

pytestmark = [pytest.mark.firmware, pytest.mark.xdist_group("m4")]
SOAK = pytest.mark.soak
APPS = ("anomaly", "kws", "vww")
CLOCK, TIMER = "CLOCK/POWER", "TIMER0"
TIMED = re.compile(r"TIMER|RTC|TWIM|PDM|I2S|USBD")
TASK, STARTED = 0x000, 0x100  # HFCLKSTART of CLOCK, START of TIMER; HFCLKSTARTED
GIVEN_UP_S = 0.05
"""firmware/boards/nano33ble/clock.cpp"""
WRAP_IN_S = 6
SCENES = {
    "nano33emu": "machine:imbalance",
    "nano33emu:rev2": "machine:imbalance?sensor=bmi270",
    "kws": "speech:yes,no?snr=15",
}
BMI270_MODEL = SHIPPED_MODELS["anomaly"].parent.with_name("anomaly_bmi270") / "model.tflite"


def accesses(
    app: str, folder: Path, seconds: float, *switches: str
) -> tuple[int, list[tuple[float, str, int, int]], list[str]]:
    """Start an app for some milliseconds, without a host: it looks at the clock again and again from then on.

    Returns the exit code; time (s), peripheral, register and value of each access but those that find nothing new; and
    what silicon would not forgive.
    """
    program = str(find_firmware(app, "nano33ble").path)
    command = [str(build_emulator()), "--program", program, "--fast", "--seconds", str(seconds), "--trace", "registers"]
    done = subprocess.run([*command, *switches], cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    found = [
        (float(match[1]), match[3], int(match[4], 16), int(match[5], 16))
        for match in re.finditer(r"\[ *([\d.]+)\] (read|write) (\S+)\+0x(\w+)(?: =|:) 0x(\w+)", done.stderr)
        if match[2] == "write" or int(match[5], 16)
    ]
    return done.returncode, found, re.findall(r"!!! (.*)", done.stderr)


@pytest.mark.parametrize(("app", "start_us"), [*((app, 360) for app in APPS), ("kws", 10_000)])
def test_the_crystal_runs_before_anything_is_timed(tmp_path: Path, app: str, start_us: int) -> None:
    code, found, defects = accesses(app, tmp_path, start_us / 1e6 + 0.004, "--strict", "--hfxo-start-us", str(start_us))
    assert (code, defects) == (0, [])
    asked = next(at for at, name, register, _ in found if (name, register) == (CLOCK, TASK))
    runs = next(at for at, name, register, value in found if (name, register, value) == (CLOCK, STARTED, 1))
    assert runs - asked == pytest.approx(start_us / 1e6, abs=20e-6)
    assert min(at for at, name, _, _ in found if TIMED.match(name)) >= runs


@pytest.mark.parametrize("start_us", [pytest.param("90000", marks=SOAK), "never"])
def test_a_crystal_that_does_not_start_is_given_up_and_the_program_goes_on(tmp_path: Path, start_us: str) -> None:
    code, found, defects = accesses("kws", tmp_path, GIVEN_UP_S + 0.004, "--hfxo-start-us", start_us)
    asked = next(at for at, name, register, _ in found if (name, register) == (CLOCK, TASK))
    timed = next(at for at, name, register, _ in found if (name, register) == (TIMER, TASK))
    assert timed - asked == pytest.approx(GIVEN_UP_S, abs=1e-3)
    assert code == 0
    assert defects == ["USBD: pull-up while HFXO does not run (6.35.4)"]  # what USB then does, only silicon can show


@pytest.mark.parametrize("oscillator", ["crystal", pytest.param("RC", marks=SOAK)])
@pytest.mark.parametrize("per_cent", [-8, pytest.param(8, marks=SOAK)])
@pytest.mark.parametrize(
    ("kind", "app"),
    [
        ("nano33emu:rev2", "anomaly"),
        pytest.param("nano33emu", "anomaly", marks=SOAK),
        *(pytest.param(kind, app, marks=SOAK) for kind in ("nano33emu", "nano33emu:rev2") for app in ("kws", "vww")),
    ],
)
def test_predictions_go_on_with_any_oscillator_and_nothing_is_taken_for_a_restart(
    stations: Stations,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    kind: str,
    app: str,
    per_cent: int,
    oscillator: str,
) -> None:
    errors = f"--hfint {per_cent} --hfxo {per_cent} --strict"
    monkeypatch.setenv(
        SWITCHES_VARIABLE, errors if oscillator == "crystal" else f"--hfint {per_cent} --hfxo-start-us never"
    )
    station = stations(kind, app)
    is_second = kind.endswith("rev2") and app == "anomaly"
    station.run("push", str(BMI270_MODEL if is_second else SHIPPED_MODELS[app]))
    make_pictures(tmp_path / "pictures", 3)
    scene = {"vww": str(tmp_path / "pictures"), "kws": SCENES["kws"], "anomaly": SCENES[kind]}[app]
    with station.board.power(scene=scene) as power, Device.open(power) as device:
        with device.stream(StreamId.PREDICTIONS) as items:
            for _ in range(8):
                device.ping()
                item = next(items)
                assert isinstance(item, PredictionItem)
                assert item.prediction.status == Status.OK
        assert (device.link_stats.restarts, device.link_stats.reconnects) == (0, 0)


def test_time_goes_on_when_its_counters_wrap(stations: Stations, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SWITCHES_VARIABLE, f"--strict --wrap-in {WRAP_IN_S}")
    station = stations("nano33emu", "kws", model=True)
    with station.board.power(scene=SCENES["kws"]) as power, Device.open(power) as device:
        assert isinstance(power, VirtualPower)
        boot, uptimes_us, timestamps_us = device.info.boot, [device.ping().uptime_us], []
        assert 2**32 - WRAP_IN_S * 1e6 < uptimes_us[0] < 2**32  # microseconds: 71 minutes
        with device.stream(StreamId.PREDICTIONS) as items:
            while uptimes_us[-1] < 2**32 + 1e6:
                item = next(items)
                assert isinstance(item, PredictionItem)
                assert item.prediction.status == Status.OK
                timestamps_us.append(item.timestamp_us)
                uptimes_us.append(device.ping().uptime_us)
            counts = items.counts(StreamId.PREDICTIONS)
        for times_us in (uptimes_us, timestamps_us):
            assert times_us == sorted(times_us)
            assert max(after - before for before, after in itertools.pairwise(times_us)) < 5e6
        assert (counts.device_dropped, counts.restarts) == (0, 0)
        ticks = []
        while awake_s(power) < WRAP_IN_S + 0.5:  # cycles are counted while the processor does not sleep: 67 s of them
            ticks += [device.infer(InferSource.PATTERN, seed=1).invoke_ticks for _ in range(10)]
        assert max(ticks) < 1.02 * min(ticks)
        assert (device.ping().boot, device.link_stats.restarts) == (boot, 0)


def awake_s(power: VirtualPower) -> float:
    """Return how long the processor has been awake."""
    now = figures(power)
    return float(now["virtual_s"] - now["slept_s"])

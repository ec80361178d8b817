"""A board whose accelerometer is another than the model's: flash, push and monitor say so; flash has the right one."""

from __future__ import annotations

import pytest

from tests.stations import SHIPPED_MODELS, Stations

pytestmark = pytest.mark.firmware
REVISION_2 = "machine:imbalance?sensor=bmi270"
MISFIT = "the model anomaly wants 119 samples a second, the board's sensor gives 100"


def test_flash_and_push_know_what_the_boards_sensor_gives(stations: Stations) -> None:
    station = stations("native", "anomaly", model=True)
    keeper = station.start("board", "run", "--scene", REVISION_2)
    station.wait_until_on(keeper)
    before = station.run_json("models")["slots"]
    refused = station.run("push", str(SHIPPED_MODELS["anomaly"]), code=1).err
    assert MISFIT in refused
    assert "push --force stores it anyway" in refused
    assert station.run_json("models")["slots"] == before
    assert station.run_json("flash", "anomaly")["model"]["name"] == "anomaly_bmi270"
    done = station.run("monitor", "--count", "4", "--plain")
    assert len(done.out.splitlines()) == 4
    station.run("push", str(SHIPPED_MODELS["anomaly"]), "--force")
    assert MISFIT in station.run("monitor", "--count", "1", "--plain", code=1).err


def test_the_monitor_names_both_rates(stations: Stations) -> None:
    station = stations("native", "anomaly", model=True)
    done = station.run("monitor", "--scene", REVISION_2, "--count", "1", code=1)
    assert done.err.count(MISFIT) == 2  # at once, and as the reason why it ends without a prediction
    assert "expected predictions, got none: sample_rate" in done.err


def test_what_was_recorded_at_the_models_rate_is_judged_on_a_board_whose_sensor_has_another(stations: Stations) -> None:
    from tinyhost.device import Device
    from tinyhost.errors import DeviceError
    from tinyhost.protocol.messages import StreamId
    from tinyhost.synth.machine.machine import Machine, MachineOptions

    samples = Machine(MachineOptions()).read(300)
    board = stations("native", "anomaly", model=True).board
    with board.power(scene=REVISION_2) as powered, Device.open(powered) as device:
        with device.stream(StreamId.SAMPLES) as items:
            next(items)
        assert len(list(device.feed([samples], rate_hz=119.0))) == 6
        with pytest.raises(DeviceError, match="different rate"):
            list(device.feed([samples], rate_hz=100.0))

"""`tinyhost bench --engine`: one model, one board, two engines; and the board is left as it was.

TensorFlow Lite Micro is fetched from the internet, so the second engine here is ours without its fast kernels: all but
the images is the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tinyhost.bench import engines
from tinyhost.bench.engines import EngineTrial
from tinyhost.bench.run import BenchRequest, Progress
from tinyhost.boards.build import build_firmware
from tinyhost.boards.state import BoardFolder
from tinyhost.device import Device
from tinyhost.errors import LinkLostError, TinyhostError
from tinyhost.models.file import load_model_file

from tests.device.rig import small_model
from tests.stations import SHIPPED_MODELS, Station, Stations
from tests.unit.bench.samples import full_result

pytestmark = [pytest.mark.firmware, pytest.mark.xdist_group("m4 commands")]


@pytest.fixture
def m4(stations: Stations) -> Station:
    return stations("m4", model=True)


def slots(station: Station) -> list[tuple[str, bool]]:
    with station.board.power() as powered, Device.open(powered) as device:
        return [(slot.name, bool(slot.active)) for slot in device.models()]


def build_id(station: Station) -> str:
    flashed = BoardFolder(station.state, "m4").flashed()
    assert flashed is not None
    return flashed.build_id


def test_both_engines_are_measured_and_the_board_gets_its_own_back(m4: Station) -> None:
    before = build_id(m4), slots(m4)
    document = m4.run_json("bench", "--engine", "portable", "--runs", "2", "--samples", "3")
    other = document["other"]
    assert (document["engine"], other["engine"]) == ("tinyhost", "portable")
    assert other["build_id"] != document["device"]["build_id"] == before[0]
    assert other["invoke"]["min"] == other["invoke"]["max"] > 5 * document["latency"]["invoke"]["max"]
    assert other["invoke_times"] == other["invoke"]["median"] / document["latency"]["invoke"]["median"]
    assert other["preprocess"] == document["latency"]["preprocess"]
    assert other["arena_bytes"] == document["model"]["arena_bytes"]
    assert other["image_sha256"] == document["model"]["image_sha256"]
    assert (other["agreement"]["compared"], other["agreement"]["mismatches"]) == (3, 0)
    assert (build_id(m4), slots(m4)) == before


def test_the_table_shows_both(m4: Station) -> None:
    model = str(SHIPPED_MODELS["vww"])
    printed = m4.run("bench", "--engine", "portable", "--runs", "1", "--samples", "1", "--model", model).out
    assert "engines compared" in printed
    assert all(name in printed for name in ("portable", "times", "program, B", "other than host"))


@contextmanager
def nobody(title: str) -> Iterator[object]:
    yield lambda line: None


@contextmanager
def unmeasured() -> Iterator[Progress]:
    yield lambda stage, done, total: None


def test_the_board_gets_its_own_firmware_back_whatever_happens(
    m4: Station, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = build_id(m4), slots(m4)

    def vanish(*arguments: object, **named: object) -> None:
        raise LinkLostError("m4: unplugged", hint="plug it in")

    monkeypatch.setattr(engines, "run_bench", vanish)
    board, file = m4.board, load_model_file(SHIPPED_MODELS["vww"])
    own = build_firmware("vww", "m4")
    trial = EngineTrial.build(board, "vww", "portable", file, own=own, progress=lambda line: None)
    with pytest.raises(LinkLostError, match="unplugged"):
        trial.compare(full_result(tmp_path), BenchRequest(), stage=nobody, measuring=unmeasured)  # type: ignore[arg-type]
    assert (build_id(m4), slots(m4)) == before


def test_a_model_whose_file_nobody_knows_is_asked_for_before_anything_is_flashed(m4: Station) -> None:
    with m4.board.power() as powered, Device.open(powered) as device:
        device.push(small_model(3))
        try:
            with pytest.raises(TinyhostError, match="not the default model of vww") as asked:
                engines.file_of_active_model(device)
        finally:
            device.rollback()
    assert asked.value.hint == "name it: --model FILE.tflite"


def test_an_engine_that_a_board_has_no_firmware_for_is_refused_by_name(native: Station) -> None:
    error = native.run("bench", "--engine", "portable", code=2).err
    assert "no firmware vww_native_portable" in error
    assert "vww_m4_portable" in error


def test_a_model_that_the_engine_gets_wrong_is_refused_before_anything_is_built(m4: Station) -> None:
    error = m4.run("flash", "kws", "--engine", "tflm", "--model", str(SHIPPED_MODELS["kws"]), code=1).err
    assert "FULLY_CONNECTED) has a scale for each output" in " ".join(error.split())

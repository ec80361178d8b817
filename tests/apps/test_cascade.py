"""A cascade in the kws app: its second network runs when the first one hears something, to the bit as the host says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tinyhost import _firmware
from tinyhost.audio.features import features
from tinyhost.audio.wav import write_wav
from tinyhost.boards import Board
from tinyhost.compiler import ModelImage
from tinyhost.compiler.app_defaults import WakeDefaults
from tinyhost.compiler.cascade import cascade_of
from tinyhost.compiler.image_format import WakeParams
from tinyhost.device import Device, FedResult, PredictionItem
from tinyhost.errors import DeviceError, UnsupportedModelError
from tinyhost.models.fits import Limits, check_fits
from tinyhost.models.summary import summarize
from tinyhost.protocol.messages import InferSource, StreamId
from tinyhost.protocol.status import Status

from tests.apps.tones import LABELS, N_STRIDES, PARAMS, RATE_HZ, cascade_model, say, silence, tone_model
from tests.stations import Stations

pytestmark = pytest.mark.firmware

WAKE = WakeDefaults(threshold=0.7, hold_ms=300)
_STRIDE_MS = 20


@pytest.fixture(scope="module", params=["native", "m4", pytest.param("nano33emu", marks=pytest.mark.soak)])
def board(request: pytest.FixtureRequest, stations: Stations) -> Board:
    return stations(request.param, "kws").board


@pytest.fixture(scope="module")
def device(board: Board) -> Iterator[Device]:
    with board.power() as powered, Device.open(powered) as opened:
        opened.push(cascade_model(WAKE))
        yield opened


@pytest.fixture(scope="module")
def sound() -> NDArray[np.int16]:
    pieces = (silence(1.5), say("low"), silence(1.2), say("high"), silence(1.5))
    return np.concatenate(pieces)


def expected(image: bytes, sound: NDArray[np.int16], wake: WakeDefaults) -> list[tuple[bool, int, tuple[int, ...]]]:
    """Return for each stride with a whole window whether the cascade sleeps, its wake score, and its scores."""
    info = cascade_of(ModelImage.parse(image))
    assert info is not None
    units, rows = round(wake.threshold / info.scale) + info.zero_point, features(sound)
    engine = _firmware.Engine()
    engine.load(image)
    found, awake_ms = [], 0
    for row in range(N_STRIDES - 1, len(rows)):
        awake_ms = max(0, awake_ms - _STRIDE_MS)
        engine.set_input(rows[row - N_STRIDES + 1 : row + 1])
        engine.invoke_range(0, info.last_operator + 1)
        score = int(engine.operator_output(info.last_operator).reshape(-1)[-1])
        if score >= units:
            awake_ms = wake.hold_ms
        asleep = score < units and awake_ms == 0
        if not asleep:
            engine.invoke_range(info.last_operator + 1, engine.n_operators)
        found.append((asleep, score, (-128,) * len(LABELS) if asleep else tuple(engine.output()[0].tolist())))
    return found


def said(results: list[FedResult]) -> list[tuple[bool, int, tuple[int, ...]]]:
    return [(bool(each.prediction.asleep), each.prediction.score, each.scores) for each in results]


def words(results: list[FedResult]) -> list[str]:
    return [LABELS[each.prediction.top] for each in results if each.prediction.detected]


def test_the_second_network_runs_exactly_when_the_host_says(device: Device, sound: NDArray[np.int16]) -> None:
    results = list(device.feed([sound], rate_hz=RATE_HZ))
    wanted = expected(cascade_model(WAKE), sound, WAKE)
    assert said(results) == wanted
    asleep = [each.prediction.asleep for each in results]
    assert asleep[0] == asleep[-1] == 1 and 0 < sum(asleep) < len(asleep)
    assert words(results) == ["low", "high"]


def test_awake_it_says_what_the_second_network_alone_says(device: Device, sound: NDArray[np.int16]) -> None:
    cascaded = list(device.feed([sound], rate_hz=RATE_HZ))
    device.push(tone_model())
    try:
        alone = list(device.feed([sound], rate_hz=RATE_HZ))
    finally:
        device.push(cascade_model(WAKE))
    assert not any(each.prediction.asleep or each.prediction.score for each in alone)
    awake = [
        (each.scores, other.scores) for each, other in zip(cascaded, alone, strict=True) if not each.prediction.asleep
    ]
    assert all(mine == other for mine, other in awake)
    if device.info.tick_unit != "ns":
        ticks = {kind: [e.prediction.invoke_ticks for e in cascaded if e.prediction.asleep == kind] for kind in (0, 1)}
        assert max(ticks[1]) < min(ticks[0])


@pytest.mark.parametrize(("threshold", "share"), [(-128, 1.0), (127, 0.0)])
def test_its_settings_count_at_once(device: Device, sound: NDArray[np.int16], threshold: int, share: float) -> None:
    defaults = {name: device.settings()[name].value for name in ("wake_threshold", "wake_hold_ms")}
    assert defaults == {"wake_threshold": round(0.7 * 256) - 128, "wake_hold_ms": 300}
    try:
        device.set_setting("wake_threshold", threshold)
        results = list(device.feed([sound], rate_hz=RATE_HZ))
        assert sum(not each.prediction.asleep for each in results) / len(results) == share
        assert bool(words(results)) == bool(share)
    finally:
        device.set_setting("wake_threshold", defaults["wake_threshold"])


def test_a_single_clip_runs_through_both_networks(device: Device) -> None:
    quiet = device.infer(InferSource.SAMPLE, data=silence(1.0))
    clip = np.concatenate([silence(0.5), say("high")])
    loud = device.infer(InferSource.SAMPLE, data=clip, profile=True)
    alone = _firmware.Engine()
    alone.load(tone_model())
    for data, answer in ((silence(1.0), quiet), (clip, loud)):
        alone.set_input(features(data))
        alone.invoke()
        assert answer.output == alone.output().tobytes()
    assert quiet.score < round(0.7 * 256) - 128 <= loud.score
    assert len(loud.operators) == 4


def test_nobody_is_unsure_of_what_nobody_was_asked(stations: Stations, tmp_path: Path) -> None:
    write_wav(tmp_path / "quiet.wav", silence(2.0))
    board = stations("native", "kws").board
    with board.power(scene=str(tmp_path / "quiet.wav")) as powered, Device.open(powered) as device:
        device.push(cascade_model(WAKE))
        device.set_setting("unsure_margin", 255)
        with device.stream(StreamId.PREDICTIONS) as items:
            item = next(iter(items))
        assert isinstance(item, PredictionItem)
        assert item.prediction.asleep
        assert device.unsure().n_unsure == 0


@pytest.mark.parametrize(
    ("wake", "status"),
    [
        (WakeParams(last_operator=2), Status.MODEL_MISMATCH),
        (WakeParams(last_operator=1, hold_ms=10_001), Status.IMAGE_METADATA),
    ],
    ids=["operator", "hold"],
)
def test_parameters_that_make_no_sense_are_a_status(device: Device, wake: WakeParams, status: Status) -> None:
    device.push(tone_model(PARAMS.pack() + wake.pack()))
    try:
        with pytest.raises(DeviceError) as error:
            list(device.feed([silence(1.0)], rate_hz=RATE_HZ))
        assert error.value.status == status
    finally:
        device.push(cascade_model(WAKE))


def test_bench_tells_what_the_first_network_lets_pass_and_saves(stations: Stations, tmp_path: Path) -> None:
    pieces = (silence(1.5), say("low"), silence(1.2), say("high"), silence(6.0))
    write_wav(tmp_path / "long.wav", np.concatenate(pieces))
    (tmp_path / "long.csv").write_text("start_s,end_s,label\n1.5,2.0,low\n3.2,3.7,high\n")
    for label, clip in (("low", say("low")), ("high", say("high")), ("silence", silence(0.5))):
        for name in "abc":
            write_wav(tmp_path / f"clips/{label}/{name}.wav", np.concatenate([silence(0.5), clip]))
    (tmp_path / "model.thm").write_bytes(cascade_model(WAKE))
    what = ("--model", tmp_path / "model.thm", "--data", tmp_path / "clips", "--stream", tmp_path / "long.wav")
    document = stations("m4", "kws").run_json("bench", *map(str, what), "--samples", "2", "--runs", "1")
    cascade, stream = document["accuracy"]["cascade"], document["streaming"]["cascade"]
    assert (cascade["n_words"], cascade["words_lost"], cascade["n_others"], cascade["false_wakes"]) == (6, 0, 3, 0)
    assert cascade["accuracy"] == 1.0
    assert (stream["n_words"], stream["words_lost"], stream["false_wakes"]) == (2, 0, 0)
    assert 0 < stream["duty"] == stream["n_awake"] / stream["n_inferences"] < 0.5
    assert stream["asleep_ticks"] < stream["mean_ticks"] < stream["awake_ticks"]
    assert document["latency"]["asleep"] == pytest.approx(stream["asleep_ticks"], rel=0.1)
    assert document["agreement"]["mismatches"] == 0
    assert document["model"]["cascade"]["hold_ms"] == 300


def test_firmware_without_cascades_refuses_one_by_name() -> None:
    limits = Limits.of_firmware("kws", "tinyhost")
    check_fits(summarize(cascade_model(WAKE)), limits)
    with pytest.raises(UnsupportedModelError, match="a cascade of two networks, which this firmware does not run"):
        check_fits(summarize(cascade_model(WAKE)), replace(limits, runs_cascades=False))
    check_fits(summarize(tone_model()), replace(limits, runs_cascades=False))

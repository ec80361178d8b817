"""The kws app on virtual boards: sound at the microphone, and the board's detections."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tinyhost import _firmware
from tinyhost.audio.features import FrontendConfig, features
from tinyhost.audio.wav import write_wav
from tinyhost.boards import Board
from tinyhost.compiler.image_format import KwsParams
from tinyhost.device import Device, FeaturesItem, FedResult, PredictionItem, SamplesItem
from tinyhost.errors import DeviceError
from tinyhost.protocol.frames import FrameDecoder, LogText
from tinyhost.protocol.messages import InferSource, SensorKind, StreamId
from tinyhost.protocol.status import Status

from tests.apps.tones import LABELS, N_STRIDES, PARAMS, RATE_HZ, say, silence, tone_model
from tests.device.rig import make_pictures
from tests.stations import Stations

pytestmark = pytest.mark.firmware

WORDS = ("low", "high", "high", "low")
_PAUSE_S, _WORD_S = 1.0, 0.5
_STRIDE, _WINDOW = 320, 480
_ONE_NETWORK = {"wake_threshold": -128, "wake_hold_ms": 0}


@pytest.fixture(scope="module", params=["native", "m4"])
def board(request: pytest.FixtureRequest, stations: Stations) -> Board:
    board = stations(request.param, "kws").board
    with board.power() as powered, Device.open(powered) as device:
        device.push(tone_model())
    return board


@pytest.fixture
def device(board: Board) -> Iterator[Device]:
    with board.power() as powered, Device.open(powered) as opened:
        yield opened


@pytest.fixture(scope="module")
def speech() -> NDArray[np.int16]:
    """WORDS, with a pause before each and behind the last."""
    pieces = itertools.chain.from_iterable((silence(_PAUSE_S), say(word)) for word in WORDS)
    return np.concatenate([*pieces, silence(_PAUSE_S)])


@pytest.fixture(scope="module")
def wav(speech: NDArray[np.int16], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sound") / "speech.wav"
    write_wav(path, speech)
    return path


def heard(results: Sequence[FedResult | PredictionItem]) -> list[tuple[str, float]]:
    """Return the detected words and their times in seconds."""
    said = (result.prediction for result in results if result.prediction.detected)
    return [(LABELS[prediction.top], prediction.position / RATE_HZ) for prediction in said]


def check_words(words: list[tuple[str, float]]) -> None:
    """Each word once, in order, from soon after it begins to soon after it ends."""
    assert [word for word, _ in words] == list(WORDS)
    for index, (word, when_s) in enumerate(words):
        begin_s = _PAUSE_S + index * (_PAUSE_S + _WORD_S)
        assert begin_s + 0.1 <= when_s <= begin_s + _WORD_S + 0.4, f"{word} at {when_s:.2f} s"


def take_until(device: Device, stream: StreamId, position: int) -> list[PredictionItem | SamplesItem | FeaturesItem]:
    """Return a stream's items up to a position of the microphone."""
    items: list[PredictionItem | SamplesItem | FeaturesItem] = []
    with device.stream(stream) as subscription:
        for item in subscription:
            assert isinstance(item, PredictionItem | SamplesItem | FeaturesItem)
            items.append(item)
            at = item.prediction.position if isinstance(item, PredictionItem) else item.position
            if at >= position:
                break
        counts = subscription.counts(stream)
    assert (counts.device_dropped, counts.link_lost, counts.host_dropped) == (0, 0, 0)
    return items


def test_each_word_played_to_the_microphone_is_detected_once(
    board: Board, wav: Path, speech: NDArray[np.int16]
) -> None:
    with board.power(scene=str(wav)) as powered, Device.open(powered) as device:
        assert device.info.sensor == SensorKind.MICROPHONE
        items = take_until(device, StreamId.PREDICTIONS, len(speech))
    check_words(heard([item for item in items if isinstance(item, PredictionItem)]))


def test_without_a_host_the_words_are_lines_of_text(board: Board, wav: Path) -> None:
    decoder = FrameDecoder()
    words: list[str] = []
    with board.power(scene=str(wav)) as powered:
        link = powered.open_link()
        while len(words) < len(WORDS):
            lines = (item.text for item in decoder.feed(link.read(4096, 1.0)) if isinstance(item, LogText))
            words += [line for line in lines if " at " in line]
        link.close()
    assert [line.split()[0] for line in words] == list(WORDS)
    percent, at, seconds, unit = words[0].split()[1:5]
    assert 60 <= int(percent.rstrip("%")) <= 100
    assert (at, unit) == ("at", "s")
    assert 1.1 <= float(seconds) <= 1.9


def test_streamed_samples_are_the_wav_to_the_bit_and_gaps_are_reported(
    board: Board, wav: Path, speech: NDArray[np.int16]
) -> None:
    with board.power(scene=str(wav)) as powered, Device.open(powered) as device:
        items = [item for item in take_until(device, StreamId.SAMPLES, len(speech)) if isinstance(item, SamplesItem)]
    position, lost = 0, 0
    for item in items:
        assert item.position - position == item.lost - lost, "a gap is what the sensor says that it lost"
        position, lost = item.position + len(item.samples), item.lost
        expected = np.zeros(len(item.samples), np.int16)  # behind the wav there is silence
        part = speech[item.position : position]
        expected[: len(part)] = part
        assert np.array_equal(item.samples[:, 0], expected)
    n_received = sum(len(item.samples) for item in items)
    assert n_received + lost == position >= len(speech)
    assert n_received >= 0.9 * len(speech), f"{lost} of {position} samples lost"
    assert (items[0].rate_hz, items[0].scale) == (RATE_HZ, 1 / 32768)


def test_streamed_features_are_those_of_the_sound(board: Board, wav: Path, speech: NDArray[np.int16]) -> None:
    with board.power(scene=str(wav)) as powered, Device.open(powered) as device:
        items = take_until(device, StreamId.FEATURES, 2 * RATE_HZ)
    assert isinstance(items[-1], FeaturesItem)
    rows = features(speech)
    for index, item in enumerate(items):
        assert isinstance(item, FeaturesItem)
        end = _WINDOW + index * _STRIDE
        if item.position != end:
            break  # samples were lost, after which the frontend begins anew
        stride = speech[end - _STRIDE : end].astype(np.int64) if index else speech[:end].astype(np.int64)
        assert np.array_equal(item.features, rows[index])
        assert item.peak == np.abs(stride).max()
        assert item.rms == pytest.approx(np.sqrt(np.mean(stride**2)), abs=1)
    assert index >= 40


def test_fed_sound_gives_the_scores_that_the_host_computes_at_every_stride(
    device: Device, speech: NDArray[np.int16]
) -> None:
    results = list(device.feed([speech], rate_hz=RATE_HZ))
    check_words(heard(results))
    rows = features(speech)
    assert [result.prediction.position for result in results] == [
        _WINDOW + row * _STRIDE for row in range(N_STRIDES - 1, len(rows))
    ]
    engine = _firmware.Engine()
    engine.load(tone_model())
    scores = []
    for row, result in enumerate(results, N_STRIDES - 1):
        engine.set_input(rows[row - N_STRIDES + 1 : row + 1])
        engine.invoke()
        scores.append(engine.output()[0])
        assert result.scores == tuple(scores[-1])
        recent = np.array(scores[-11:], np.int64)  # 200 ms, both ends
        assert result.smoothed == tuple(np.floor(recent.mean(axis=0) + 0.5).astype(int))
        assert result.prediction.top == int(np.argmax(recent.sum(axis=0)))


def test_cepstral_coefficients_are_heard_as_the_host_computes_them(device: Device, speech: NDArray[np.int16]) -> None:
    image = tone_model(replace(PARAMS, n_coefficients=13))
    rows = features(speech, FrontendConfig(n_coefficients=13))
    clip = np.concatenate([silence(0.3), say("high"), silence(0.2)])
    device.push(image)
    try:
        results = list(device.feed([speech], rate_hz=RATE_HZ))
        tensor = device.prepared_input(InferSource.SAMPLE, data=clip)
    finally:
        device.push(tone_model())
    check_words(heard(results))
    engine = _firmware.Engine()
    engine.load(image)
    for row, result in enumerate(results, N_STRIDES - 1):
        engine.set_input(rows[row - N_STRIDES + 1 : row + 1])
        engine.invoke()
        assert result.scores == tuple(engine.output()[0])
    assert tensor == features(clip, FrontendConfig(n_coefficients=13)).tobytes()


def test_a_clip_is_heard_by_itself(device: Device) -> None:
    clip = np.concatenate([silence(0.3), say("high"), silence(0.2)])
    engine = _firmware.Engine()
    engine.load(tone_model())
    engine.set_input(features(clip))
    engine.invoke()
    for _ in range(2):  # whatever was heard before
        answer = device.infer(InferSource.SAMPLE, data=clip)
        assert answer.output == engine.output().tobytes()
    assert np.argmax(engine.output()) == LABELS.index("high")
    tensor = device.prepared_input(InferSource.SAMPLE, data=clip)
    assert tensor == features(clip).tobytes()


@pytest.mark.parametrize("shape", [(15_839,), (8000, 2)])
def test_a_clip_too_short_or_of_two_channels_is_refused(device: Device, shape: tuple[int, ...]) -> None:
    with pytest.raises(DeviceError) as error:
        device.infer(InferSource.SAMPLE, data=np.zeros(shape, np.int16))
    assert error.value.status == Status.BAD_ARGUMENT


def test_settings_count_at_once(device: Device, speech: NDArray[np.int16]) -> None:
    defaults = {name: setting.value for name, setting in device.settings().items()}
    own = {"period_ms": 0, "threshold": 26, "average_ms": 200, "suppression_ms": 500, "min_results": 3}
    assert defaults == {**own, "unsure_margin": 0, **_ONE_NETWORK}
    try:
        device.set_setting("suppression_ms", 10_000)
        assert len(heard(list(device.feed([speech], rate_hz=RATE_HZ)))) == 1
        device.set_setting("suppression_ms", 0)
        early = heard(list(device.feed([speech], rate_hz=RATE_HZ)))
        device.set_setting("threshold", 120)
        late = heard(list(device.feed([speech], rate_hz=RATE_HZ)))
        assert [word for word, _ in late] == [word for word, _ in early] == list(WORDS)
        assert all(after > before for (_, before), (_, after) in zip(early, late, strict=True))
        device.set_setting("min_results", 12)  # of which no more than 11 are ever in 200 ms
        assert heard(list(device.feed([speech], rate_hz=RATE_HZ))) == []
        device.set_setting("period_ms", 100)
        positions = [result.prediction.position for result in device.feed([speech], rate_hz=RATE_HZ)]
        assert set(np.diff(positions)) == {5 * _STRIDE}
    finally:
        for name, value in defaults.items():
            device.set_setting(name, value)


def test_a_model_without_task_data_is_taken_for_micro_speech(device: Device) -> None:
    device.push(tone_model(b""))
    try:
        values = {name: setting.value for name, setting in device.settings().items()}
        own = {"period_ms": 0, "threshold": 73, "average_ms": 1000, "suppression_ms": 1500, "min_results": 3}
        assert values == {**own, "unsure_margin": 0, **_ONE_NETWORK}
    finally:
        device.push(tone_model())


@pytest.mark.parametrize(
    ("task_data", "status"),
    [
        (b"\0" * KwsParams.SIZE, Status.IMAGE_METADATA),
        (b"\xff" * KwsParams.SIZE, Status.IMAGE_METADATA),
        (PARAMS.pack() + b"more", Status.IMAGE_METADATA),
        (b"x", Status.IMAGE_METADATA),
        (PARAMS.pack().replace(b"\x28\x00\x31\x00", b"\x31\x00\x28\x00"), Status.OK),  # 49 channels, 40 strides
        (PARAMS.pack().replace(b"\x28\x00\x31\x00", b"\x28\x00\x30\x00"), Status.MODEL_MISMATCH),
        ((8000).to_bytes(4, "little") + PARAMS.pack()[4:], Status.MODEL_MISMATCH),
    ],
    ids=["zeros", "ones", "too long", "too short", "other shape", "48 strides", "8 kHz"],
)
def test_parameters_that_make_no_sense_are_a_status(device: Device, task_data: bytes, status: Status) -> None:
    device.push(tone_model(task_data))
    try:
        if status == Status.OK:
            assert list(device.feed([silence(1.0)], rate_hz=RATE_HZ))
            return
        with pytest.raises(DeviceError) as error:
            list(device.feed([silence(1.0)], rate_hz=RATE_HZ))
        assert error.value.status == status
        device.ping()
    finally:
        device.push(tone_model())


def test_the_sanitizers_find_nothing_in_hostile_parameters(
    speech: NDArray[np.int16], wav: Path, stations: Stations
) -> None:
    station = stations("native", "kws", build="native_asan")
    rng = np.random.default_rng(1)
    loud = rng.choice(np.array([-32768, 32767], np.int16), 2 * RATE_HZ)
    with station.board.power(scene=str(wav)) as powered, Device.open(powered) as device:
        device.push(tone_model())
        check_words(heard(list(device.feed([speech], rate_hz=RATE_HZ))))
        take_until(device, StreamId.PREDICTIONS, 2 * RATE_HZ)
        for _ in range(8):
            params = bytearray(PARAMS.pack())
            params[rng.integers(len(params))] = rng.integers(256)
            device.push(tone_model(bytes(params)))
            with contextlib.suppress(DeviceError):
                list(device.feed([loud], rate_hz=RATE_HZ))
        assert device.link_stats.restarts == 0
    assert (station.state / "native" / "board.log").read_text() == ""


def test_a_scene_of_pictures_leaves_no_microphone_and_is_named(board: Board, tmp_path: Path) -> None:
    make_pictures(tmp_path, 1)
    with board.power(scene=str(tmp_path)) as powered, Device.open(powered) as device:
        assert no_sensor(device)
        assert powered.scene_failure is not None
        assert "is for a camera, the board uses its microphone" in powered.scene_failure.message


def test_without_a_scene_there_is_no_microphone(device: Device) -> None:
    assert no_sensor(device)


def no_sensor(device: Device) -> bool:
    with device.stream(StreamId.PREDICTIONS) as items:
        item = next(items)
    assert isinstance(item, PredictionItem)
    return item.prediction.status == Status.NO_SENSOR


def test_a_wav_begins_anew_when_the_microphone_is_switched_on_again(
    board: Board, wav: Path, speech: NDArray[np.int16]
) -> None:
    with board.power(scene=str(wav)) as powered, Device.open(powered) as device:
        for _ in range(2):
            items = take_until(device, StreamId.SAMPLES, RATE_HZ + 2000)
            last = items[-1]
            assert isinstance(last, SamplesItem)
            end = last.position + len(last.samples)
            assert np.array_equal(last.samples[:, 0], speech[last.position : end])
            wait_until_off(device)


def wait_until_off(device: Device) -> None:
    """Return after the board has switched its microphone off."""
    for _ in range(3):
        device.ping()

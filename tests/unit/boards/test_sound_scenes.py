"""Scenes for a virtual board's microphone."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tinyhost.audio.levels import active_rms, dbfs, rms, to_float
from tinyhost.audio.wav import write_wav
from tinyhost.boards.scenes import SampleSource, open_scene
from tinyhost.boards.scenes.messages import SCENE_MAGIC, SceneReply, SceneRequest, SceneSensor
from tinyhost.boards.scenes.player import ScenePlayer
from tinyhost.errors import ConfigError
from tinyhost.protocol.status import Status

RATE_HZ = 16_000


def tone(hz: float, seconds: float = 0.25, level: float = 0.1) -> NDArray[np.int16]:
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return (32767 * level * np.sin(2 * np.pi * hz * time_s)).astype(np.int16)


CLIPS = {f"{label}/{n}.wav": tone(200 * n + offset) for label, offset in (("yes", 0), ("no", 100)) for n in (1, 2, 3)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    clips = tmp_path / "clips"
    for name, pcm in {**CLIPS, "_background_noise_/hum.wav": tone(50)}.items():
        (clips / name).parent.mkdir(parents=True, exist_ok=True)
        write_wav(clips / name, pcm)
    return clips


def open_sound(spec: str) -> SampleSource:
    scene = open_scene(spec)
    assert isinstance(scene, SampleSource)
    assert scene.sensor == SceneSensor.MICROPHONE
    assert (scene.sampling.rate_hz, scene.sampling.n_channels) == (RATE_HZ, 1)
    return scene


def hear(scene: SampleSource, seconds: float) -> NDArray[np.int16]:
    """Return a scene's samples, read in uneven pieces."""
    pieces: list[NDArray[np.int16]] = []
    missing = round(seconds * RATE_HZ)
    while missing > 0:
        pieces.append(scene.read(min(missing, 1 + 37 * len(pieces) % 400)))
        missing -= len(pieces[-1])
    return np.concatenate(pieces)[:, 0]


def rounds(sound: NDArray[np.int16], n_rounds: int, gap_s: float) -> list[list[str]]:
    """Return the names of the clips in each round; between them has to be silence."""
    gap = round(gap_s * RATE_HZ)
    names = {pcm.tobytes(): name for name, pcm in CLIPS.items()}
    length = gap + 4000
    found = []
    for begin in range(0, n_rounds * len(CLIPS) * length, length):
        assert not sound[begin : begin + gap].any()
        found.append(names[sound[begin + gap : begin + length].tobytes()])
    return [found[i : i + len(CLIPS)] for i in range(0, len(found), len(CLIPS))]


def test_a_wav_file_is_played_once_and_silence_follows(tmp_path: Path) -> None:
    pcm = tone(440)
    write_wav(tmp_path / "a.wav", pcm)
    scene = open_sound(str(tmp_path / "a.wav"))
    assert np.array_equal(hear(scene, 3), np.pad(pcm, (0, 3 * RATE_HZ - len(pcm))))
    assert scene.current_name == "a.wav"
    scene.restart()
    assert np.array_equal(hear(scene, 0.25), pcm)


def test_a_wav_file_goes_on_for_ever_with_loop(tmp_path: Path) -> None:
    pcm = tone(440)
    write_wav(tmp_path / "a.wav", pcm)
    assert np.array_equal(hear(open_sound(f"{tmp_path}/a.wav?loop=1"), 1), np.tile(pcm, 4))
    with_gap = np.pad(pcm, (1600, 0))
    assert np.array_equal(hear(open_sound(f"{tmp_path}/a.wav?loop=1&gap=0.1"), 0.7), np.tile(with_gap, 2))


def test_a_folder_is_played_in_an_order_that_the_seed_gives(folder: Path) -> None:
    seconds = 3 * len(CLIPS) * 0.75
    three = rounds(hear(open_sound(str(folder)), seconds), 3, 0.5)
    assert all(sorted(names) == sorted(CLIPS) for names in three)  # and nothing of _background_noise_
    assert len({tuple(names) for names in three}) > 1
    again = rounds(hear(open_sound(f"{folder}?seed=0"), seconds), 3, 0.5)
    assert again == three
    other = rounds(hear(open_sound(f"{folder}?seed=1"), seconds), 3, 0.5)
    assert other != three


def test_a_folder_ends_without_loop(folder: Path) -> None:
    sound = hear(open_sound(f"{folder}?loop=0&gap=0"), 3)
    assert sorted(rounds(sound, 1, 0)[0]) == sorted(CLIPS)
    assert not sound[len(CLIPS) * 4000 :].any()


@pytest.mark.parametrize("snr_db", [-5, 10, 30])
@pytest.mark.parametrize("noise", ["white", "pink", "engine"])
def test_words_stand_above_the_noise_by_the_ratio(tmp_path: Path, snr_db: int, noise: str) -> None:
    write_wav(tmp_path / "quiet.wav", tone(440, 4, level=0.001))
    sound = to_float(hear(open_sound(f"{tmp_path}/quiet.wav?snr={snr_db}&noise={noise}&seed=2&gap=4"), 12))
    before, during, after = np.split(sound, 3)
    assert dbfs(rms(before)) == pytest.approx(-20 - snr_db, abs=1.5)
    assert dbfs(rms(after)) == pytest.approx(-20 - snr_db, abs=1.5)
    power = rms(during) ** 2 - rms(before) ** 2 / 2 - rms(after) ** 2 / 2
    assert dbfs(np.sqrt(max(power, 0))) == pytest.approx(-20, abs=2 if snr_db < 0 else 1)


def test_noise_never_stops_and_is_the_same_for_the_same_seed(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", tone(440))
    one, two, other = (hear(open_sound(f"{tmp_path}/a.wav?snr=20&seed={seed}"), 40) for seed in (1, 1, 2))
    assert np.array_equal(one, two)
    assert not np.array_equal(one, other)
    levels = [active_rms(to_float(part)) for part in np.split(one, 40)]
    assert min(levels) > 0.005


def test_silence_in_noise_stays_silence(tmp_path: Path) -> None:
    write_wav(tmp_path / "silence.wav", np.zeros(RATE_HZ, np.int16))
    sound = to_float(hear(open_sound(f"{tmp_path}/silence.wav?snr=20"), 1))
    assert dbfs(rms(sound)) == pytest.approx(-40, abs=2)


def test_other_formats_are_converted_on_demand(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", np.stack([tone(440, 1)[::2]] * 2, axis=1), 8000)
    with pytest.raises(ConfigError, match="expected 16,000 Hz, mono, 16 bit, got 8,000 Hz, stereo, 16 bit") as error:
        open_scene(str(tmp_path / "a.wav"))
    assert "?convert=1" in error.value.hint
    sound = hear(open_sound(f"{tmp_path}/a.wav?convert=1"), 1)
    middle = slice(1000, 15_000)
    assert np.abs(sound[middle].astype(int) - tone(440, 1)[middle]).max() < 100


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("{clips}?snr=loud", "snr=loud (expected -20 to 80)"),
        ("{clips}?snr=nan", "snr=nan (expected -20 to 80)"),
        ("{clips}?gap=-1", "gap=-1 (expected 0 to 3600)"),
        ("{clips}?noise=babble", "noise=babble (expected brown, clatter"),
        ("{clips}?seed=-1", "seed=-1 (expected a whole number"),
        ("{clips}?loop=yes", "loop=yes (expected 0 or 1)"),
        ("{clips}?speed=2", "no option speed here (expected gap, snr, noise, seed, loop, convert)"),
        ("{clips}?seed=1&seed=2", "'seed=2' is not an option"),
        ("{clips}?loop", "'loop' is not an option"),
        ("{clips}/yes/1.wav?nothing=1", "no option nothing here"),
        ("{pictures}?snr=1", "no option snr here (expected none)"),
        ("webcam:0?seed=1", "no option seed here (expected none)"),
        ("{mixed}", "it contains both sounds and pictures (1.wav, 1.png)"),
        ("{damaged}", "truncated: the header announces"),
        ("{clips}/missing.wav?loop=1", "no such file or folder"),
    ],
)
def test_a_scene_that_makes_no_sense_is_refused(folder: Path, tmp_path: Path, spec: str, says: str) -> None:
    places = {name: tmp_path / name for name in ("pictures", "mixed", "damaged")}
    for place in places.values():
        place.mkdir()
    picture = bytes.fromhex("89504e470d0a1a0a")
    (places["pictures"] / "1.png").write_bytes(picture)
    (places["mixed"] / "1.png").write_bytes(picture)
    (places["mixed"] / "1.wav").write_bytes((folder / "yes/1.wav").read_bytes())
    (places["damaged"] / "1.wav").write_bytes((folder / "yes/1.wav").read_bytes()[:5000])
    with pytest.raises(ConfigError) as error:
        open_scene(spec.format(clips=folder, **places))
    assert says in error.value.message


def test_a_name_with_a_question_mark_is_a_file_if_there_is_one(tmp_path: Path) -> None:
    write_wav(tmp_path / "what?snr=1.wav", tone(440))
    assert np.array_equal(hear(open_sound(str(tmp_path / "what?snr=1.wav")), 0.25), tone(440))


def test_a_clip_that_goes_missing_leaves_no_sensor_and_a_reason(folder: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    player = ScenePlayer(open_scene(f"{folder}?gap=0"), state)
    try:
        assert ask(state, SceneSensor.MICROPHONE, start=1).status == Status.OK
        for name in CLIPS:
            (folder / name).unlink()
        deadline = time.monotonic() + 60
        while ask(state, SceneSensor.MICROPHONE, max_samples=65_000).status != Status.NO_SENSOR:
            assert time.monotonic() < deadline
        assert player.failure is not None
        assert "No such file" in player.failure.message
    finally:
        player.close()


def test_another_sensor_is_not_there_and_the_scene_is_named(folder: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    player = ScenePlayer(open_scene(str(folder)), state)
    try:
        for sensor in (SceneSensor.CAMERA, SceneSensor.ACCELEROMETER):
            assert ask(state, sensor, width=96, height=96).status == Status.NO_SENSOR
            assert player.failure is not None
            assert f"for a microphone, the board uses its {sensor.name.lower()}" in player.failure.message
        assert ask(state, SceneSensor.MICROPHONE, start=1).status == Status.OK
        assert player.failure is None
    finally:
        player.close()


_seqs = iter(range(1, 1000))


def ask(
    state: Path, sensor: SceneSensor, *, start: int = 0, width: int = 0, height: int = 0, max_samples: int = 0
) -> SceneReply:
    """Send a request as the firmware does."""
    seq = next(_seqs)
    request = SceneRequest(
        magic=SCENE_MAGIC, seq=seq, sensor=sensor, start=start, width=width, height=height, max_samples=max_samples
    )
    with (state / f"{sensor.name.lower()}.request").open("wb") as fifo:
        fifo.write(request.pack())
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        data = (state / f"{sensor.name.lower()}.reply").read_bytes()
        if len(data) >= SceneReply.SIZE and SceneReply.unpack(data).seq == seq:
            return SceneReply.unpack(data)
        time.sleep(0.005)
    raise AssertionError("no reply")

"""The tests of scripts/soak_faults.py: each plants one fault in the real rig or in the real product."""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest
from numpy.typing import NDArray
from tinyhost.audio.wav import parse_wav
from tinyhost.boards.scenes.room import Room, RoomState
from tinyhost.boards.state import BoardFolder
from tinyhost.compiler import ModelImage
from tinyhost.device import Device
from tinyhost.errors import BoardError, LinkError
from tinyhost.hil.station import Station
from tinyhost.hil.stimuli import hearing, stimulus
from tinyhost.models.file import ModelFile, load_model_file
from tinyhost.models.reference import HostReference, preprocess
from tinyhost.models.summary import summarize

from tests.device.rig import small_model

REPO = Path(__file__).parents[1]
DRAWINGS = REPO / "models" / "drawings" / "model.tflite"
WORDS = REPO / "hil" / "scenes" / "words"
USUAL_S = stimulus.SHOWN_S

__all__ = ["plant"]


def plant(case: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plant the fault that a case `APP-FAULT-SEED` names, and test the board as a rig's tests do."""
    app, fault, seed = case.split("-")
    rng = Random(int(seed))
    station: Station = request.getfixturevalue("station")
    if fault == "no_build":
        no_build(station, rng, monkeypatch)
    device: Device = request.getfixturevalue("device")
    model: ModelFile = request.getfixturevalue("default_model")
    room = Room(station.room)
    room.become(RoomState(light=rng.uniform(0.4, 0.95), volume=rng.uniform(0.2, 0.8), noise=rng.uniform(0, 0.01)))
    if fault == "lost_hub":
        lose_hub(station)
    elif fault == "torn_sound":
        tear(station, rng, monkeypatch)
    elif fault in {"dark_lamp", "frozen_frame", "muted_speaker", "unplugged_shaker"}:
        break_rig(fault, station, device, room, rng, monkeypatch=monkeypatch)
    elif fault == "wrong_answer":
        answer_wrongly(device, rng, monkeypatch)
    elif fault == "wrong_model":
        wrong = load_model_file(DRAWINGS).image if rng.random() < 0.5 else small_model(rng.randrange(1 << 30))
        device.push(wrong)
    {"vww": see, "kws": hear, "anomaly": feel}[app](station, device, model, rng)


def see(station: Station, device: Device, model: ModelFile, rng: Random) -> None:
    """The model's answer to a frame of what the screen shows is the host's."""
    active = next(slot for slot in device.models() if slot.active)
    assert active.sha256 == hashlib.sha256(model.image).digest(), "another model is on the board"
    picture = np.random.default_rng(rng.randrange(1 << 30)).integers(0, 256, (96, 96), dtype=np.uint8)
    seen = station.stimulus.show(device, picture)
    assert seen.inference.output == HostReference(model.image).run(preprocess(seen.frame, summarize(model.image)))


def hear(station: Station, device: Device, model: ModelFile, rng: Random) -> None:
    """The word that is played is detected."""
    word = rng.choice(["yes", "no"])
    heard = station.stimulus.play(device, parse_wav((WORDS / word / "1.wav").read_bytes(), word).pcm())
    labels = ModelImage.parse(model.image).labels
    assert [labels[each.item.prediction.top] for each in heard.detections] == [word]


def feel(station: Station, device: Device, model: ModelFile, rng: Random) -> None:
    """What shakes the board is scored."""
    assert station.stimulus.play(device, np.zeros(16_000, np.int16)).predictions


def break_rig(
    fault: str, station: Station, device: Device, room: Room, rng: Random, *, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Break the stimulus in front of the sensor; with a short timeout, because there are many of these."""
    monkeypatch.setattr(stimulus, "SHOWN_S", 0.3)
    monkeypatch.setattr(hearing, "LATEST_S", 1.0)
    state = room.state()
    if fault == "dark_lamp":
        room.become(replace(state, light=rng.uniform(0, 0.05)))
    elif fault == "frozen_frame":
        monkeypatch.setattr(stimulus, "SHOWN_S", USUAL_S)
        station.stimulus.show(device, np.zeros((96, 96), np.uint8))
        monkeypatch.setattr(stimulus, "SHOWN_S", 0.3)
        room.become(replace(state, frozen=True))
    elif fault == "muted_speaker":
        room.become(replace(state, volume=rng.uniform(0, 1e-4), noise=rng.uniform(0.002, 0.02)))
    else:
        room.become(replace(state, vibration=rng.uniform(0, 1e-4), noise=rng.uniform(0.002, 0.02)))


def tear(station: Station, rng: Random, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the loudspeaker stop for a moment somewhere after the first chirp, as on a busy computer."""
    actuator = station.stimulus.actuator
    play = actuator.play

    def torn(pcm: NDArray[np.int16]) -> None:
        at = rng.randrange(8000, len(pcm) - 3200)
        play(np.concatenate([pcm[:at], np.zeros(rng.randrange(640, 8000), np.int16), pcm[at:]]))

    monkeypatch.setattr(actuator, "play", torn)


def answer_wrongly(device: Device, rng: Random, monkeypatch: pytest.MonkeyPatch) -> None:
    """Flip one bit of the firmware's answer."""
    run = device._inferrer._run

    def wrong(request: object) -> object:
        reply, output = run(request)  # type: ignore[arg-type]
        changed = bytearray(output)
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
        return reply, bytes(changed)

    monkeypatch.setattr(device._inferrer, "_run", wrong)


def lose_hub(station: Station) -> None:
    """Take the board away: its program ends, and cannot be started any more."""
    folder = BoardFolder(station._state, "native").path
    (folder / "program").unlink()
    with contextlib.suppress(BoardError, LinkError):  # what comes first is the supervisor's affair
        station.powered().reset()


def no_build(station: Station, rng: Random, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask for firmware whose sources are not there."""
    monkeypatch.setattr(station, "asked", replace(station.asked, app=f"app{rng.randrange(1000)}"))
    monkeypatch.delitem(station.__dict__, "firmware", raising=False)
    assert station.firmware

"""The scene speech:WORDS."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tinyhost.boards.scenes import SampleSource, open_scene
from tinyhost.errors import ConfigError
from tinyhost.synth.voices.catalogue import Voice

RATE_HZ = 16_000


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


def hear(spec: str, seconds: float) -> tuple[NDArray[np.int16], list[str]]:
    """Return a scene's samples, and the names of the clips in it."""
    scene = open_scene(spec)
    assert isinstance(scene, SampleSource)
    names: list[str] = []
    pieces = []
    for _ in range(round(seconds * 10)):
        pieces.append(scene.read(RATE_HZ // 10))
        if scene.current_name not in names:
            names.append(scene.current_name)
    return np.concatenate(pieces)[:, 0], names


def test_words_come_in_many_voices_a_pause_apart() -> None:
    sound, names = hear("speech:yes,no?seed=4&gap=0.5", 12)
    words = [name.split()[0] for name in names]
    assert set(words) == {"yes", "no"}
    assert len(set(names)) >= 5
    for name in names:
        accent, variant = name.split("(")[1].rstrip(")").split("+")
        assert Voice(accent=accent, variant=variant).part == "testing"
    assert not sound[: RATE_HZ // 2].any()
    assert sound[RATE_HZ // 2 :].any()


def test_the_same_seed_says_the_same() -> None:
    one, two, other = (hear(f"speech:yes,no?seed={seed}&snr=20", 4) for seed in (1, 1, 2))
    assert one[1] == two[1]
    assert np.array_equal(one[0], two[0])
    assert not np.array_equal(one[0], other[0])


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("speech:", "no words"),
        ("speech:,", "no words"),
        ("speech:yes?part=all", "part=all (expected training, validation, testing)"),
        ("speech:yes?loop=1", "no option loop here"),
    ],
)
def test_what_makes_no_sense_is_refused(spec: str, says: str) -> None:
    with pytest.raises(ConfigError) as error:
        open_scene(spec)
    assert says in error.value.message


def test_a_word_that_cannot_be_said_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="scene 'speech:<yes>'"):
        open_scene("speech:<yes>")

"""Hits, repeats, false accepts and misses in a long recording."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tinyhost.audio.wav import write_wav
from tinyhost.errors import DatasetError, UsageError
from tinyhost.metrics.detections import Detection, Verdict
from tinyhost.metrics.detections import judge_detections as judge
from tinyhost.sensors.annotations import Annotation, write_annotations
from tinyhost.tasks.keywords.recording import load_recording
from tinyhost.tasks.streaming import Streaming

LABELS = ("silence", "unknown", "yes", "no")
TRUTH = (
    Annotation(start_s=1.0, end_s=1.5, label="yes"),
    Annotation(start_s=3.0, end_s=3.5, label="unknown"),
    Annotation(start_s=5.0, end_s=5.5, label="no"),
    Annotation(start_s=5.8, end_s=6.3, label="no"),
    Annotation(start_s=9.0, end_s=9.5, label="yes"),
)


def heard(*times: tuple[float, str]) -> list[Detection]:
    return [Detection(time_s=time_s, label=label) for time_s, label in times]


def kinds(verdicts: tuple[Verdict, ...]) -> list[str]:
    return [item.kind for item in verdicts]


def test_a_word_is_hit_until_a_second_after_its_end() -> None:
    for time_s, kind in ((0.99, "false"), (1.0, "hit"), (1.7, "hit"), (2.5, "hit"), (2.51, "false")):
        verdicts, missed = judge(heard((time_s, "yes")), TRUTH[:1])
        assert kinds(verdicts) == [kind]
        assert bool(missed) == (kind != "hit")


def test_delay_counts_from_the_words_end() -> None:
    (late, early), _ = judge(heard((1.75, "yes"), (9.25, "yes")), TRUTH)
    assert (late.delay_s, early.delay_s) == (0.25, -0.25)


def test_a_word_heard_twice_is_hit_once() -> None:
    verdicts, _ = judge(heard((1.4, "yes"), (1.6, "yes")), TRUTH)
    assert kinds(verdicts) == ["hit", "repeat"]
    assert verdicts[1].word == TRUTH[0]


def test_of_two_words_in_a_row_each_is_hit() -> None:
    verdicts, missed = judge(heard((5.9, "no"), (6.4, "no")), TRUTH)
    assert [item.word for item in verdicts] == [TRUTH[2], TRUTH[3]]
    assert missed == (TRUTH[0], TRUTH[1], TRUTH[4])


def test_another_word_than_was_said_is_false_and_tells_what_was_said() -> None:
    verdicts, missed = judge(heard((3.6, "yes"), (1.6, "no"), (8.0, "no")), TRUTH)
    assert kinds(verdicts) == ["false"] * 3
    assert [item.word.label if item.word else None for item in verdicts] == ["yes", "unknown", None]  # by time
    assert missed == TRUTH


def streaming(*times: tuple[float, str], seconds: float = 12.0) -> Streaming:
    verdicts, missed = judge(heard(*times), TRUTH)
    return Streaming(
        stream=Path("long.wav"),
        seconds=seconds,
        n_inferences=100,
        words=LABELS[2:],
        said=TRUTH,
        verdicts=verdicts,
        missed=tuple(word for word in missed if word.label in LABELS[2:]),
    )


def test_figures_of_a_recording() -> None:
    result = streaming((1.6, "yes"), (1.9, "yes"), (3.2, "no"), (5.6, "no"), (6.5, "no"))
    assert result.total.n == 4  # `unknown` is not to be heard
    assert (result.total.hits, result.total.false_accepts) == (3, 2)
    assert result.total.miss_rate == 0.25
    assert result.false_accepts_per_hour == 2 * 300
    assert result.median_delay_s == pytest.approx(0.1)
    yes, no = result.per_word()["yes"], result.per_word()["no"]
    assert (yes.n, yes.hits, yes.false_accepts, yes.miss_rate) == (2, 1, 1, 0.5)
    assert (no.n, no.hits, no.false_accepts, no.miss_rate) == (2, 2, 1, 0.0)
    assert result.missed == (TRUTH[4],)


def test_silence_has_no_delay() -> None:
    result = streaming()
    assert (result.median_delay_s, result.total.miss_rate, result.false_accepts_per_hour) == (None, 1.0, 0.0)


times = st.lists(st.tuples(st.floats(0, 60), st.sampled_from(["yes", "no"])), max_size=30)
spoken = st.lists(st.tuples(st.floats(0, 50), st.floats(0, 2), st.sampled_from(["yes", "no", "unknown"])), max_size=15)


@given(times, spoken)
def test_every_detection_and_every_word_counts_once(
    detected: list[tuple[float, str]], said: list[tuple[float, float, str]]
) -> None:
    truth = [Annotation(start_s=start, end_s=start + length, label=label) for start, length, label in said]
    verdicts, missed = judge(heard(*detected), truth)
    assert len(verdicts) == len(detected)
    hits = [item for item in verdicts if item.kind == "hit"]
    assert len(hits) + len(missed) == len(truth)
    for item in hits:
        assert item.word is not None
        assert item.word.label == item.detection.label
        assert item.word.start_s <= item.detection.time_s <= item.word.end_s + 1.0
    for word in missed:  # whoever could have hit it hit another one
        near = [
            item for item in verdicts if item.detection.label == word.label
            and word.start_s <= item.detection.time_s <= word.end_s + 1.0
        ]  # fmt: skip
        assert all(item.kind == "hit" for item in near)


def test_a_recording_and_its_truth_are_read_and_checked(tmp_path: Path) -> None:
    wav = tmp_path / "long.wav"
    write_wav(wav, np.zeros(32_000, np.int16))
    with pytest.raises(DatasetError, match=r"long\.csv: No such file"):
        load_recording(wav, None, LABELS, 2)
    write_annotations(tmp_path / "long.csv", TRUTH[:1])
    sound = load_recording(wav, None, LABELS, 2)
    assert (len(sound.pcm), sound.said) == (32_000, TRUTH[:1])
    write_annotations(tmp_path / "other.csv", TRUTH)
    with pytest.raises(DatasetError, match=r"unknown at 3\.00 s, but .* ends after 2\.00 s"):
        load_recording(wav, tmp_path / "other.csv", LABELS, 2)
    with pytest.raises(UsageError, match="no labels"):
        load_recording(wav, None, (), 2)


@pytest.mark.parametrize("label", ["Yes", "NO", "marvin"])
def test_a_word_that_the_model_does_not_have_is_refused_by_its_name(tmp_path: Path, label: str) -> None:
    wav = tmp_path / "long.wav"
    write_wav(wav, np.zeros(32_000, np.int16))
    write_annotations(tmp_path / "long.csv", [Annotation(start_s=0.5, end_s=1.0, label=label)])
    with pytest.raises(DatasetError, match=f"the model knows no label {label}; it has silence, unknown, yes, no"):
        load_recording(wav, None, LABELS, 2)

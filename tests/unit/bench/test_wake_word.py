"""The rules and the truth file of MLPerf Tiny's streaming wake word."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tinyhost.audio.wav import write_wav
from tinyhost.bench.mlperf.wake_word import read_stream_ground_truth, score
from tinyhost.errors import DatasetError


@pytest.mark.parametrize(
    ("detections_ms", "expected"),
    [
        ([], (0, 2, 0)),
        ([1000, 3647], (1, 1, 0)),  # two seconds after the first one's end are one more than its readme says
        ([999, 3649], (0, 2, 2)),
        ([1300, 1332, 7100], (2, 0, 0)),
        ([4500, 5500, 5501], (0, 2, 2)),  # 1,000 ms after the first is still the first
        ([4500, 5400, 5600], (0, 2, 2)),
        ([7000, 1000], (2, 0, 0)),
    ],
)
def test_detections_are_judged_as_the_official_runner_judges(
    detections_ms: list[int], expected: tuple[int, int, int]
) -> None:
    assert score(detections_ms, [(1.0, 1.647625), (7.0, 7.358625)]) == expected


ITEM = {"wav_file": "a.wav", "sample_rate": 16000, "length_sec": 2.0, "detection_windows": [[0.5, 1.0]]}


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ({}, "expected a list of one sound"),
        ([ITEM, ITEM], "expected a list of one sound"),
        ([{**ITEM, "wav_file": "../a.wav"}], "../a.wav is missing beside it"),
        ([{**ITEM, "sample_rate": 8000}], "sample_rate: expected a whole number from 16,?000"),
        ([{**ITEM, "detection_windows": [[1.0, 0.5]]}], "expected at most 10,000 pairs of times from 0 to 2"),
        ([{**ITEM, "detection_windows": [[True, 1.0]]}], "expected at most 10,000 pairs"),
    ],
)
def test_a_truth_file_that_makes_no_sense_is_reported(tmp_path: Path, items: object, message: str) -> None:
    write_wav(tmp_path / "a.wav", np.zeros(32_000, np.int16))
    (tmp_path / "truth.json").write_text(json.dumps(items))
    with pytest.raises(DatasetError, match=message):
        read_stream_ground_truth(tmp_path / "truth.json")


def test_a_sound_is_cut_into_strides_of_its_first_channel(tmp_path: Path) -> None:
    sound = np.arange(-600, 600, dtype=np.int16)
    write_wav(tmp_path / "a.wav", sound)
    (tmp_path / "truth.json").write_text(json.dumps([ITEM]))
    strides = list(read_stream_ground_truth(tmp_path / "truth.json").strides())
    assert [stride.tolist() for stride in strides] == [sound[:512].tolist(), sound[512:1024].tolist()]

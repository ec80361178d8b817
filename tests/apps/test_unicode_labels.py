"""Labels in other scripts, from folders and lists through the model image and the wire to the screen."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from tinyhost.audio.sound import SAMPLE_RATE_HZ
from tinyhost.audio.wav import write_wav

from tests.stations import SHIPPED_MODELS, Stations

pytestmark = pytest.mark.firmware


def test_a_class_whose_folder_a_mac_wrote_is_judged(stations: Stations, tmp_path: Path) -> None:
    station = stations("native", "kws")
    station.run("push", str(SHIPPED_MODELS["kws"]), "--labels", "silence,unknown,sí,no")
    for label in (unicodedata.normalize("NFD", "sí"), "no"):
        write_wav(tmp_path / label / "a.wav", np.zeros(SAMPLE_RATE_HZ, np.int16))
    document = station.run_json("bench", "--data", str(tmp_path), "--samples", "0", "--runs", "1")
    assert document["model"]["labels"] == ["silence", "unknown", "sí", "no"]
    assert sorted(clip["label"] for clip in document["accuracy"]["clips"]) == ["no", "sí"]
    assert document["accuracy"]["skipped"] == []


def test_labels_come_from_the_board_as_they_were_given(stations: Stations, pictures: Path) -> None:
    station = stations("native")
    station.run(
        "push", str(SHIPPED_MODELS["vww"]), "--labels", f"никого,{unicodedata.normalize('NFD', 'Überraschung')}"
    )
    words = ("monitor", "--scene", str(pictures), "--count", "1")
    assert set(json.loads(station.run(*words, "--json", "-").out)["scores"]) == {"никого", "Überraschung"}
    assert "Überraschung" in station.run(*words).out


def test_a_label_is_refused_rather_than_cut(stations: Stations) -> None:
    station = stations("native")
    done = station.run("push", str(SHIPPED_MODELS["vww"]), "--labels", f"a,{'ж' * 16}", code=2)
    assert "it has 32 bytes of UTF-8, 31 at most" in done.err

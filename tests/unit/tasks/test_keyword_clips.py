"""Labelled clips for a keyword spotter: every class of the folder is evaluated, or a reason is given."""

from __future__ import annotations

import unicodedata
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from tinyhost.audio.wav import write_wav
from tinyhost.errors import DatasetError
from tinyhost.tasks.keywords.clips import load_clips

_TONE = (9000 * np.sin(np.arange(16_000) / 7)).astype(np.int16)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_class_with_an_accent_is_judged(tmp_path: Path, form: str) -> None:
    for word in ("no", unicodedata.normalize(form, "sí")):  # type: ignore[arg-type]
        write_wav(tmp_path / word / "a.wav", _TONE)
    found = load_clips(tmp_path, ("no", "sí"))
    assert Counter(clip.label for clip in found) == {"no": 1, "sí": 1}
    assert found.skipped == ()


def test_a_class_that_the_model_has_not_is_refused_by_name(tmp_path: Path) -> None:
    for word in ("no", "sí"):
        write_wav(tmp_path / word / "a.wav", _TONE)
    with pytest.raises(DatasetError, match="the model knows no label sí; it has no, si"):
        load_clips(tmp_path, ("no", "si"))


def test_unusable_clips_are_reported_beside_those_that_are_judged(tmp_path: Path) -> None:
    for name in ("no/1", "yes/1", "yes/2"):
        write_wav(tmp_path / f"{name}.wav", _TONE)
    write_wav(tmp_path / "yes" / "x.wav", _TONE, 44_100)
    whole = (tmp_path / "yes" / "1.wav").read_bytes()
    (tmp_path / "yes" / "y.wav").write_bytes(whole[:20_046])
    found = load_clips(tmp_path, ("no", "yes"))
    assert len(found) == 3
    assert [item.what for item in found.skipped] == ["yes/x.wav", "yes/y.wav"]
    assert "truncated: the header announces 32,000 bytes of samples, but there are 20,002" in found.skipped[1].reason


def test_a_part_that_the_clips_do_not_have_is_an_error(tmp_path: Path) -> None:
    write_wav(tmp_path / "no" / "a.wav", _TONE)
    write_wav(tmp_path / "no" / "b.wav", _TONE)
    for name, content in (("validation_list.txt", ""), ("testing_list.txt", "no/b.wav\n")):
        (tmp_path / name).write_text(content)
    assert len(load_clips(tmp_path, ("no",), "testing")) == 1
    with pytest.raises(DatasetError, match="no clips for validation"):
        load_clips(tmp_path, ("no",), "validation")

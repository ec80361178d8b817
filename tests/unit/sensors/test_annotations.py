"""Annotations of recordings: files of people and of other programs, and invalid ones."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tinyhost.errors import DatasetError
from tinyhost.sensors.annotations import Annotation, read_annotations, write_annotations

YES = Annotation(start_s=2.0, end_s=3.5, label="yes")


def _read(folder: Path, content: str | bytes) -> list[Annotation]:
    path = folder / "truth.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_annotations(path)


@pytest.mark.parametrize(
    "text",
    [
        "start_s,end_s,label\n2,3.5,yes\n",
        "\ufeffstart_s;end_s;label\r\n2,0;3,5;yes\r\n",
        "start_s\tend_s\tlabel\n2.0\t3.5\tyes",
        'Label,"Start_s",end_s,who\nyes,"2","3.5",ann\n\n',
        "# made by hand\n start_s , end_s , label \n 2 , 3.5 , yes \n",
    ],
)
def test_a_truth_is_read_as_programs_write_it(tmp_path: Path, text: str) -> None:
    assert _read(tmp_path, text) == [YES]


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    said = [YES, Annotation(start_s=4.0, end_s=4.0, label='a "b", c')]
    write_annotations(tmp_path / "a.csv", said)
    assert read_annotations(tmp_path / "a.csv") == said


def test_letters_with_accents_are_one_letter(tmp_path: Path) -> None:
    assert _read(tmp_path, "start_s,end_s,label\n0,1,si\u0301\n")[0].label == "s\u00ed"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: expected the columns start_s,end_s,label, got ''"),
        ("2,3,yes\n", "line 1: expected the columns start_s,end_s,label, got '2,3,yes'"),
        ("start_s,end_s,label,label\n0,1,a,b\n", "expected the columns"),
        ("start_s,end_s,label\n2,3\n", "line 2: 2 values, expected 3"),
        ("start_s,end_s,label\n2,0,3,0,yes\n", "line 2: 5 values, expected 3"),
        ("start_s,end_s,label\n\n2,x,yes\n", "line 3: end_s is 'x', expected a number"),
        ("start_s,end_s,label\n2,inf,yes\n", "line 2: end_s is 'inf', expected a number"),
        ("start_s,end_s,label\n3,2,yes\n", "line 2: expected 0 <= start_s <= end_s and a label"),
        ("start_s,end_s,label\n-1,2,yes\n", "line 2: expected 0 <= start_s"),
        ("start_s,end_s,label\n1,2, \n", "line 2: expected 0 <= start_s <= end_s and a label"),
        (b"start_s,end_s,label\n1,2,\xff\n", "expected text in UTF-8, got 0xff at byte 24"),
    ],
)
def test_what_is_no_truth_is_refused_with_its_place(tmp_path: Path, text: str | bytes, message: str) -> None:
    with pytest.raises(DatasetError, match=re.escape(message)):
        _read(tmp_path, text)


def test_a_folder_is_no_truth(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="expected a file, got a folder"):
        read_annotations(tmp_path)


@given(st.text(st.sampled_from("start_s,end_s,label;\t\n\"'0123.-einf#é\0 "), max_size=80), st.booleans())
def test_no_text_does_worse_than_an_error(tmp_path_factory: pytest.TempPathFactory, text: str, head: bool) -> None:
    try:
        found = _read(tmp_path_factory.mktemp("t"), "start_s,end_s,label\n" * head + text)
    except DatasetError:
        return
    assert all(0.0 <= item.start_s <= item.end_s < float("inf") and item.label for item in found)

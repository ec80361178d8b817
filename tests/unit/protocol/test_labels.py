"""Labels in any script: composed, limited in bytes, never cut, and safe as folders on every system."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tinyhost.protocol.labels import MAX_LABEL_BYTES, folder_fault, label_fault, normal_label

GOOD = [
    "yes",
    "no_person",
    "sí",
    "größe",
    "да",
    "你好",
    "नमस्ते",
    "مرحبا",
    "می‌خواهم",
    "👍",
    "👩‍👩‍👧",
    "a b",
    "C++",
    "x.y",
    "a..b",
]


@pytest.mark.parametrize("label", GOOD)
def test_a_word_of_any_language_is_a_label_and_a_folder(label: str) -> None:
    assert folder_fault(normal_label(label)) == ""


@pytest.mark.parametrize(
    ("label", "fault"),
    [
        ("", "it is empty"),
        ("   ", "it is empty"),
        ("a\nb", "it holds U+000A, which cannot be seen"),
        ("a\x1b[2J", "it holds U+001B, which cannot be seen"),
        ("a\u202eb", "it holds U+202E RIGHT-TO-LEFT OVERRIDE, which cannot be seen"),
        ("a\u2066b", "it holds U+2066 LEFT-TO-RIGHT ISOLATE, which cannot be seen"),
        ("a\u00a0b", "it holds U+00A0 NO-BREAK SPACE, which cannot be seen"),
        ("a\u200b", "it holds U+200B ZERO WIDTH SPACE, which cannot be seen"),
        ("\ud800", "it holds U+D800, which cannot be seen"),
        ("\u0301a", "it begins or ends with a mark that belongs to another letter"),
        ("a\u200d", "it begins or ends with a mark that belongs to another letter"),
        ("ж" * 16, "it has 32 bytes of UTF-8, 31 at most"),
    ],
)
def test_what_no_model_image_takes_is_reported(label: str, fault: str) -> None:
    assert label_fault(label) == fault
    assert folder_fault(label) == fault


@pytest.mark.parametrize(
    ("label", "fault"),
    [
        ("a/b", "it holds /, which paths are written with"),
        ("a\\b", "it holds \\, which paths are written with"),
        ("a:b", "it holds :, which paths are written with"),
        ("yes?", "it holds ?, which paths are written with"),
        ("a,b", "it holds a comma, which stands between labels"),
        (".hidden", "it begins with a dot"),
        ("-v", "it begins with a dash"),
        (" a", "it begins with a space"),
        ("a.", "it ends with a dot"),
        ("a ", "it ends with a space"),
        ("CON", "Windows keeps this name for itself"),
        ("lpt1.wav", "Windows keeps this name for itself"),
    ],
)
def test_what_is_no_folder_everywhere_is_reported_and_may_still_be_in_a_model(label: str, fault: str) -> None:
    assert folder_fault(label) == fault
    assert label_fault(label) == ""


def test_a_label_that_a_mac_took_apart_is_the_same_label() -> None:
    apart = unicodedata.normalize("NFD", "sí")
    assert apart != "sí"
    assert normal_label(apart) == "sí"


@given(st.text(max_size=20))
def test_an_accepted_label_is_whole_in_its_bytes(text: str) -> None:
    label = normal_label(text)
    if label_fault(label):
        return
    assert len(label.encode()) <= MAX_LABEL_BYTES
    assert label.encode().decode() == label
    assert "\0" not in label

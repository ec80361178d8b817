"""Untrusted JSON: it is read correctly, or rejected by the name of the key."""

from __future__ import annotations

from typing import Any

import pytest
from tinyhost.errors import DatasetError
from tinyhost.system.json_reading import JsonObject, parse_json


def _parse(content: bytes) -> Any:
    return parse_json(content, "a.json", error=DatasetError, hint="mend it")


def _object(content: bytes) -> JsonObject:
    return JsonObject.of(_parse(content), "a.json", error=DatasetError, hint="mend it")


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b'\xef\xbb\xbf{"a": [1, 2.5, null, true]}', {"a": [1, 2.5, None, True]}),
        (b'"s\xc3\xad \\ud83d\\ude00"', "sí 😀"),
        (b"[" * 32 + b"]" * 32, None),
        (b"-0.0", 0.0),
    ],
)
def test_what_is_json_is_read(content: bytes, value: Any) -> None:
    assert _parse(content) == value or value is None


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "a.json:1:1: no JSON: Expecting value"),
        (b'{"a": 1,\n "b": }', "a.json:2:7: no JSON: Expecting value"),
        (b'{"a": {"b": [1, [NaN]]}, "c": 1}', "a.json: b: expected a finite number, got NaN"),
        (b'{"a": [{"c": 1}, -Infinity]}', "a.json: a: expected a finite number, got -Infinity"),
        (b"[1e999]", "a.json: expected a finite number, got 1e999"),
        (b'{"a": 1, "b": 2, "a": 3}', "a.json: a: the key appears twice"),
        (b'"\\ud800"', r"a.json: no JSON: half a surrogate pair, '\ud800'"),
        (b'"\xff"', "a.json: no JSON: expected UTF-8, got 0xff at byte 1"),
        (b"[" * 33 + b"]" * 33, "a.json: more than 32 levels of objects and lists"),
        (b'{"a":' * 100_000, "a.json: more than 32 levels of objects and lists"),
        (b"9" * 10_000, "a.json: Exceeds the limit"),
    ],
)
def test_what_is_none_is_reported_with_its_place(content: bytes, told: str) -> None:
    with pytest.raises(DatasetError) as raised:
        _parse(content)
    assert raised.value.message.startswith(told)
    assert raised.value.hint == "mend it"


@pytest.mark.parametrize(
    ("getter", "arguments", "told"),
    [
        ("text", ("n",), "a.json: n: expected text, got 3"),
        ("number", ("flag", 0, 1), "a.json: flag: expected a number from 0 to 1, got true"),
        ("number", ("n", 0, 1), "a.json: n: expected a number from 0 to 1, got 3"),
        ("integer", ("half", 0, 1), "a.json: half: expected a whole number from 0 to 1, got 0.5"),
        ("integer", ("gone", 0, 1), 'a.json: "gone" is missing'),
        ("flag", ("n",), "a.json: n: expected true or false, got 3"),
        ("choice", ("t", ("b", "c")), 'a.json: t: expected one of b, c, got "a"'),
        ("object", ("list",), "a.json: list: expected an object, got [1, 300]"),
    ],
)
def test_a_value_that_is_not_what_is_expected_is_named(getter: str, arguments: tuple[Any, ...], told: str) -> None:
    document = _object(b'{"n": 3, "half": 0.5, "flag": true, "t": "a", "list": [1, 300]}')
    with pytest.raises(DatasetError) as raised:
        getattr(document, getter)(*arguments)
    assert raised.value.message == told


def test_lists_of_numbers_have_bounds_for_their_length_and_their_items() -> None:
    document = _object(b'{"row": [1, 300], "table": [[1, 2], [3, 4]], "ragged": [[1], [2, 3]]}')
    assert document.integers("row", 0, 300, max_items=2) == [1, 300]
    assert document.integer_rows("table", 0, 4, max_rows=2, max_items=2) == [[1, 2], [3, 4]]
    for read in (
        lambda: document.integers("row", 0, 299, max_items=2),
        lambda: document.integers("row", 0, 300, max_items=1),
        lambda: document.integer_rows("ragged", 0, 9, max_rows=2, max_items=2),
        lambda: document.integer_rows("table", 0, 9, max_rows=1, max_items=2),
    ):
        with pytest.raises(DatasetError, match="whole numbers from"):
            read()


def test_unknown_and_missing_keys_are_named() -> None:
    document = _object(b'{"a": 1, "b": {"c": 2}}')
    with pytest.raises(DatasetError, match='unknown key "b", expected a'):
        document.check_keys(("a",))
    with pytest.raises(DatasetError, match=r'a\.json: b: "d" is missing'):
        document.object("b").check_keys(("c", "d"))

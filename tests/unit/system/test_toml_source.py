"""The line of every key of a TOML file."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tinyhost.errors import ConfigError
from tinyhost.system.toml_source import parse_toml, read_toml

TEXT = '''# a comment with [brackets] = and "quotes"
name = "x = [y]"  # name = 2
"quoted key" = 1
long = """
not = "a key"
[nor.a.table]
"""
many = [
  1, # ]
  { inner = 2 },
]
[a.b]
c.d = 1
[[board]]
name = 'first'
[[board]]
name = "second"
[board.extra]
k = 1
'''


def test_every_key_has_its_line() -> None:
    source = parse_toml(TEXT, Path("f.toml"))
    expected = {
        ("name",): 2,
        ("quoted key",): 3,
        ("long",): 4,
        ("many",): 8,
        ("a",): 12,
        ("a", "b"): 12,
        ("a", "b", "c"): 13,
        ("a", "b", "c", "d"): 13,
        ("board",): 14,
        ("board", 0): 14,
        ("board", 0, "name"): 15,
        ("board", 1): 16,
        ("board", 1, "name"): 17,
        ("board", 1, "extra"): 18,
        ("board", 1, "extra", "k"): 19,
    }
    assert source.lines == expected


def test_an_inner_key_gets_the_line_of_the_table_around_it() -> None:
    assert parse_toml(TEXT, Path("f.toml")).line(("many", 1, "inner")) == 8


def test_windows_line_ends_count_once() -> None:
    assert parse_toml("a = 1\r\n\r\nb = 2\r\n", Path("f.toml")).lines == {("a",): 1, ("b",): 3}


def test_a_syntax_error_says_its_line() -> None:
    with pytest.raises(ConfigError, match=r"^f\.toml:3: not valid TOML: "):
        parse_toml("a = 1\nb = 2\nc =\n", Path("f.toml"))


def test_a_file_that_is_missing_or_no_text_is_a_config_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        read_toml(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="expected a file, got a folder"):
        read_toml(tmp_path)
    (tmp_path / "bytes.toml").write_bytes(b"a = \xff")
    with pytest.raises(ConfigError, match="expected text in UTF-8, got 0xff at byte 4"):
        read_toml(tmp_path / "bytes.toml")


_values = st.recursive(
    st.one_of(
        st.integers(-9, 9).map(str),
        st.sampled_from(['"s"', "'s'", '"a#b = [c"', '"""m\n[x]\ny = 1\n"""', "1979-05-27"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: "[\n" + ",\n".join(items) + "\n]"),
        inner.map(lambda item: "{ k = " + item.replace("\n", " ").replace('"""', '"') + " }"),
    ),
    max_leaves=4,
)
_keys = st.sampled_from(["a", "b", '"c d"', "'e.f'", '"g # h"', "i-j"])


@given(st.lists(st.tuples(_keys, _values), min_size=1, max_size=6, unique_by=lambda pair: pair[0]))
def test_each_top_level_key_is_found_on_its_own_line(pairs: list[tuple[str, str]]) -> None:
    text, lines = "", {}
    for key, value in pairs:
        lines[key.strip("\"'")] = text.count("\n") + 1
        text += f"{key} = {value} # remark = [\n"
    try:
        source = parse_toml(text, Path("f.toml"))
    except ConfigError:
        return  # an inline table over several lines
    assert {key[0]: line for key, line in source.lines.items() if len(key) == 1} == lines


@given(st.text(alphabet=st.sampled_from("ab=.[]{}\"'#\n\\ 1,"), max_size=60))
def test_no_text_raises_anything_but_a_config_error(text: str) -> None:
    try:
        source = parse_toml(text, Path("f.toml"))
    except ConfigError as error:
        assert error.message.startswith("f.toml:")
    else:
        assert set(source.data) == {key[0] for key in source.lines}


@pytest.mark.parametrize("text", ["[" * 5000, "a = " + "[" * 5000, "a = 2026-13-45", 'a = "\\ud800"', "a=1\na=2"])
def test_nasty_texts_are_config_errors(text: str) -> None:
    with pytest.raises(ConfigError, match=r"^f\.toml:\d+: "):
        parse_toml(text, Path("f.toml"))

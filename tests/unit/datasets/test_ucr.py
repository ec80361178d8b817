"""Time series in the UCR archive's layout: real forms of its lines, and everything that can be wrong with them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tinyhost.datasets.ucr import LabelledSeries, parse_series, read_ucr
from tinyhost.errors import DatasetError

TS_HEADER = "#A heartbeat\n@problemName Beats\n@timeStamps false\n@missing false\n@univariate true\n@equalLength true\n"
TS_HEADER += "@seriesLength 3\n@classLabel true 1 2\n@data\n"


def series(text: str, where: str = "x.tsv") -> LabelledSeries:
    return parse_series(text.split("\n"), where=where)


def write_set(folder: Path, train: str, test: str, suffix: str = ".tsv") -> Path:
    folder.mkdir()
    (folder / f"Beats_TRAIN{suffix}").write_text(train)
    (folder / f"Beats_TEST{suffix}").write_text(test)
    return folder


@pytest.mark.parametrize(
    "text",
    [
        "1\t-0.5\t2\t3e-1\n2\t1\t2\t3\n",
        "   1.0000000e+00  -5.0000000e-01  2.0000000e+00   3.0000000e-01\r\n   2.0000000e+00 1 2 3\r\n",
        "1,-0.5,2,0.3\n2,1,2,3",
        "\n1\t-0.5\t2\t0.3\n\n2\t1\t2\t3\n\n",
    ],
)
def test_tabs_spaces_and_commas_are_read(text: str) -> None:
    found = series(text)
    np.testing.assert_array_equal(found.values, np.array([[-0.5, 2, 0.3], [1, 2, 3]], np.float32))
    assert (found.labels, found.length, found.skipped) == (("1", "2"), 3, ())
    np.testing.assert_array_equal(found.labelled("2"), [[1, 2, 3]])
    assert found.labelled("7").shape == (0, 3)


def test_ts_files_are_read() -> None:
    found = series(TS_HEADER + "-0.5,2,0.3:1\n1,2,3:left\n", where="x.ts")
    np.testing.assert_array_equal(found.values, np.array([[-0.5, 2, 0.3], [1, 2, 3]], np.float32))
    assert found.labels == ("1", "left")


def test_a_folder_or_one_of_its_files_is_a_set(tmp_path: Path) -> None:
    folder = write_set(tmp_path / "Beats", "1 1 2\n2 3 4\n", "1 5 6\n1 7 8\n", ".txt")
    for source in (folder, folder / "Beats_TRAIN.txt", folder / "Beats_TEST.txt"):
        found = read_ucr(source)
        assert (found.name, len(found.train), len(found.test)) == ("Beats", 2, 2)
        assert found.counts() == {"1": 3, "2": 1}
        np.testing.assert_array_equal(found.test.values, [[5, 6], [7, 8]])


def test_lines_with_missing_values_are_skipped_and_reported() -> None:
    found = series("1\t1\t2\t3\n1\t1\tNaN\t3\n2\t\t2\tnan\n2\t4\t5\t6")
    assert found.labels == ("1", "2")
    assert [skip.reason for skip in found.skipped] == ["x.tsv: line 2: 1 of 3 missing", "x.tsv: line 3: 2 of 3 missing"]
    assert len(series(TS_HEADER + "1,?,3:1\n1,2,3:1", where="x.ts").skipped) == 1


@pytest.mark.parametrize(
    ("text", "where", "said"),
    [
        ("1\t1\t2\n1\t1\n", "x.tsv", "x.tsv: line 2: 1 value, the series before have 2: unequal length"),
        ("1\t1\t2\n\n1\t1\ttwo\n", "x.tsv", "x.tsv: line 3: value 2: expected a number, got 'two'"),
        ("1\t1\t2_0\n", "x.tsv", "line 1: value 2: expected a number, got '2_0'"),
        ("1\t1\t\u0664\n", "x.tsv", "line 1: value 2: expected a number"),
        ("1\t1\tinf\n", "x.tsv", "line 1: value 2: inf is out of range"),
        ("1 1e31 2\n", "x.txt", "line 1: value 1: 1e31 is out of range"),
        ("nan\t1\t2\n", "x.tsv", "line 1: the class is missing"),
        ("\t1\t2\n", "x.tsv", "line 1: the class is missing"),
        ("5\n", "x.tsv", "line 1: expected a class and values, got '5'"),
        ("", "x.tsv", "x.tsv: no series, and 0 lines with missing values"),
        ("1\tnan\n", "x.tsv", "no series, and 1 line with missing values"),
        ("1,2,3:1\n", "x.ts", "x.ts: line 1: expected @data before the series"),
        ("@univariate true\n", "x.ts", "x.ts: no @data line"),
        ("@data\n1,2,3\n", "x.ts", "line 2: expected values, a colon and the class, got 1 part"),
        ("@data\n1,2:3,4:1\n", "x.ts", "line 2: expected values, a colon and the class, got 3 parts"),
        ("@data\n1,2:\n", "x.ts", "line 2: the class is missing"),
        ("@univariate false\n@data\n", "x.ts", "line 1: @univariate false: expected series of one dimension"),
        ("@equalLength false\n@data\n", "x.ts", "line 1: @equalLength false: expected series of one dimension"),
        ("@timeStamps true\n@data\n", "x.ts", "line 1: @timeStamps true: series with time stamps are not read"),
    ],
)
def test_what_makes_no_sense_is_an_error_with_its_line(text: str, where: str, said: str) -> None:
    with pytest.raises(DatasetError) as caught:
        series(text, where)
    assert said in caught.value.message


def test_files_that_are_no_set_are_errors(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="expected NAME_TRAIN and NAME_TEST"):
        read_ucr(tmp_path)
    with pytest.raises(DatasetError, match="expected NAME_TRAIN and NAME_TEST"):
        read_ucr(tmp_path / "ECG5000.zip")
    with pytest.raises(DatasetError, match="No such file"):
        read_ucr(tmp_path / "Beats_TRAIN.txt")
    folder = write_set(tmp_path / "Beats", "1 1 .2", "1 1 2 .3")
    with pytest.raises(DatasetError, match=r"Beats_TEST.tsv: series of 3 values, those of Beats_TRAIN.tsv have 2"):
        read_ucr(folder)
    for content, said in (
        (b"PK\3\4\xff\xfe", "expected text in UTF-8, got 0xff at byte 4"),
        (b"1\t\0\t2", "a zero at byte 2"),
    ):
        (folder / "Beats_TEST.tsv").write_bytes(content)
        with pytest.raises(DatasetError, match=said):
            read_ucr(folder)


def floats(*labels: str, first: bool, separator: str = ",") -> str:
    """Return a line of values with fractions for each label."""
    rng = np.random.default_rng(len(labels))
    rows = [[f"{value:.5f}" for value in rng.normal(size=40)] for _ in labels]
    lines = [[label, *row] if first else [*row, label] for label, row in zip(labels, rows, strict=True)]
    return "\n".join(separator.join(line) for line in lines)


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(
    "labels", [("1.0", "2.0", "2.0", "1.0"), ("a", "b", "b", "b"), ("1", "2", "3", "3"), ("-1",) * 4]
)
@pytest.mark.parametrize("separator", [",", "\t", " "])
def test_the_class_is_found_where_labels_stand(
    tmp_path: Path, first: bool, labels: tuple[str, ...], separator: str
) -> None:
    text = floats(*labels, first=first, separator=separator)
    found = read_ucr(write_set(tmp_path / "Beats", text, text, ".csv"))
    assert found.train.labels == tuple(label.removesuffix(".0") for label in labels)
    assert found.train.length == 40


@pytest.mark.parametrize(("name", "place"), [("class", 0), ("Label", 2), ('"target"', 1)])
def test_a_header_names_the_class(tmp_path: Path, name: str, place: int) -> None:
    rows = [["x", "y0"], ["0.5", "1"], ["2.5", "3"]]
    for row, label in zip(rows, (name, "7", "8"), strict=True):
        row.insert(place, label)
    text = "\n".join(",".join(row) for row in rows)
    found = read_ucr(write_set(tmp_path / "Beats", text, text, ".csv"))
    assert found.train.labels == ("7", "8")
    np.testing.assert_array_equal(found.test.values, [[0.5, 1], [2.5, 3]])


def test_decimal_commas_between_semicolons_are_read(tmp_path: Path) -> None:
    text = "0,5;1,25;1\n0,5;2,25;1\n0,5;3,25;2"
    found = read_ucr(write_set(tmp_path / "Beats", text, text, ".csv"))
    assert found.counts() == {"1": 4, "2": 2}
    np.testing.assert_array_equal(found.train.values[:, 1], [1.25, 2.25, 3.25])


def test_whole_numbers_that_are_padded_with_zeros_have_the_class_first(tmp_path: Path) -> None:
    text = "1,5,4,0\n2,9,8,0\n2,1,3,0"
    assert read_ucr(write_set(tmp_path / "Beats", text, text, ".csv")).counts() == {"1": 2, "2": 4}


def test_where_the_class_stands_is_asked_for_if_it_cannot_be_told(tmp_path: Path) -> None:
    text = "1,5,4,2\n2,9,8,1\n2,1,3,1"
    folder = write_set(tmp_path / "Beats", text, text, ".csv")
    with pytest.raises(
        DatasetError, match=r"the class may be the first value of a line \(here 1\) or the last one"
    ) as no:
        read_ucr(folder)
    assert "--class-column" in no.value.hint
    assert read_ucr(folder, class_column="last").train.labels == ("2", "1", "1")
    assert read_ucr(folder, class_column="first").train.labels == ("1", "2", "2")


@given(st.binary(max_size=300), st.sampled_from([".tsv", ".ts", ".txt"]))
def test_any_bytes_are_series_or_an_error(content: bytes, suffix: str) -> None:
    text = content.decode("latin-1")
    try:
        found = series(("@data\n" if suffix == ".ts" else "") + text, f"x{suffix}")
    except DatasetError as error:
        assert error.message.startswith(f"x{suffix}: ")
    else:
        assert found.values.shape == (len(found.labels), found.length)
        assert np.isfinite(found.values).all()


@given(
    st.integers(1, 6).flatmap(
        lambda n: st.lists(
            st.tuples(st.integers(-3, 9), st.lists(st.floats(-1e9, 1e9, width=32), min_size=n, max_size=n)), min_size=1
        )
    ),
    st.sampled_from(["\t", ",", "  "]),
)
def test_what_was_written_is_read(rows: list[tuple[int, list[float]]], separator: str) -> None:
    lines = [separator.join([str(label), *map(repr, values)]) for label, values in rows]
    found = series("\n".join(lines))
    assert found.labels == tuple(str(label) for label, _ in rows)
    np.testing.assert_array_equal(found.values, np.array([values for _, values in rows], np.float32))
    ts = series("@data\n" + "\n".join(",".join(map(repr, values)) + f":{label}" for label, values in rows), "x.ts")
    assert ts.labels == found.labels
    np.testing.assert_array_equal(ts.values, found.values)

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import jinja2
import numpy as np
import pytest
from matplotlib.figure import Figure
from tinyhost.bench.result import BenchResult
from tinyhost.report import figure_svg, picture_uri, render
from tinyhost.report.bench import bench_report
from tinyhost.report.figures import FOREGROUND
from tinyhost.report.render import _environment as environment
from tinyhost.report.render import matrix_rows, short

from tests.unit.bench.samples import full_result, keyword_result


class _Tags(HTMLParser):
    """Collects what a page would load, and checks that its tags are closed in order."""

    VOID = frozenset({"meta", "img", "br", "hr", "link", "input"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loaded += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loaded += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open[-1] == tag
        self.open.pop()


def check_page(html: str) -> None:
    tags = _Tags()
    tags.feed(html)
    assert not tags.open
    assert all(item.startswith(("data:", "#")) for item in tags.loaded)
    assert "<script" not in html


def bare(result: BenchResult) -> BenchResult:
    latency = replace(result.latency, unit="ns", tick_hz=1_000_000_000, preprocess=None)
    return replace(result, agreement=None, findings=(), link=None, latency=latency)


def test_report_is_whole_and_loads_nothing(tmp_path: Path) -> None:
    result = full_result(tmp_path)
    check_page(bench_report(result))
    check_page(bench_report(bare(result)))
    check_page(bench_report(keyword_result(tmp_path)))


def test_report_of_a_keyword_spotter_says_what_was_heard(tmp_path: Path) -> None:
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", bench_report(keyword_result(tmp_path))))
    assert "of 4 clips, on the board" in text
    assert "differs for 1 of 4 clips" in text
    assert "False accepts per hour 360.0" in text
    assert "Missed 50.0 %" in text


def test_a_confusion_table_is_wide_enough_for_few_classes_and_tight_for_many() -> None:
    def table(n_labels: int) -> str:
        labels = [f"word {index}" for index in range(n_labels)]
        rows = matrix_rows(labels, [[1] * n_labels] * n_labels)
        text = '{% from "macros.html" import confusion %}{{ confusion(labels, rows) }}'
        return environment().from_string(text).render(labels=labels, rows=rows)

    assert 'class="matrix"' in table(4)
    assert 'class="matrix many"' in table(12)
    assert table(12).count('class="cell"') == 144


def test_report_says_what_was_found(tmp_path: Path) -> None:
    html = bench_report(full_result(tmp_path))
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))
    assert "75.0 %" in text
    assert "9 / 10" in text
    assert "seed 1003" in text
    assert "instructions are not cycles" in text
    assert html.count('class="picture"') == 4
    assert "not on a device" in bench_report(bare(full_result(tmp_path)))


def test_names_that_look_like_html_stay_text(tmp_path: Path) -> None:
    result = full_result(tmp_path)
    hostile = "<script>alert(1)</script>"
    html = bench_report(replace(result, model=replace(result.model, name=hostile, labels=(hostile, "b"))))
    check_page(html)
    assert "&lt;script&gt;alert(1)" in html


def test_a_missing_value_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError):
        render("base.html", title="x")


def test_figures_follow_the_pages_colours() -> None:
    fig = Figure()
    fig.add_subplot().plot([0, 1], [0, 1], color=FOREGROUND)
    svg = figure_svg(fig, alt='a "b" <c>')
    assert "var(--fg)" in svg
    assert FOREGROUND not in svg
    assert 'aria-label="a &#34;b&#34; &lt;c&gt;"' in svg


def test_two_figures_of_a_page_share_no_ids() -> None:
    pages = []
    for alt in ("one", "two"):
        fig = Figure()
        fig.add_subplot().plot([0, 1], [0, 1])
        pages.append(set(re.findall(r'\bid="([^"]+)"', figure_svg(fig, alt=alt))))
    assert pages[0]
    assert not pages[0] & pages[1]


def test_pictures_are_png_data() -> None:
    assert picture_uri(np.zeros((2, 2), np.uint8)).startswith("data:image/png;base64,iVBOR")


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (999, "999"), (1000, "1.00 k"), (95_660_000, "95.7 M"), (7_180_000, "7.18 M"), (123_400_000, "123 M")],
)
def test_counts_have_three_digits(value: int, text: str) -> None:
    assert short(value) == text

"""The HTML report of a rig run: it is complete, and text from a device never becomes markup."""

from __future__ import annotations

from datetime import datetime, timezone
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st
from tinyhost.hil.board_run import BoardRun
from tinyhost.hil.results import RigResult
from tinyhost.hil.rigs import RigBoard
from tinyhost.report.hil import hil_report


class Outline(HTMLParser):
    """The tags of a page, its anchors and its links to them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.anchors: set[str] = set()
        self.links: set[str] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name == "id" and value:
                self.anchors.add(value)
            if name == "href" and value:
                self.links.add(value.removeprefix("#"))

    def handle_data(self, data: str) -> None:
        self.text += data


def report_of(said: str) -> Outline:
    """Return the report of a run in which test and device say `said` wherever they can."""
    runs = []
    for name in ("native", "m4"):
        run = BoardRun(RigBoard(name=name, type=name, app="vww"))
        run.feed(
            [
                {
                    "event": "plan",
                    "tests": ["f.py::a", "f.py::b", "f.py::c"],
                    "not_applicable": [],
                    "titles": {"f.py": said},
                }
            ]
        )
        run.feed([{"event": "identity", "device": {"app": said, "board": name}}, {"event": "log", "text": said}])
        run.feed([{"event": "property", "test": "f.py::a", "name": said, "value": said}])
        for test, outcome in (("f.py::a", "failed"), ("f.py::b", "rig"), ("f.py::c", "rig")):
            end = {"event": "end", "test": test, "outcome": outcome, "phase": "call", "seconds": 1.0, "text": said}
            run.feed([end])
        runs.append(run.result(2.0))
    started = datetime(2026, 11, 20, tzinfo=timezone.utc)
    result = RigResult(rig="r", rig_file="r.toml", started=started, seconds=3.0, boards=tuple(runs))
    return Outline(hil_report(result))


def test_every_failure_is_linked_to_what_went_wrong() -> None:
    outline = report_of("E   assert 1 == 2")
    assert len(outline.links) == 6
    assert outline.links <= outline.anchors


def test_tests_that_one_fault_stopped_are_reported_as_one() -> None:
    assert report_of("LinkLostError: gone").text.count("The 2 tests") == 2


@given(
    st.text(max_size=40),
    st.sampled_from(["<script>x</script>", '"><img src=x>', "</pre></details>", "&lt;b&gt;", "{{ 1 }}"]),
)
def test_whatever_a_device_says_stays_text(said: str, attack: str) -> None:
    outline, plain = report_of(attack + said), report_of("plain" + said)
    assert outline.tags == plain.tags
    assert attack in outline.text
    assert not {"script", "img", "b"} & (set(outline.tags) - set(plain.tags))

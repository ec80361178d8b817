from __future__ import annotations

import io
import json
import math
from dataclasses import replace

import numpy as np
import pytest
from rich.cells import cell_len
from rich.console import Console
from tinyhost.monitor.lines import json_line, plain_line
from tinyhost.monitor.state import MonitorState
from tinyhost.sensors import CAMERA, MICROPHONE
from tinyhost.tasks.advice import advice
from tinyhost.tasks.live import LinkCounts, LiveHeader, Reading
from tinyhost.tasks.vision import VISION
from tinyhost.views.bars import bar, format_ticks, sparkline, thin_bar
from tinyhost.views.monitor import monitor_view
from tinyhost.views.preview import half_blocks

from tests.json_docs import check_document

HEADER = LiveHeader(
    board="native",
    is_virtual=True,
    app="vww",
    engine="tinyhost",
    firmware="firmware 0.1.0 (0123456789abcdef)",
    model="person_detect",
    model_note="arena 36.1 KiB",
    labels=("no_person", "person"),
    tick_unit="ns",
    tick_hz=1_000_000_000,
    scale=1 / 256,
    zero_point=-128,
    threshold=0.5,
    form=VISION.live,
    sensor=CAMERA,
)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def reading(index: int, *, status: str = "ok", scores: tuple[float, ...] = (0.25, 0.75)) -> Reading:
    return Reading(
        index=index,
        timestamp_us=index * 100_000,
        status=status,
        output=tuple(round(score * 256) - 128 for score in scores),
        scores=scores,
        smoothed=scores,
        top=len(scores) - 1 if scores else 0,
        detected=bool(scores),
        capture_ticks=1_000_000 + index,
        preprocess_ticks=20_000,
        invoke_ticks=5_000_000 + 10_000 * index,
        position=index,
        score=0,
        device_dropped=0,
        link_lost=0,
        host_dropped=0,
    )


def screen(state: MonitorState, columns: int, rows: int, *, preview: bool = True) -> list[str]:
    out = Console(file=io.StringIO(), width=columns, height=rows, force_terminal=True, color_system=None)
    out.print(monitor_view(state.snapshot(), columns, rows, preview=preview))
    assert isinstance(out.file, io.StringIO)
    return out.file.getvalue().rstrip("\n").split("\n")


def test_rates_are_those_of_the_last_seconds() -> None:
    clock = Clock()
    state = MonitorState(clock)
    state.connected(HEADER)
    for index in range(100):
        clock.now += 0.1
        state.add_reading(reading(index))
        state.count_link(LinkCounts(bytes_in=1000 * index))
    snapshot = state.snapshot()
    assert math.isclose(snapshot.fps, 10.0)
    assert math.isclose(snapshot.bytes_per_s, 10_000.0)
    clock.now += 60
    assert state.snapshot().fps == 0.0


def test_log_lines_cannot_act_on_the_terminal() -> None:
    state = MonitorState(Clock())
    state.add_log("info", "\x1b[2Jone\x07\ntwo\n\n")
    assert [line.text for line in state.snapshot().log] == ["·[2Jone·", "two"]


def test_a_vanished_board_is_waited_for_and_taken_up_again() -> None:
    state = MonitorState(Clock())
    state.connected(HEADER)
    state.add_reading(reading(1))
    for _ in range(3):
        state.wait_for("waiting for native", "the port is gone")
    assert [line.text for line in state.snapshot().log] == ["the port is gone"]
    assert any("waiting for native" in line for line in screen(state, 100, 30))
    state.connected(HEADER)
    assert not any("waiting for" in line for line in screen(state, 100, 30))
    assert len(state.snapshot().readings) == 1


@pytest.mark.parametrize(("columns", "rows"), [(20, 5), (40, 14), (60, 20), (72, 24), (80, 24), (120, 36), (220, 70)])
@pytest.mark.parametrize("n_classes", [0, 2, 16])
def test_the_screen_fits_every_terminal(columns: int, rows: int, n_classes: int) -> None:
    state = MonitorState(Clock())
    assert screen(state, columns, rows)
    state.connected(HEADER)
    for index in range(300):
        state.add_reading(reading(index, scores=tuple(i / 16 for i in range(n_classes))))
    state.add_reading(reading(300, status="sensor_timeout", scores=()))
    state.add_reading(reading(301, scores=tuple(i / 16 for i in range(n_classes))))
    state.add_frame(np.zeros((120, 160), np.uint8), "a/picture.png")
    state.add_log("warning", "x" * 500)
    for preview in (True, False):
        lines = screen(state, columns, rows, preview=preview)
        assert len(lines) <= rows
        assert max(cell_len(line) for line in lines) <= columns


def test_the_screen_shows_what_matters() -> None:
    state = MonitorState(Clock())
    state.connected(HEADER)
    state.add_reading(reading(1))
    text = "\n".join(screen(state, 120, 36))
    for part in ("native", "person_detect", "person", "0.75", "5.01 ms", "not on a device", "retries", "quit"):
        assert part in text


def test_an_empty_device_log_takes_one_line() -> None:
    state = MonitorState(Clock())
    state.connected(HEADER)
    state.add_reading(reading(1))
    lines = screen(state, 100, 30)
    assert lines[-2].strip() == "device log: the board has written nothing"
    assert lines[-3].startswith("╰")
    state.add_log("warning", "camera slow")
    lines = screen(state, 100, 30)
    assert "device log ─" in lines[-4]
    assert "camera slow" in lines[-3]


def test_nothing_is_cut_off_on_60_columns_and_20_rows() -> None:
    state = MonitorState(Clock())
    state.connected(HEADER)
    state.add_reading(reading(1))
    lines = screen(state, 60, 20)
    text = "\n".join(lines)
    assert "…" not in text
    for part in ("no_person", "0.75", "not on a device", "0 reconnects", "c  sensor  1 in 0 s"):
        assert part in text


@pytest.mark.parametrize(("columns", "rows"), [(1, 1), (10, 4), (96, 48), (200, 10), (7, 90)])
def test_a_preview_keeps_proportions_and_its_place(columns: int, rows: int) -> None:
    lines = half_blocks(np.arange(9216, dtype=np.uint8).reshape(96, 96), columns, rows).coloured.plain.split("\n")
    assert len(lines) <= rows
    assert all(len(line) == len(lines[0]) <= columns for line in lines)
    if min(columns, 2 * rows) >= 10:
        assert abs(len(lines[0]) - 2 * len(lines)) <= 1


def test_a_preview_shows_the_pixels() -> None:
    pixels = np.array([[0, 252], [128, 64]], np.uint8)
    text = half_blocks(pixels, 2, 1).coloured
    styles = [str(span.style) for span in text.spans]
    assert styles == ["#000000 on #808080", "#fcfcfc on #404040"]


def test_without_colours_a_preview_is_drawn_in_shades(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = np.repeat(np.linspace(0, 255, 10).astype(np.uint8)[None], 2, axis=0)
    monkeypatch.setenv("NO_COLOR", "1")
    out = Console(file=io.StringIO(), width=20, force_terminal=True, color_system="truecolor")
    out.print(half_blocks(pixels, 10, 1))
    assert isinstance(out.file, io.StringIO)
    assert out.file.getvalue() == " .:-=+*#%@\n"


def test_a_label_takes_the_columns_that_it_needs() -> None:
    state = MonitorState(Clock())
    state.connected(replace(HEADER, labels=("你好", "नमस्ते")))
    state.add_reading(reading(0))
    lines = screen(state, 100, 30, preview=False)
    assert len({cell_len(line) for line in lines if line.startswith("│")}) == 1
    first, second = (
        next(line for line in lines if f"{label} " in line and "●" not in line) for label in ("你好", "नमस्ते")
    )
    assert cell_len(first[: first.rindex("0.25")]) == cell_len(second[: second.rindex("0.75")])


@pytest.mark.parametrize(
    ("score", "words"),
    [(0.25, "○ person, 0.25 is below the threshold of 0.50"), (0.88, "○ person, 0.88, no new word")],
)
def test_the_banner_tells_below_the_threshold_only_of_a_score_that_is(score: float, words: str) -> None:
    state = MonitorState(Clock())
    state.connected(HEADER)
    state.add_reading(replace(reading(0, scores=(0.12, score)), detected=False))
    assert words in "\n".join(screen(state, 120, 36))


def test_lines_name_the_picture_that_the_camera_saw() -> None:
    seen = replace(reading(3), scene_item="hall/a.png")
    assert plain_line(seen, HEADER).endswith("detected person  hall/a.png")
    assert json.loads(json_line(seen, HEADER))["scene_item"] == "hall/a.png"
    assert json.loads(json_line(reading(3), HEADER))["scene_item"] is None


@pytest.mark.parametrize("share", [-1.0, 0.0, 0.01, 0.5, 0.999, 1.0, 2.0])
@pytest.mark.parametrize("width", [1, 4, 31])
def test_bars_are_as_wide_as_asked(share: float, width: int) -> None:
    assert cell_len(bar(share, width, "#ffffff", mark=share).plain) == width
    assert cell_len(thin_bar(share, width, "#ffffff").plain) == width


def test_sparklines_do_not_blow_up_noise() -> None:
    assert set(sparkline([1000.0, 1000.4, 999.9], 3, "#ffffff").plain) == {"▄"}
    assert sparkline([0.0, 100.0], 4, "#ffffff").plain == "  ▁█"
    assert sparkline([], 3, "#ffffff").plain == "   "


@pytest.mark.parametrize(
    ("ticks", "unit", "tick_hz", "text"),
    [
        (5_490_000, "ns", 1_000_000_000, "5.49 ms"),
        (21_000, "ns", 1_000_000_000, "21.00 µs"),
        (64_000_000, "cycles", 64_000_000, "1.00 s"),
        (68_583_493, "instructions", 0, "68.58 M"),
        (512, "instructions", 0, "512"),
    ],
)
def test_ticks_are_times_only_where_they_are(ticks: int, unit: str, tick_hz: int, text: str) -> None:
    assert format_ticks(ticks, unit, tick_hz) == text


def test_lines_are_as_documented() -> None:
    for item in (reading(1), reading(2, status="no_sensor", scores=())):
        line = json_line(item, HEADER)
        assert line.endswith("\n")
        assert "\n" not in line[:-1]
        check_document(json.loads(line))
    document = json.loads(json_line(reading(1), HEADER))
    assert document["label"] == "person"
    assert document["scores"] == {"no_person": 0.25, "person": 0.75}
    assert "sensor_timeout" in plain_line(reading(1, status="sensor_timeout"), HEADER)
    assert "detected person" in plain_line(reading(1), HEADER)


def test_a_board_that_does_not_predict_gets_the_next_action() -> None:
    blind = reading(1, status="no_sensor", scores=())
    assert "--scene pictures/" in advice(blind, HEADER)
    assert "--scene speech:" in advice(blind, replace(HEADER, sensor=MICROPHONE))
    assert "cables" in advice(blind, replace(HEADER, board="nano33ble:0123", is_virtual=False))
    assert advice(blind, replace(HEADER, scene="data/hall")) == "check the scene"
    assert "tinyhost push" in advice(reading(1, status="no_model", scores=()), HEADER)
    assert advice(reading(1), HEADER) == advice(reading(1, status="status 99"), HEADER) == ""
    state = MonitorState(Clock())
    state.connected(HEADER)
    state.add_reading(blind)
    assert "--scene" in "\n".join(screen(state, 80, 24))

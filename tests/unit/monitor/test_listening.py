"""The monitor of apps with continuous sensors: sound levels, words as events, scores and threshold."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import numpy as np
import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.style import Style
from rich.text import Text
from tinyhost.monitor.lines import json_line, plain_line
from tinyhost.monitor.state import MonitorState
from tinyhost.sensors import ACCELEROMETER, MICROPHONE
from tinyhost.tasks.anomaly import ANOMALY
from tinyhost.tasks.keywords import KEYWORDS
from tinyhost.tasks.live import LiveHeader, Reading, Stride
from tinyhost.views.bars import BAD, level_meter
from tinyhost.views.monitor import monitor_view
from tinyhost.views.preview import heat_blocks
from tinyhost.views.strides import fresh_detection

from tests.json_docs import check_document
from tests.unit.monitor.test_monitor import HEADER

WORDS = replace(HEADER, app="kws", sensor=MICROPHONE, form=KEYWORDS.live, labels=("silence", "unknown", "yes", "no"))
FAST_WORDS = replace(WORDS, rate_hz=16_000.0)
MACHINE = replace(HEADER, app="anomaly", sensor=ACCELEROMETER, form=ANOMALY.live, labels=(), threshold=1.0)


def reading(
    index: int, *, top: int = 0, detected: bool = False, score: float = 0.0, alarm: str = "normal", n_classes: int = 4
) -> Reading:
    values = tuple(0.9 if i == top else 0.1 for i in range(n_classes))
    return Reading(
        index=index,
        timestamp_us=index * 20_000,
        status="ok",
        output=(0,) * n_classes,
        scores=values,
        smoothed=values,
        top=top,
        detected=detected,
        capture_ticks=1,
        preprocess_ticks=2,
        invoke_ticks=3,
        position=index * 320,
        score=round(score * 65536),
        baseline=round(0.25 * 65536),
        alarm=alarm,
        device_dropped=0,
        link_lost=0,
        host_dropped=0,
    )


def test_a_cascade_is_awake_or_asleep_and_how_often() -> None:
    head = replace(WORDS, is_cascade=True)
    readings = [replace(reading(index), asleep=index % 4 != 3) for index in range(8)]
    state = MonitorState()
    state.connected(head)
    for each in readings[:7]:
        state.add_reading(each)
    assert "○ asleep" in screen(state)
    assert "awake 14.3 % of 7 inferences" in Text.from_ansi(screen(state)).plain
    state.add_reading(readings[7])
    assert "○ asleep" not in screen(state)
    assert [json.loads(json_line(each, head))["awake"] for each in readings[2:4]] == [False, True]
    assert json.loads(json_line(readings[0], WORDS))["awake"] is None
    assert plain_line(readings[0], head).endswith("asleep")


def screen(state: MonitorState, columns: int = 110, rows: int = 34) -> str:
    console = Console(file=io.StringIO(), width=columns, height=rows, force_terminal=True, color_system="truecolor")
    console.print(monitor_view(state.snapshot(), columns, rows))
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def listening(header: LiveHeader, *readings: Reading) -> MonitorState:
    state = MonitorState()
    state.connected(header)
    for number, each in enumerate(readings):
        state.add_stride(Stride(features=np.full(40, number - 128, np.int8), peak=3277, rms=100), "yes/a.wav")
        state.add_reading(each)
    return state


def test_a_word_stays_on_the_screen_for_a_moment_and_in_the_list() -> None:
    state = listening(WORDS, reading(0), reading(1, top=2, detected=True), reading(30))
    held = fresh_detection(state.snapshot())
    assert held is not None
    assert held.index == 1
    assert "● yes" in screen(state)
    state.add_reading(reading(100))
    assert fresh_detection(state.snapshot()) is None
    shown = screen(state)
    assert "● yes" not in shown
    assert "0.02 s" in shown  # when it was said


def test_the_level_is_shown_in_db_of_full_scale() -> None:
    assert "-20 dBFS" in screen(listening(WORDS, reading(0)))
    assert any(BAD in str(span.style) for span in level_meter(-0.5, 40).spans)


def test_the_spectrogram_has_a_column_for_each_stride_and_brightness_for_each_feature() -> None:
    values = np.array([[0, 255], [255, 0]], np.uint8)
    cells = heat_blocks(values, 4, 1).coloured
    assert cells.plain == "  ▀▀"
    styles = [Style.parse(str(span.style)) for span in cells.spans]
    colours = [(style.color, style.bgcolor) for style in styles]  # of the upper and of the lower half
    (dark, bright), (upper, lower) = colours
    assert (upper, lower) == (bright, dark)
    assert dark is not None and bright is not None
    assert all(a < b for a, b in zip(dark.get_truecolor(), bright.get_truecolor(), strict=True))


@pytest.mark.parametrize(
    ("alarm", "words"),
    [("normal", "○ normal"), ("suspect", "◐ suspect"), ("alarm", "● ALARM"), ("clearing", "◑ alarm, clearing")],
)
def test_the_alarm_state_is_the_banner(alarm: str, words: str) -> None:
    state = listening(MACHINE, reading(0, score=0.5, alarm=alarm, n_classes=0))
    shown = screen(state)
    assert words in shown
    assert "0.500" in shown
    assert "1.000" in shown
    assert "0.250" in shown


def test_an_alarm_is_a_state_and_no_list_of_events() -> None:
    state = listening(MACHINE, *(reading(i, score=2.0, alarm="alarm", detected=True, n_classes=0) for i in range(5)))
    assert state.snapshot().detections == ()


def test_the_json_says_what_there_is_and_null_for_what_there_is_not() -> None:
    word = json.loads(json_line(reading(3, top=2, detected=True), WORDS))
    check_document(word)
    assert (word["position"], word["frame_index"], word["score"], word["alarm"]) == (960, None, None, None)
    machine = json.loads(json_line(reading(3, score=1.5, alarm="suspect", n_classes=0), MACHINE))
    check_document(machine)
    assert (machine["score"], machine["baseline"], machine["alarm"]) == (1.5, 0.25, "suspect")
    picture = json.loads(json_line(reading(3, n_classes=2), HEADER))
    check_document(picture)
    assert (picture["frame_index"], picture["position"]) == (960, None)


def test_a_line_for_people_has_the_score_against_the_threshold() -> None:
    assert "score 1.500 of 1.000  alarm" in plain_line(reading(0, score=1.5, alarm="alarm", n_classes=0), MACHINE)


def shown_lines(header: LiveHeader, columns: int, rows: int, *, preview: bool = True) -> list[str]:
    """Return the screen after ten strides of a third of a second, without colours."""
    state = MonitorState()
    state.connected(header)
    for number in range(10):
        features = np.full(69, number, np.int8)
        state.add_stride(Stride(features=features, peak=3277, rms=100, position=number * 5333), "scene")
    state.add_reading(reading(0, n_classes=len(header.labels)))
    console = Console(file=io.StringIO(), width=columns, height=rows, force_terminal=True, color_system=None)
    console.print(monitor_view(state.snapshot(), columns, rows, preview=preview))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().rstrip("\n").split("\n")


def test_a_spectrogram_has_frequencies_times_and_what_its_brightness_means() -> None:
    lines = shown_lines(FAST_WORDS, 100, 30)
    axis = [line[2:10].strip() for line in lines if line.startswith("│")]
    assert axis.index("7.5 kHz") < axis.index("125 Hz")
    time = next(line for line in lines if "-3.0 s" in line)
    assert time[: time.index("│", 1)].rstrip().endswith("now")
    assert any("quiet" in line and "loud" in line for line in lines)


def test_bands_of_motion_are_those_of_three_axes() -> None:
    lines = shown_lines(MACHINE, 100, 30)
    axis = [name for line in lines if (name := line[2:10].strip()).endswith("axis")]
    assert axis == ["z axis", "y axis", "x axis"]
    assert any(line[2:].lstrip().startswith("RMS ") for line in lines)
    assert any("still" in line and "strong" in line for line in lines)
    assert any("older" in line for line in lines)  # whose rate is not known


def test_a_narrow_terminal_shows_predictions_or_the_sensor() -> None:
    figures, sensor = (shown_lines(FAST_WORDS, 60, 20, preview=preview) for preview in (True, False))
    assert "predictions ─" in figures[2] and "c  sensor" in figures[-1]
    assert "microphone ─" in sensor[2] and "c  predictions" in sensor[-1]
    assert any("7.5 kHz" in line for line in sensor)
    assert all(cell_len(line) <= 60 for line in [*figures, *sensor])

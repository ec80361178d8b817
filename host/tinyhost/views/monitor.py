"""The monitor's screen, for any size of terminal."""

from __future__ import annotations

from rich.align import Align
from rich.cells import cell_len, set_cell_size
from rich.console import Group, RenderableType
from rich.layout import Layout
from rich.table import Table
from rich.text import Text

from tinyhost.datasets.checking.drift import LEAST_SAMPLES
from tinyhost.system.wording import counted
from tinyhost.tasks.advice import advice
from tinyhost.tasks.live import LiveDrift, LiveHeader, Reading, Snapshot
from tinyhost.views.alarm import alarm_verdict, score_plot
from tinyhost.views.bars import ACCENT, BAD, DIM, RAW, TRACK, bar, class_colour, format_ticks, sparkline, thin_bar
from tinyhost.views.monitor_frame import WIDE_COLUMNS, device_log, footer, header_lines, panel
from tinyhost.views.objects import object_counts, object_marks
from tinyhost.views.preview import PictureSize, cells_of, half_blocks
from tinyhost.views.strides import fresh_detection, strides_view

__all__ = ["monitor_view"]

_UNIT_REMARKS = {
    "ns": "time on this computer, not on a device",
    "instructions": "instructions on QEMU, not cycles",
    "cycles": "cycles on the board",
    "estimated cycles": "cycles estimated by the emulator",
}
_OTHER_ROWS = 8
"""rows of the predictions' panel: banner, past, timings, link"""
_GAP_ROWS = 5
"""empty lines and the legend, if there is room"""
_MAX_NAME_COLUMNS = 18


def monitor_view(state: Snapshot, columns: int, rows: int, *, preview: bool = True, paused: bool = False) -> Layout:
    """Return the screen for a terminal of `columns` x `rows` cells.

    preview: show the sensor's data beside the predictions; a narrow terminal shows one of the two.
    """
    root = Layout()
    is_wide = columns >= WIDE_COLUMNS
    log, log_rows = device_log(state, rows)
    root.split_column(
        Layout(header_lines(state, columns), size=2),
        Layout(name="body"),
        *([Layout(log, size=log_rows)] if log_rows else []),
        Layout(footer(state, columns, paused=paused, preview=preview), size=1),
    )
    body_rows = rows - 3 - log_rows
    if not is_wide and not preview:
        root["body"].update(_sensor_panel(state, columns - 4, body_rows - 2))
    elif is_wide and preview:
        picture_columns = min(columns // 2, 2 * (body_rows - 2) + 4)
        root["body"].split_row(
            Layout(_sensor_panel(state, picture_columns - 4, body_rows - 2), size=picture_columns),
            Layout(_figures(state, columns - picture_columns, body_rows)),
        )
    else:
        root["body"].update(_figures(state, columns, body_rows))
    return root


def _sensor_panel(state: Snapshot, columns: int, rows: int) -> RenderableType:
    """Return the panel of the sensor's data."""
    head = state.header
    if head is None or head.form.sees == "picture":
        return _camera(state, columns, rows)
    title = head.sensor.name if head.sensor else "sensor"
    return panel(strides_view(state, columns, rows), title, state.scene_name or head.scene)


def _camera(state: Snapshot, columns: int, rows: int) -> RenderableType:
    subtitle = state.scene_name or (state.header.scene if state.header else "")
    inner: RenderableType
    if state.frame is None:
        inner = Align.center(Text("no camera frame yet", DIM), vertical="middle")
    else:
        height, width = state.frame.shape
        picture = PictureSize(height=height, width=width)
        marks = (
            object_marks(state.reading, state.header, picture, cells_of(picture, columns, rows))
            if state.header and state.reading
            else ()
        )
        inner = Align.center(half_blocks(state.frame, columns, rows, marks), vertical="middle")
    title = "camera" if state.frame is None else f"camera {state.frame.shape[1]}x{state.frame.shape[0]}"
    return panel(inner, title, subtitle)


def _figures(state: Snapshot, columns: int, rows: int) -> RenderableType:
    """Return banner, scores, timings and link; without room the least important ones are left out."""
    if state.header is None:
        return panel(Align.center(Text(state.waiting, RAW), vertical="middle"), "predictions")
    inner, spare = columns - 4, rows - 2
    others = _OTHER_ROWS + state.header.is_cascade
    wanted = 2 * len(state.reading.scores) if state.reading else 2
    roomy = spare >= wanted + others + _GAP_ROWS
    score_rows = max(1, spare - others - (_GAP_ROWS if roomy else 0))
    gap = [Text()] if roomy else []
    parts: list[RenderableType]
    if state.header.form.result == "alarm":
        plot = score_plot(state.header, state.readings, inner, max(2, spare - others - _GAP_ROWS))
        parts = [_verdict(state, inner), *gap, plot, *gap]
    else:
        scores = _scores(state.header, state.reading, inner, score_rows)
        parts = [_verdict(state, inner), *gap, scores, _timeline(state, inner), *gap]
        parts += [_legend(state.header), *gap] if roomy else []
    parts += [_duty(state)] if state.header.is_cascade else []
    parts.append(_timings(state.header, state.readings, inner))
    parts += [*gap, _link(state, inner)]
    parts += [_drift(state.drift, inner)] if state.drift else []
    return panel(Group(*parts), "predictions")


def _duty(state: Snapshot) -> Text:
    """Return how often a cascade's second network ran."""
    share = f"{100 * state.n_awake / max(1, state.n_readings):.1f} %"
    return Text.assemble(
        ("awake ", DIM), (share, "bold"), (f" of {counted(state.n_readings, 'inference')}", DIM), no_wrap=True
    )


def _drift(drift: LiveDrift, width: int) -> Text:
    """Return the features that have drifted from training, in one line."""
    if drift.features is None:
        words: tuple[str, str] = (f"{drift.n} of {LEAST_SAMPLES} samples", DIM)
    elif not drift.features:
        words = (f"none in {drift.n} samples", DIM)
    else:
        each = (f"{item.feature} {item.median_before:.3g} → {item.median:.3g}" for item in drift.features)
        words = (", ".join(each), RAW)
    text = Text.assemble(("drift ", DIM), words, no_wrap=True, overflow="ellipsis")
    text.truncate(width, overflow="ellipsis")
    return text


def _legend(head: LiveHeader) -> Text:
    text = Text.assemble(
        ("█", class_colour(0)), (" smoothed  ", DIM), ("▔", RAW), (" raw  ", DIM), no_wrap=True, overflow="ellipsis"
    )
    if head.threshold is not None:
        text.append("│", "bold #ffffff")
        text.append(" threshold  ", DIM)
    return text.append("▄", class_colour(0)).append("▄", class_colour(1)).append(" detected", DIM)


def _verdict(state: Snapshot, width: int) -> Text:
    """Return the banner: waiting, an error, or the detection."""
    reading, head = state.reading, state.header
    if state.waiting:
        return _banner(state.waiting, width, f"bold #0f1419 on {RAW}")
    if reading is None or head is None:
        return _banner("waiting for the first prediction", width, f"{DIM} on {TRACK}")
    if reading.status != "ok":
        return _banner(f"no inference: {reading.status}", width, f"bold #0f1419 on {BAD}")
    if head.form.result in ("alarm", "objects"):
        is_alarm = head.form.result == "alarm"
        return alarm_verdict(reading, width) if is_alarm else _objects_verdict(head, reading, width)
    detected = fresh_detection(state) if head.form.result == "events" else reading if reading.detected else None
    if detected is not None:
        return _banner(f"● {head.label(detected.top)}", width, f"bold #0f1419 on {class_colour(detected.top)}")
    words = "asleep" if reading.asleep else f"{head.label(reading.top)}, {_why_not_detected(head, reading)}"
    return _banner(f"○ {words}", width, f"{DIM} on {TRACK}")


def _objects_verdict(head: LiveHeader, reading: Reading, width: int) -> Text:
    if not reading.objects:
        return _banner(f"○ no object, {_why_not_detected(head, reading)}", width, f"{DIM} on {TRACK}")
    left_out = f", {counted(reading.n_left_out, 'cell')} left out" if reading.n_left_out else ""
    style = f"bold #0f1419 on {class_colour(reading.top)}"
    return _banner(f"● {object_counts(reading, head)}{left_out}", width, style)


def _banner(words: str, width: int, style: str) -> Text:
    return Text(set_cell_size(f" {words} ", max(width, cell_len(words) + 2)), style, no_wrap=True)


def _why_not_detected(head: LiveHeader, reading: Reading) -> str:
    """Return why the class with the highest score is not detected, as far as the scores tell."""
    score = reading.smoothed[reading.top] if reading.top < len(reading.smoothed) else None
    if score is None or head.threshold is None:
        return "not detected"
    if score < head.threshold:
        return f"{score:.2f} is below the threshold of {head.threshold:.2f}"
    return f"{score:.2f}, no new word"  # words only: silence and others, or one that was detected a moment ago


def _share(head: LiveHeader, value: float) -> float:
    """Return a score's position in the range of int8, 0..1."""
    low = (-128 - head.zero_point) * head.scale
    return (value - low) / (255 * head.scale) if head.scale else 0.0


def _scores(head: LiveHeader, reading: Reading | None, width: int, rows: int) -> RenderableType:
    """Return two rows for each class, smoothed above raw; one row each if there is little room."""
    if reading is None or not reading.scores:
        return Text((reading and advice(reading, head)) or "no scores", DIM)
    n_classes = len(reading.scores)
    order = list(range(n_classes))
    tall = 2 * n_classes <= rows
    if not tall and n_classes > rows:
        order = sorted(order, key=lambda index: -reading.smoothed[index])[:rows]
    name_width = min(_MAX_NAME_COLUMNS, max(cell_len(head.label(index)) for index in order))
    bar_width = max(4, width - name_width - 9)
    mark = None if head.threshold is None else _share(head, head.threshold)
    table = Table.grid(padding=(0, 1))
    for index in order:
        top = index == reading.top
        colour = class_colour(index)
        name = Text(set_cell_size(head.label(index), name_width), "bold" if top else DIM)
        smoothed, raw = reading.smoothed[index], reading.scores[index]
        table.add_row(
            name,
            bar(_share(head, smoothed), bar_width, colour, mark=mark),
            Text(f"{smoothed:6.2f}", "bold" if top else DIM),
        )
        if tall:
            table.add_row(Text(), thin_bar(_share(head, raw), bar_width, RAW), Text(f"{raw:6.2f}", RAW))
    return table


def _timeline(state: Snapshot, width: int) -> Text:
    """Return the recent past: a cell for each prediction, taller and coloured when something was detected."""
    text = Text(no_wrap=True)
    recent = state.readings[-max(1, width - 9) :]
    text.append("past  ".ljust(6), DIM)
    for reading in recent:
        if reading.status != "ok":
            text.append("╳", BAD)
        else:
            text.append(*(("▄", class_colour(reading.top)) if reading.detected else ("▁", TRACK)))
    return text


def _timings(head: LiveHeader, readings: tuple[Reading, ...], width: int) -> RenderableType:
    table = Table.grid(padding=(0, 1))
    good = [reading for reading in readings if reading.status == "ok"]
    stages = (
        ("capture", [reading.capture_ticks for reading in good]),
        ("preprocess", [reading.preprocess_ticks for reading in good]),
        ("invoke", [reading.invoke_ticks for reading in good]),
    )
    for name, ticks in stages:
        value = format_ticks(ticks[-1], head.tick_unit, head.tick_hz) if ticks else "–"
        table.add_row(
            Text(name.ljust(10), DIM),
            Text(value.rjust(10), "bold"),
            sparkline(ticks, max(4, min(60, width - 23)), ACCENT),
        )
    return Group(
        table,
        Text(_UNIT_REMARKS.get(head.tick_unit, head.tick_unit), f"italic {DIM}", no_wrap=True, overflow="ellipsis"),
    )


def _link(state: Snapshot, width: int) -> Text:
    """Return the link's figures, wrapped to the width between figures."""
    reading, link = state.reading, state.link
    dropped = (reading.device_dropped, reading.link_lost, reading.host_dropped) if reading else (0, 0, 0)
    counts = (
        (link.bad_frames, "bad frames"),
        (dropped[0], "device drops"),
        (dropped[1], "link losses"),
        (dropped[2], "host drops"),
        (link.retries, "retries"),
        (link.reconnects, "reconnects"),
    )
    items = [
        Text.assemble((f"{state.fps:.1f}", "bold"), (" predictions/s", DIM)),
        Text.assemble((f"{state.bytes_per_s / 1000:.1f}", "bold"), (" kB/s", DIM)),
        *(Text.assemble((str(n), f"bold {RAW}" if n else "bold"), (f" {name}", DIM)) for n, name in counts),
    ]
    lines = [items[0]]
    for item in items[1:]:
        if lines[-1].cell_len + 3 + item.cell_len <= width:
            lines[-1] = Text.assemble(lines[-1], "   ", item)
        else:
            lines.append(item)
    return Text("\n").join(lines)

"""The views that are shown during a capture."""

from __future__ import annotations

import io

import numpy as np
import pytest
from rich.console import Console
from tinyhost.datasets import Sample
from tinyhost.datasets.capture import CaptureEvent
from tinyhost.datasets.word_quality import WordVerdict
from tinyhost.device import SamplesItem
from tinyhost.errors import DeviceError
from tinyhost.protocol.status import Status
from tinyhost.views.capture import CaptureView, PicturesView, RecordingView, WordsView


def screen(view: CaptureView, event: CaptureEvent, columns: int = 100, rows: int = 30) -> str:
    out = Console(file=io.StringIO(), width=columns, height=rows, force_terminal=True, color_system=None)
    out.print(view.screen(event, columns, rows))
    assert isinstance(out.file, io.StringIO)
    return out.file.getvalue()


def said(view: CaptureView, event: CaptureEvent) -> str | None:
    text = view.take(event)
    return None if text is None else text.plain


def stored(file: str, **more: object) -> CaptureEvent:
    sample = Sample(file=file, sha256="", label=file.split("/", maxsplit=1)[0], time="")
    return CaptureEvent(kind="stored", sample=sample, **more)  # type: ignore[arg-type]


def piece(level: int, *, channels: int = 1) -> SamplesItem:
    samples = np.tile(np.array([[level], [-level]], np.int16), (50, channels))
    return SamplesItem(timestamp_us=0, position=0, lost=0, rate_hz=100.0, scale=1 / 32768, samples=samples)


def test_pictures_are_shown_and_counted_and_a_sensor_that_fails_is_reported() -> None:
    view = PicturesView("person", 3)
    event = stored("person/000001.png", pixels=np.full((96, 96), 200, np.uint8))
    assert said(view, event) is None
    shown = screen(view, event)
    assert "####" in shown  # a console without colours
    assert "1/3" in shown
    failed = CaptureEvent(kind="sensor_failed", error=DeviceError("no frame came", status=Status.SENSOR_TIMEOUT))
    assert said(view, failed) == "sensor: no frame came; asked again"


def test_what_is_wrong_with_pictures_is_reported_when_it_changes() -> None:
    view = PicturesView("person", 4)
    told = []
    for number, issues in enumerate([(), ("dark",), ("dark",), ("dark", "blurred"), ()]):
        sample = Sample(file=f"person/{number}.png", sha256="", label="person", time="", issues=issues)
        event = CaptureEvent(kind="stored", sample=sample, pixels=np.zeros((96, 96), np.uint8))
        told.append(said(view, event))
        assert all(issue in screen(view, event) for issue in issues)
    assert told == [None, "person/1.png: dark", None, "person/3.png: dark; blurred", None]


def test_a_word_is_prompted_heard_and_judged() -> None:
    view = WordsView("yes", 2)
    prompt = CaptureEvent(kind="prompt", piece=piece(10), seconds_left=1.0)
    assert said(view, prompt) is None
    assert "get ready  yes  ● ●" in screen(view, prompt)
    heard = CaptureEvent(kind="level", piece=piece(3277))
    view.take(heard)
    assert "-20 dBFS" in screen(view, heard)
    verdict = WordVerdict(reason="too quiet", detail="-60 dBFS, at least -42", level_dbfs=-60.0)
    rejected = CaptureEvent(kind="rejected", verdict=verdict)
    assert said(view, rejected) == "again, please: too quiet (-60 dBFS, at least -42)"
    assert "too quiet" in screen(view, rejected)
    assert said(view, CaptureEvent(kind="retake", verdict=verdict)) == "again"
    good = WordVerdict(reason="", detail="", level_dbfs=-21.4)
    assert said(view, stored("yes/1.wav", verdict=good)) == "yes/1.wav, -21 dBFS"
    assert "1/2" in screen(view, rejected)


def test_a_recording_says_how_long_is_left_and_its_files() -> None:
    view = RecordingView("normal", 60.0)
    running = CaptureEvent(kind="level", piece=piece(100, channels=3), seconds_left=42.0)
    assert said(view, running) is None
    assert "42 s to go" in screen(view, running)
    event = stored("normal/000001.csv")
    assert said(view, event) == "normal/000001.csv"
    assert "42 s to go" in screen(view, event)


@pytest.mark.parametrize("kind", [PicturesView, WordsView, RecordingView])
@pytest.mark.parametrize(("columns", "rows"), [(40, 10), (220, 70)])
def test_the_screen_fits_the_terminal(kind: type[CaptureView], columns: int, rows: int) -> None:
    view = kind("label", 5)
    event = CaptureEvent(kind="level", piece=piece(500), seconds_left=3.0)
    view.take(event)
    assert len(screen(view, event, columns, rows).splitlines()) <= rows

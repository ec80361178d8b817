"""tinyhost capture with a person at a terminal: one key for each word, and the first Ctrl-C ends it."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
from pathlib import Path

import pytest

from tests.commands import TINYHOST
from tests.stations import Station, Stations

pytestmark = pytest.mark.firmware

WORDS = ("capture", "--sensor", "mic", "--label", "yes", "--count", "3", "--countdown", "0", "--board", "native")


def capture(station: Station, folder: Path) -> tuple[subprocess.Popen[bytes], int]:
    """Start it in a terminal; return the process and where a person sits."""
    person, terminal = pty.openpty()
    process = subprocess.Popen(
        [str(TINYHOST), *WORDS, "--scene", "speech:yes?seed=1", "--data", str(folder)],
        env={**os.environ, "TINYHOST_STATE": str(station.state), "TERM": "xterm", "COLUMNS": "100"},
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
    )
    os.close(terminal)
    return process, person


def read_until(person: int, words: str) -> str:
    """Return what is shown, as plain text, up to these words, the end, or a minute of nothing."""
    data, shown = b"", ""
    while words not in shown and select.select([person], [], [], 60)[0]:
        try:
            data += os.read(person, 4096)
        except OSError:  # the process has ended
            break
        shown = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", data.decode("utf-8", "replace"))
    return shown


def test_a_key_keeps_a_word_and_the_first_interrupt_at_the_question_ends(stations: Stations, tmp_path: Path) -> None:
    process, person = capture(stations("native", "kws"), tmp_path)
    assert "1/3: Enter keep" in read_until(person, "q stop")
    os.write(person, b"k")  # no Enter
    assert "2/3: Enter keep" in read_until(person, "q stop")
    process.send_signal(signal.SIGINT)
    shown = read_until(person, "no such words")
    assert process.wait() == 130
    assert "stored 1 yes" in shown
    assert "Traceback" not in shown
    assert len(list(tmp_path.glob("yes/*.wav"))) == 1
    os.close(person)


def test_the_end_of_the_input_ends_and_keeps_what_was_stored(stations: Stations, tmp_path: Path) -> None:
    done = subprocess.run(
        [str(TINYHOST), *WORDS, "--review", "--scene", "speech:yes?seed=1", "--data", str(tmp_path)],
        env={**os.environ, "TINYHOST_STATE": str(stations("native", "kws").state)},
        input="\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert "stored 1 yes" in done.stderr
    assert "Traceback" not in done.stderr
    assert len(list(tmp_path.glob("yes/*.wav"))) == 1

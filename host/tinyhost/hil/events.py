"""The event log of a test run on one board: JSON lines that the plugin writes and the runner reads as they arrive.

A line is {"event": NAME, ...}. The file is complete up to the last line even when the run is killed, so a report of a
crashed run is complete up to the crash.

plan            tests: [ID], not_applicable: [{test, reason}], titles: {file: first line of its docstring}
    stage           text: what is going on before the tests: building, flashing
    identity        device: {field: value} of the INFO reply
    start           test
    elsewhere       test: of several boards that share the tests, another one takes it
    left            text: why a board that shares tests takes no more of them
    property        test, name, value
    bench           document: what a benchmark found, as `tinyhost bench --json` writes it
    end             test, outcome: passed | failed | skipped | rig | build, phase, seconds, text
    log             text: one line that the device wrote
    done            exit_code
"""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

__all__ = ["EventLog", "EventReader"]

Event = dict[str, Any]


class EventLog:
    """Appends events to a file, one write per line, from any thread."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8", buffering=1)
        self._lock = threading.Lock()

    def write(self, event: str, **values: Any) -> None:
        """Append one event."""
        line = json.dumps({"event": event, **values}, ensure_ascii=True) + "\n"
        with self._lock:
            if not self._file.closed:
                self._file.write(line)

    def close(self) -> None:
        """Close the file; later events are not written."""
        with self._lock:
            self._file.close()


class EventReader:
    """Reads the events that were appended since the last call."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0

    def new_events(self) -> list[Event]:
        """Return the complete lines written since the last call; a partial last line is read later."""
        if not self._path.exists():
            return []
        with self._path.open("rb") as file:
            file.seek(self._offset)
            data = file.read()
        complete = data[: data.rfind(b"\n") + 1]
        self._offset += len(complete)
        return [json.loads(line) for line in complete.splitlines() if line.strip()]

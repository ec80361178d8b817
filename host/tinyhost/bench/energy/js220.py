"""Jetperch's Joulescope JS220 through its own package, the extra `meter`: current, voltage and digital inputs.

Each signal has messages of its own; a sample combines the values of one moment. Topics and messages: the
package pyjoulescope_driver 2.2, its record.py.
"""

from __future__ import annotations

import queue
from collections.abc import Generator, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tinyhost.bench.energy.samples import PowerSamples
from tinyhost.errors import BoardNotFoundError, LinkTimeoutError, MissingToolError
from tinyhost.system.installation import with_extra

__all__ = ["RATE_HZ", "Aligner", "Js220"]

RATE_HZ = 100_000
"""Of the rates that it offers, the PPK2's: windows of an inference have hundreds of samples or more."""
_ANSWER_S = 3.0


class Aligner:
    """Combines the messages of several signals to samples."""

    def __init__(self, inputs: Sequence[int]) -> None:
        self._inputs = tuple(inputs)
        nothing = (np.zeros(0, np.int64), np.zeros(0))
        self._waiting: dict[str, tuple[NDArray[np.int64], NDArray[np.float64]]] = dict.fromkeys(
            ("i", "v", *(f"gpi/{number}" for number in inputs)), nothing
        )
        self._next: int | None = None

    @property
    def signals(self) -> tuple[str, ...]:
        """The names of the required topics."""
        return tuple(self._waiting)

    def take(self, signal: str, message: dict[str, Any]) -> PowerSamples | None:
        """Return the samples that a message completes, if any. Incomplete ones are counted as lost."""
        data = np.asarray(message["data"])
        values = np.unpackbits(data, bitorder="little") if signal.startswith("gpi") else data
        first = int(message["sample_id"]) // int(message["decimate_factor"])
        positions, before = self._waiting[signal]
        kept = positions < first  # the last bits of a byte may belong to the next message
        self._waiting[signal] = (
            np.concatenate([positions[kept], first + np.arange(len(values))]),
            np.concatenate([before[kept], values.astype(np.float64)]),
        )
        return self._completed()

    def _completed(self) -> PowerSamples | None:
        if any(not len(positions) for positions, _ in self._waiting.values()):
            return None
        end = min(int(positions[-1]) for positions, _ in self._waiting.values()) - 7
        common = self._waiting["i"][0]
        for positions, _ in self._waiting.values():
            common = np.intersect1d(common, positions, assume_unique=True)
        common = common[common < end]
        if not len(common):
            return None
        columns = {name: values[np.isin(positions, common)] for name, (positions, values) in self._waiting.items()}
        for name, (positions, values) in self._waiting.items():
            later = positions > common[-1]
            self._waiting[name] = positions[later], values[later]
        begin = int(common[0]) if self._next is None else self._next
        self._next = int(common[-1]) + 1
        markers = np.zeros(len(common), np.uint8)
        for number in self._inputs:
            markers |= columns[f"gpi/{number}"].astype(np.uint8) << number
        return PowerSamples(
            rate_hz=RATE_HZ,
            volts=columns["v"],
            positions=common,
            amps=columns["i"],
            markers=markers,
            lost=self._next - begin - len(common),
        )


class Js220:
    """A meter on USB."""

    name = "JS220"

    def __init__(self, serial: str | None, inputs: Sequence[int]) -> None:
        """Open it. Raises MissingToolError without the package, BoardNotFoundError unless it is there."""
        self._driver = _driver()
        self._inputs = tuple(inputs)
        paths = [path for path in self._driver.device_paths() if "/js220/" in path]
        found = [path for path in paths if serial is None or path.endswith(f"/{serial}")]
        if len(found) != 1:
            self._driver.finalize()
            wanted = f"JS220 {serial}" if serial else "one JS220"
            raise BoardNotFoundError(
                f"{wanted}: found {', '.join(paths) or 'none'}", hint="plug it in; js220:SERIAL selects one of several"
            )
        self._path = found[0]
        self._driver.open(self._path)
        self._driver.publish(f"{self._path}/h/fs", RATE_HZ)
        self._driver.publish(f"{self._path}/s/i/range/mode", "auto")

    def measure(self) -> Generator[PowerSamples, None, None]:
        """Yield pieces of samples until the generator is closed. Raises LinkTimeoutError if none arrive."""
        aligner = Aligner(self._inputs)
        messages: queue.Queue[tuple[str, dict[str, Any]]] = queue.Queue()
        topics = {f"{self._path}/s/{signal}/!data": signal for signal in aligner.signals}

        def take(topic: str, message: dict[str, Any]) -> None:
            messages.put((topics[topic], message))

        try:
            for topic, signal in topics.items():
                self._driver.subscribe(topic, ["pub"], take)
                self._driver.publish(f"{self._path}/s/{signal}/ctrl", 1)
            while True:
                signal, message = messages.get(timeout=_ANSWER_S)
                if samples := aligner.take(signal, message):
                    yield samples
        except queue.Empty:
            raise LinkTimeoutError(f"JS220: no sample in {_ANSWER_S:g} s", hint="plug it in again") from None
        finally:
            for topic, signal in topics.items():
                with suppress(Exception):
                    self._driver.publish(f"{self._path}/s/{signal}/ctrl", 0)
                    self._driver.unsubscribe(topic, take)

    def close(self) -> None:
        """Release it."""
        self._driver.close(self._path)
        self._driver.finalize()


def _driver() -> Any:
    try:
        from pyjoulescope_driver import Driver
    except ImportError as exc:
        raise MissingToolError("js220: needs the Python package pyjoulescope_driver", hint=with_extra("meter")) from exc
    return Driver()

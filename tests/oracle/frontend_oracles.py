"""Independent frontends: TFLM's microfrontend (pymicro-features), its signal operators and its graph of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tinyhost.audio.features import FrontendConfig, FrontendVariant

from tests.oracle.fdlibm_process import fdlibm_process
from tests.oracle.signal_graph import signal_graph

__all__ = ["MICROFRONTEND", "Graph", "Microfrontend", "microfrontend_rows"]

MICROFRONTEND = FrontendConfig(stride_ms=10, variant=FrontendVariant.MICROFRONTEND)
"""What pymicro-features is compiled with."""
_PIECE_BYTES = 2 * MICROFRONTEND.stride_samples
_STEP = 0.0390625  # by which pymicro-features multiplies


class Microfrontend:
    """pymicro-features as a stream, in a process whose log1pf is fdlibm's (fdlibm_process.py)."""

    def __init__(self) -> None:
        self._key = next(_KEYS)

    def feed(self, pcm: NDArray[np.int16]) -> NDArray[np.uint16]:
        """Return the raw features, (n_strides, 40), of the strides that whole pieces of 10 ms complete."""
        return fdlibm_process().submit(_feed, self._key, pcm).result()


class _Stream:
    """The state of a stream in that process."""

    def __init__(self) -> None:
        import micro_features_cpp

        self._library = micro_features_cpp
        self._frontend = micro_features_cpp.create_frontend()
        self._held = b""

    def feed(self, pcm: NDArray[np.int16]) -> NDArray[np.uint16]:
        content, rows, position = self._held + pcm.tobytes(), [], 0
        while position + _PIECE_BYTES <= len(content):
            piece = content[position : position + _PIECE_BYTES]
            row, n_taken = self._library.process_samples(self._frontend, piece)
            position += 2 * n_taken
            if row:
                rows.append(row)
        self._held = content[position:]
        scaled = np.array(rows).reshape(-1, MICROFRONTEND.n_channels) / _STEP
        raw: NDArray[np.uint16] = np.rint(scaled).astype(np.uint16)
        return raw


def _feed(key: int, pcm: NDArray[np.int16]) -> NDArray[np.uint16]:
    return _STREAMS.setdefault(key, _Stream()).feed(pcm)


_KEYS = itertools.count()
_STREAMS: dict[int, _Stream] = {}


def microfrontend_rows(pcm: NDArray[np.int16]) -> NDArray[np.uint16]:
    """Return pymicro-features' raw features of a recording, (n_strides, 40)."""
    return Microfrontend().feed(pcm)


class Graph:
    """A graph of signal operators in the `tflite-micro` wheel, which keeps its noise estimates."""

    def __init__(self, config: FrontendConfig, model: Path | None = None) -> None:
        """model: instead of signal_graph's, of the same input; its features are int8 then."""
        from tflite_micro import runtime

        self.config = config
        content = model.read_bytes() if model else signal_graph(config)
        self._interpreter = runtime.Interpreter.from_bytes(content)

    def rows(self, windows: Iterable[NDArray[np.int16]]) -> NDArray[np.int16]:
        """Return the features of windows of samples, (n_windows, n_channels); raw ones without a model of one's own."""
        rows = []
        for window in windows:
            self._interpreter.set_input(window[np.newaxis], 0)
            self._interpreter.invoke()
            rows.append(np.array(self._interpreter.get_output(0), np.int16).ravel())
        return np.array(rows, np.int16).reshape(-1, self.config.n_channels)

    def rows_of(self, pcm: NDArray[np.int16]) -> NDArray[np.int16]:
        """Return the features of a recording."""
        size, stride = self.config.window_samples, self.config.stride_samples
        return self.rows(pcm[start : start + size] for start in range(0, len(pcm) - size + 1, stride))

"""Compare the frontend with TFLM's over hours of mixed sound: .venv/bin/python -m scripts.frontend_parity --hours 1

At 10 ms with pymicro-features, at 20 ms with the `tflite-micro` wheel's signal operators, for a part on m4 too. With
--preprocessor audio_preprocessor_int8.tflite also with that graph, int8 at 20 ms. Exits 1 if a single feature differs.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tinyhost.audio.features import FeatureStream, FrontendConfig, quantized

from tests.oracle.frontend_oracles import MICROFRONTEND, Graph, Microfrontend
from tests.oracle.frontend_program import run_program
from tests.oracle.frontend_sounds import mixed_sound

_Pcm = NDArray[np.int16]
_Rows = Callable[[_Pcm], NDArray[np.integer]]


def _windows_of(graph: Graph) -> _Rows:
    """Return the graph as a stream: it keeps the samples that the next window needs."""
    held = np.zeros(0, np.int16)

    def rows(pcm: _Pcm) -> NDArray[np.integer]:
        nonlocal held
        held = np.concatenate([held, pcm])
        result = graph.rows_of(held)
        held = held[len(result) * graph.config.stride_samples :]
        return result

    return rows


def _pairs(preprocessor: Path | None) -> dict[str, tuple[_Rows, _Rows]]:
    """Return ours and theirs, as streams, by name."""
    config = FrontendConfig()
    pairs: dict[str, tuple[_Rows, _Rows]] = {
        "pymicro-features, 10 ms": (FeatureStream(MICROFRONTEND).feed, Microfrontend().feed),
        "signal operators, 20 ms": (FeatureStream(config).feed, _windows_of(Graph(config))),
    }
    if preprocessor:
        stream = FeatureStream(config)
        pairs[f"{preprocessor.name}, 20 ms"] = (
            lambda pcm: quantized(stream.feed(pcm)),
            _windows_of(Graph(config, preprocessor)),
        )
    return pairs


def _compare_m4(minutes: float, seed: int) -> bool:
    sound = np.concatenate(list(mixed_sound(minutes * 60, seed)))
    equal = True
    for config in (FrontendConfig(), MICROFRONTEND):
        with tempfile.TemporaryDirectory() as folder:
            rows, cost = run_program("m4", "O2", sound, config, Path(folder))
        n_wrong = int(np.sum(rows != FeatureStream(config).feed(sound)))
        equal &= n_wrong == 0
        print(
            f"m4, {config.stride_ms} ms: {minutes:g} min, {rows.size:,} features, {n_wrong} differ; "
            f"{cost.mean:,} {cost.unit} a stride, at most {cost.max:,}"
        )
    return equal


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=1.0)
    parser.add_argument("--m4-minutes", type=float, default=3.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--preprocessor", type=Path)
    arguments = parser.parse_args()

    pairs = _pairs(arguments.preprocessor)
    n_features, n_wrong = Counter[str](), Counter[str]()
    n_samples = 0
    for section in mixed_sound(arguments.hours * 3600, arguments.seed):
        n_samples += len(section)
        for name, (ours, theirs) in pairs.items():
            expected, got = theirs(section), ours(section)
            if expected.shape != got.shape:
                raise RuntimeError(f"{name}: expected {expected.shape} features, got {got.shape}")
            n_features[name] += got.size
            n_wrong[name] += int(np.sum(expected != got))
        print(f"\r{n_samples / 960_000:.1f} min, {n_wrong.total()} differ", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    for name in pairs:
        print(f"{name}: {n_samples / 960_000:.1f} min, {n_features[name]:,} features, {n_wrong[name]} differ")
    m4_equal = _compare_m4(arguments.m4_minutes, arguments.seed + 1) if arguments.m4_minutes else True
    return 0 if m4_equal and not n_wrong.total() else 1


if __name__ == "__main__":
    sys.exit(main())

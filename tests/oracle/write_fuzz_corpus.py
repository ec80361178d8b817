"""Writes small valid model images, one or more per operator: seeds for firmware/fuzz/fuzz_model_image.cpp.

python -m tests.oracle.write_fuzz_corpus DIRECTORY
"""

from __future__ import annotations

import hashlib
import sys
import warnings
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NonInteractiveExampleWarning
from tinyhost.compiler import compile_tflite

from tests.oracle.several_ends import several_ends
from tests.oracle.sketch import Sketch
from tests.oracle.strategies import OPERATOR_MODELS

_PER_OPERATOR = 4
_MAX_BYTES = 4096
_SMALL_TILES = [Sketch((1, *size, 8)).conv(n_out, 3).tflite() for size in ((2, 3), (2, 8), (4, 4)) for n_out in (4, 8)]
"""WINOGRAD_CONV_2D of so few steps that the fuzzer runs it."""


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)  # noqa: T201
        return 2
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    warnings.simplefilter("ignore", NonInteractiveExampleWarning)
    drawn = (models.map(lambda model: model.data) for models in OPERATOR_MODELS.values())
    for strategy in (*drawn, several_ends(), st.sampled_from(_SMALL_TILES)):

        @settings(
            max_examples=_PER_OPERATOR,
            phases=[Phase.generate],
            derandomize=True,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(tflite=strategy)
        def write(tflite: bytes) -> None:
            shape = compile_tflite(tflite, name="seed").parsed.output.shape
            n = shape[-1] if shape else 0
            labels = [f"l{i}" for i in range(n)] if 0 < n < 4 else []
            for arena_bytes in (None, 0):
                winograd = arena_bytes is None
                compiled = compile_tflite(
                    tflite, name="seed", labels=labels, arena_bytes=arena_bytes, winograd=winograd
                )
                image = compiled.image
                if len(image) <= _MAX_BYTES:
                    (folder / hashlib.sha256(image).hexdigest()[:16]).write_bytes(image)

        write()
    print(f"{len(list(folder.iterdir()))} seeds in {folder}")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Record what TFLM's frontends make of `extreme_sound`: .venv/bin/python -m tests.oracle.record_frontend_vectors

Writes frontend_vectors.json, for Pythons without the `tflite-micro` wheel, and the same for the firmware's tests. The
wheel's signal operators give the features of FrontendVariant.SIGNAL, pymicro-features those of MICROFRONTEND.
"""

from __future__ import annotations

import dataclasses
import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tinyhost.audio.features import FrontendConfig, FrontendVariant

from tests.oracle.frontend_oracles import MICROFRONTEND, Graph, microfrontend_rows
from tests.oracle.frontend_sounds import extreme_sound

__all__ = ["HEADER", "N_SAMPLES", "VECTORS", "crc_of", "header_text"]

_ROOT = Path(__file__).resolve().parents[2]
VECTORS = _ROOT / "tests/oracle/frontend_vectors.json"
HEADER = _ROOT / "firmware/test/support/frontend_vectors.h"
N_SAMPLES = 32_000

_CONFIGS = (
    FrontendConfig(),
    MICROFRONTEND,
    FrontendConfig(stride_ms=10),
    FrontendConfig(window_ms=25, stride_ms=10, n_channels=32, upper_band_hz=7600),
    FrontendConfig(window_ms=32, stride_ms=32, n_channels=64, lower_band_hz=20, upper_band_hz=8000 - 100),
    FrontendConfig(sample_rate_hz=8000, window_ms=30, stride_ms=20, n_channels=20, upper_band_hz=3800),
    FrontendConfig(sample_rate_hz=8000, window_ms=16, stride_ms=8, n_channels=10, upper_band_hz=3500),
)


def crc_of(rows: NDArray[np.integer]) -> int:
    """Return the CRC-32 of raw features as little-endian uint16."""
    return zlib.crc32(rows.astype("<u2").tobytes())


def header_text(vectors: list[dict[str, Any]]) -> str:
    """Return the vectors as the firmware's tests include them."""
    lines = []
    for vector in vectors:
        fields = dict(vector["config"])
        variant = "kSignal" if fields.pop("variant") == FrontendVariant.SIGNAL else "kMicrofrontend"
        order = ("sample_rate_hz", "window_ms", "stride_ms", "lower_band_hz", "upper_band_hz", "n_channels")
        values = ", ".join(str(fields[name]) for name in order)
        config = f"{{{values}, FrontendVariant::{variant}}}"
        lines.append(f"    {{{config}, {vector['n_rows']}, 0x{vector['crc32']:08X}}},")
    return "\n".join(
        [
            "#pragma once",
            "",
            "// Recorded from TFLM by tests/oracle/record_frontend_vectors.py.",
            "",
            '#include "frontend/frontend.h"',
            "",
            "namespace tinyhost {",
            "",
            f"constexpr size_t kFrontendVectorSamples = {N_SAMPLES};",
            "",
            "struct FrontendVector {",
            "  FrontendConfig config;",
            "  size_t n_rows;",
            "  uint32_t crc32;  // of the raw features, as bytes",
            "};",
            "",
            "constexpr FrontendVector kFrontendVectors[] = {",
            *lines,
            "};",
            "",
            "}  // namespace tinyhost",
            "",
        ]
    )


def _record(config: FrontendConfig) -> dict[str, Any]:
    sound = extreme_sound(N_SAMPLES)
    rows = microfrontend_rows(sound) if config == MICROFRONTEND else Graph(config).rows_of(sound)
    middle = len(rows) // 2
    return {
        "config": dataclasses.asdict(config),
        "n_rows": len(rows),
        "crc32": crc_of(rows),
        "row": {"index": middle, "raw": rows[middle].tolist()},
    }


def main() -> None:
    vectors = [_record(config) for config in _CONFIGS]
    VECTORS.write_text(json.dumps(vectors, indent=1) + "\n", encoding="utf-8")
    HEADER.write_text(header_text(vectors), encoding="utf-8")


if __name__ == "__main__":
    main()

"""A process in which log1pf rounds as fdlibm's, with which TFLM's tables were made, whatever C library is here.

pymicro-features makes its filters with the C library's log1pf. From 2.41 on (Debian 13) glibc's rounds correctly, which
moves two weights by 1 of 4096; where a sound fades into quiet, features then differ by more than a hundred.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import tempfile
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from tests.oracle.signal_graph import log1pf

__all__ = ["fdlibm_process"]

_FREQUENCIES = [np.float32(31.25 * i) / np.float32(700) for i in range(257)]
"""All that pymicro-features takes the logarithm of."""

_SOURCE = """
extern "C" double log1p(double);
extern "C" float log1pf(float x) {
  static const float kRounded[][2] = {%s};
  for (auto& row : kRounded) if (row[0] == x) return row[1];
  return static_cast<float>(log1p(x));
}
"""


@cache
def fdlibm_process() -> ProcessPoolExecutor:
    """Return a pool of one such process, on Linux."""
    rows = ", ".join(f"{{{float(x).hex()}f, {float(log1pf(x)).hex()}f}}" for x in _FREQUENCIES)
    pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "log1pf.so"
        command = ["g++", "-std=c++17", "-O1", "-fno-builtin", "-shared", "-fPIC", "-x", "c++", "-", "-o", str(library)]
        subprocess.run(command, input=_SOURCE % rows, text=True, check=True)
        before = os.environ.get("LD_PRELOAD")
        os.environ["LD_PRELOAD"] = f"{library}:{before}" if before else str(library)
        try:
            n_other = pool.submit(_n_rounded_otherwise).result()
        finally:
            del os.environ["LD_PRELOAD"]
            if before:
                os.environ["LD_PRELOAD"] = before
    if n_other:
        raise RuntimeError(f"LD_PRELOAD: {n_other} of {len(_FREQUENCIES)} logarithms are not fdlibm's")
    return pool


def _n_rounded_otherwise() -> int:
    function = ctypes.CDLL(None).log1pf
    function.restype, function.argtypes = ctypes.c_float, [ctypes.c_float]
    return sum(function(x) != float(log1pf(x)) for x in _FREQUENCIES)

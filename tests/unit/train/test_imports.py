"""TensorFlow is loaded by training, not by importing what trains."""

from __future__ import annotations

import subprocess
import sys

PROBE = """
import sys
import tinyhost.train.vww, tinyhost.train.keras_feed, tinyhost.train.quantize, tinyhost.train.warm_start
import tinyhost.train.mobilenet, tinyhost.train.tensor_names, tinyhost.models.catalogue
print(sorted({"tensorflow", "keras", "pooch", "requests"} & set(sys.modules)))
"""


def test_importing_the_modules_loads_nothing_heavy() -> None:
    done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

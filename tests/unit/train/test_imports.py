"""TensorFlow is loaded by training, not by importing the training code."""

from __future__ import annotations

import subprocess
import sys

PROBE = """
import importlib, pkgutil, sys
import tinyhost.train
for module in pkgutil.walk_packages(tinyhost.train.__path__, "tinyhost.train."):
    importlib.import_module(module.name)
print(sorted({"tensorflow", "keras", "tf_keras", "sklearn", "requests"} & set(sys.modules)))
"""


def test_importing_the_modules_loads_nothing_heavy() -> None:
    done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

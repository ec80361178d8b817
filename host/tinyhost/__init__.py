"""Hardware-in-the-loop toolkit and serial host for TinyML on the Arduino Nano 33 BLE Sense."""

from __future__ import annotations

import sys

__all__ = ["__version__"]

__version__ = "0.1.0"

if "free-threading" in sys.version:  # its own words, on all systems
    raise ImportError(
        f"tinyhost does not run on free-threaded builds of Python, as {sys.executable} is one: "
        f"use python{sys.version_info[0]}.{sys.version_info[1]} without the t"
    )

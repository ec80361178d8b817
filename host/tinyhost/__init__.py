"""Hardware-in-the-loop toolkit and serial host for TinyML on the Arduino Nano 33 BLE Sense."""

from __future__ import annotations

__all__ = ["__version__"]

__version__ = "0.1.0"

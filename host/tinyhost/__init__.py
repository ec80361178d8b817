"""Hardware-in-the-loop toolkit and serial host for TinyML on the Arduino Nano 33 BLE Sense."""

from __future__ import annotations

import sys

__all__ = ["__version__"]

__version__: str

if "free-threading" in sys.version:  # its own words, on all systems
    raise ImportError(
        f"tinyhost does not run on free-threaded builds of Python, as {sys.executable} is one: "
        f"use python{sys.version_info[0]}.{sys.version_info[1]} without the t"
    )


def __getattr__(name: str) -> str:
    """Return `__version__`, that of what is installed: the release's tag. It is looked up when it is asked for."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import version

    return version("tinyhost-hil")

"""Training: from a folder of samples to an int8 `.tflite` with its card and figures.

The only package that imports TensorFlow, and only inside functions: importing it costs nothing.
"""

from __future__ import annotations

__all__: list[str] = []

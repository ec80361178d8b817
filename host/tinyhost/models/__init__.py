"""Model files: read and compiled (file), in figures (summary), against a board's limits (fits), put on it (push).

Also what a board is compared with (reference, reconstruction), and models to start from (catalogue, download).
"""

from __future__ import annotations

__all__: list[str] = []

"""Libraries that a few tests compare with: every worker collects all tests, and imports only what its own tests use."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["lazily"]


class _Lazily:
    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("_"):  # pytest asks every object of a test module whether it is a fixture
            raise AttributeError(attribute)
        return getattr(import_module(self._name), attribute)


def lazily(name: str) -> Any:
    """Return a module that is imported when the first of its attributes is read."""
    return _Lazily(name)

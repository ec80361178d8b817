"""Python without the GIL is rejected in one sentence, before anything else fails."""

from __future__ import annotations

import importlib
import sys

import pytest
import tinyhost


def test_a_free_threaded_python_is_refused_at_import(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version", "3.14.0 free-threading build (main, Oct  7 2025) [GCC 14.2.0]")
    with pytest.raises(ImportError, match="does not run on free-threaded builds of Python"):
        importlib.reload(tinyhost)

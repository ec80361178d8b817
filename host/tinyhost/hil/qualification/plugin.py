"""Puts the qualification of the rig before the first test of a run and after the last one."""

from __future__ import annotations

from pathlib import Path

import pytest

__all__ = ["QUALIFICATION", "Qualifying"]

QUALIFICATION = "qualification"
"""prefix of the checks' test ids"""


class Qualifying:
    """The pytest hook, for boards with `qualify` in the rig file."""

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, session: pytest.Session, items: list[pytest.Item]) -> None:
        """Add the two checks, after everything else that chooses tests."""
        if not items:
            return
        path = Path(__file__).with_name("checks.py")
        module = pytest.Module.from_parent(session, path=path, nodeid=QUALIFICATION)
        checks = {item.name: item for item in module.collect() if isinstance(item, pytest.Item)}
        items.insert(0, checks["test_before_the_run"])
        items.append(checks["test_after_the_run"])

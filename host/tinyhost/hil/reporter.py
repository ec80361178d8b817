"""Writes the events of a pytest run to the event log; registered only with --hil-events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tinyhost.hil.events import EventLog

__all__ = ["EventReporter"]


class EventReporter:
    """The pytest hooks of the event log."""

    def __init__(self, log: EventLog, not_applicable: Callable[[], list[tuple[str, str]]]) -> None:
        self._log = log
        self._not_applicable = not_applicable

    def observe(self, event: str, **values: Any) -> None:
        """Write an event of the station: stage, identity, log."""
        self._log.write(event, **values)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Write the planned tests, and those that do not apply."""
        entries = [{"test": test, "reason": reason} for test, reason in self._not_applicable()]
        tests = [item.nodeid for item in session.items]
        self._log.write("plan", tests=tests, not_applicable=entries, titles=_titles(session.items))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Write a test file that cannot be loaded as a failure."""
        if report.failed:
            text = report.longreprtext
            self._log.write("end", test=report.nodeid, outcome="failed", phase="collect", seconds=0.0, text=text)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Write that a test begins."""
        self._log.write("start", test=nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write a test's result; a failed teardown gives a second one."""
        if report.when != "call" and report.passed:
            return
        properties = {str(name): str(value) for name, value in report.user_properties}
        fault = properties.get("fault", "test")
        for name, value in properties.items():
            self._log.write("property", test=report.nodeid, name=name, value=value)
        outcome = report.outcome if not report.failed or fault == "test" else fault
        text = "" if report.passed else _text_of(report)
        phase = report.when or "call"
        self._log.write("end", test=report.nodeid, outcome=outcome, phase=phase, seconds=report.duration, text=text)

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Write the regular end of the run."""
        self._log.write("done", exit_code=int(exitstatus))
        self._log.close()


def _titles(items: list[pytest.Item]) -> dict[str, str]:
    """Return the first line of each test file's docstring, by the file's part of the node id."""
    titles = {}
    for item in items:
        module = item.getparent(pytest.Module)
        doc = (module.obj.__doc__ if module else None) or ""
        titles[item.nodeid.partition("::")[0]] = doc.strip().partition("\n")[0]
    return titles


def _text_of(report: pytest.TestReport) -> str:
    """Return the failure, or the reason of a skip, with the plugin's additions."""
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""  # of a skip
    text = reason or report.longreprtext
    sections = [f"--- {title} ---\n{body}" for title, body in report.sections if body.strip()]
    return "\n".join([text, *sections])

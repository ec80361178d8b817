"""What every run of the tests says first."""

from __future__ import annotations

import signal

from tests.oracle.oracle import describe_oracle

__all__ = ["pytest_configure", "pytest_report_header"]


def pytest_configure() -> None:
    """Let Ctrl-C reach the programs that tests start: a runner that was started in the background ignores it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_report_header() -> str:
    """Name the oracle of tests/oracle, so that a log tells what the engine was compared with."""
    return f"oracle: {describe_oracle()}"

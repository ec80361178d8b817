"""What every run of the tests says first."""

from __future__ import annotations

from tests.oracle.oracle import describe_oracle

__all__ = ["pytest_report_header"]


def pytest_report_header() -> str:
    """Name the oracle of tests/oracle, so that a log tells what the engine was compared with."""
    return f"oracle: {describe_oracle()}"

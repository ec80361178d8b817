"""PlatformIO's doctest runner with the doctest of the system (Debian: doctest-dev), not one from its registry."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from platformio.public import TestCase, TestStatus
from platformio.test.exception import UnitTestError
from platformio.test.runners.doctest import DoctestTestRunner

_SUMMARY = re.compile(r"\[doctest\] test cases: *(\d+) *\| *(\d+) passed")
_INCLUDES = ("/usr/include", "/usr/local/include", "/opt/homebrew/include")


class CustomTestRunner(DoctestTestRunner):  # type: ignore[misc]
    """Runs doctest programs. One that ends without doctest's summary, or with no test case in it, has failed."""

    EXTRA_LIB_DEPS = None

    def configure_build_env(self, env: Any) -> Any:
        """Let every compiler see doctest, and nothing else of the system: a cross compiler must not see its headers."""
        folder = Path(env.subst("$BUILD_DIR")) / "include"
        folder.mkdir(parents=True, exist_ok=True)
        link = folder / "doctest"
        link.unlink(missing_ok=True)
        link.symlink_to(_doctest())
        env.Append(CPPPATH=[str(folder)])
        return env

    def on_testing_line_output(self, line: str) -> None:
        """Count what doctest sums up: it names only the test cases that fail."""
        summary = _SUMMARY.search(line)
        if summary:
            status = TestStatus.PASSED if int(summary[2]) > 0 else TestStatus.FAILED
            self.test_suite.add_case(TestCase(f"{summary[2]} of {summary[1]} test cases", status))
        super().on_testing_line_output(line)

    def stage_testing(self) -> None:
        """Run the program; one that ends early, however well, has failed."""
        super().stage_testing()
        if not self.options.without_testing and not self.test_suite.cases:
            raise UnitTestError("it ended without doctest's summary")


def _doctest() -> Path:
    for folder in _INCLUDES:
        if (Path(folder) / "doctest" / "doctest.h").is_file():
            return Path(folder) / "doctest"
    raise SystemExit("doctest/doctest.h is not installed: sudo apt-get install doctest-dev")

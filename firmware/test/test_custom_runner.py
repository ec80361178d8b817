"""PlatformIO's doctest runner with the doctest of the system (Debian: doctest-dev) in place of one from PlatformIO's registry."""

from __future__ import annotations

from platformio.public import TestStatus
from platformio.test.runners.doctest import DoctestTestRunner


class CustomTestRunner(DoctestTestRunner):  # type: ignore[misc]
    """Runs doctest programs; one that ends without doctest's summary has failed."""

    EXTRA_LIB_DEPS = None

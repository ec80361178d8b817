"""Classification of a failure: rig, build, or test, which means firmware or model."""

from __future__ import annotations

from typing import Literal

from tinyhost.errors import (
    BoardError,
    BuildError,
    ConfigError,
    DatasetError,
    LinkError,
    MissingToolError,
    StimulusError,
)

__all__ = ["Fault", "fault_of", "may_be_of_firmware"]

Fault = Literal["rig", "build", "test"]


def fault_of(error: BaseException) -> Fault:
    """Return the class of a failure by the type of its exception.

    A LinkError is the rig's here. If it is raised in a test's body, the plugin looks closer: a board that answers again
    after a reset had firmware that hung, which is a failed test.
    """
    if isinstance(error, (BuildError, MissingToolError)):
        return "build"
    if isinstance(error, (BoardError, LinkError, ConfigError, DatasetError)):
        return "rig"
    return "test"


def may_be_of_firmware(error: BaseException) -> bool:
    """Return whether a rig fault in a test's body may be firmware that hung, unlike a missing mark or a wrong file."""
    return isinstance(error, (BoardError, LinkError)) and not isinstance(error, StimulusError)

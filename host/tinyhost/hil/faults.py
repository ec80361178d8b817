"""Whose fault a failed test is: the rig's, the build's, or the test's, which means firmware or model."""

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
    """Return whose fault an exception is, by its type.

    A LinkError is the rig's here. The plugin looks closer when it comes out of a test's body: a board that answers
    again after a reset had firmware that hung, and that is the test's finding.
    """
    if isinstance(error, (BuildError, MissingToolError)):
        return "build"
    if isinstance(error, (BoardError, LinkError, ConfigError, DatasetError)):
        return "rig"
    return "test"


def may_be_of_firmware(error: BaseException) -> bool:
    """Return whether a rig fault in a test's body may be firmware that hung; a missing mark or wrong file is none."""
    return isinstance(error, (BoardError, LinkError)) and not isinstance(error, StimulusError)

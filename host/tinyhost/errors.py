"""Every error that tinyhost raises on purpose.

    TinyhostError
    ├── UsageError              what was asked for makes no sense
    ├── ConfigError             a rig, scene or project file is wrong
    ├── ProtocolError           bytes that no frame or message allows
    │   └── VersionMismatchError
    ├── LinkError               bytes do not get through
    │   ├── LinkTimeoutError
    │   ├── LinkLostError       the port vanished
    │   │   └── RouteLostError  what leads to a board on another machine has ended
    │   └── PortBusyError
    ├── DeviceError             the device answered with a status other than OK
    ├── BoardError              a board cannot be found, built, started or flashed
    │   ├── BoardNotFoundError
    │   ├── BuildError
    │   ├── StimulusError       a stimulus of the rig did not reach the sensor, or the rig is out of its limits
    │   ├── FirmwareFileError   a file is no program for the board
    │   ├── WrongBoardError     it is not the board that the program is for; nothing was erased
    │   └── UploadError         the program did not get onto the board
    │       └── NotBackError    it did, and the board does not answer
    ├── ModelError              a model file is not what it should be
    │   ├── UnsupportedModelError   valid, but the engine lacks something it needs
    │   └── ModelTooLargeError
    ├── DatasetError            captured or given data is not what it should be
    ├── DownloadError           a file could not be fetched, or is not the one expected
    ├── MissingToolError        a program or library that this command needs is not installed
    └── CheckFailedError        a command's check ran and does not hold

Branch on the type, never on the text. Only tinyhost.cli prints or exits.
"""

from __future__ import annotations

__all__ = [
    "BoardError",
    "BoardNotFoundError",
    "BuildError",
    "CheckFailedError",
    "ConfigError",
    "DatasetError",
    "DeviceError",
    "DownloadError",
    "FirmwareFileError",
    "LinkError",
    "LinkLostError",
    "LinkTimeoutError",
    "MissingToolError",
    "ModelError",
    "ModelTooLargeError",
    "NotBackError",
    "PortBusyError",
    "ProtocolError",
    "RouteLostError",
    "StimulusError",
    "TinyhostError",
    "UnsupportedModelError",
    "UploadError",
    "UsageError",
    "VersionMismatchError",
    "WrongBoardError",
]


class TinyhostError(Exception):
    """Base of all: `message` says what, where, expected and got; `hint` says what to do next."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(TinyhostError):
    """What was asked for makes no sense."""


class ConfigError(TinyhostError):
    """A rig, scene or project file is wrong."""


class ProtocolError(TinyhostError):
    """Bytes that no frame or message allows."""


class VersionMismatchError(ProtocolError):
    """Host and firmware share no protocol version."""


class LinkError(TinyhostError):
    """Bytes do not get through."""


class LinkTimeoutError(LinkError):
    """No answer within the deadline."""


class LinkLostError(LinkError):
    """The port vanished."""


class RouteLostError(LinkLostError):
    """What leads to a board on another machine has ended: no fault of the board."""


class PortBusyError(LinkError):
    """Another process holds the port."""


class DeviceError(TinyhostError):
    """The device answered a request with a status other than OK."""

    def __init__(self, message: str, *, status: int, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.status = status


class BoardError(TinyhostError):
    """A board cannot be found, built, started or flashed."""


class BoardNotFoundError(BoardError):
    """No board answers to that name."""


class BuildError(BoardError):
    """The firmware did not build."""


class StimulusError(BoardError):
    """A stimulus of the rig did not reach the sensor, or the rig is out of its limits: never the product's fault."""


class FirmwareFileError(BoardError):
    """A file is no program for the board."""


class WrongBoardError(BoardError):
    """It is not the board that the program is for; nothing was erased."""


class UploadError(BoardError):
    """The program did not get onto the board."""


class NotBackError(UploadError):
    """The program is on the board, whole, and the board is not on USB, or does not answer."""


class ModelError(TinyhostError):
    """A model file is not what it should be."""


class UnsupportedModelError(ModelError):
    """The model is valid, but needs something that the engine lacks."""


class ModelTooLargeError(ModelError):
    """The model does not fit the board's slot or arena."""


class DatasetError(TinyhostError):
    """Captured or given data is not what it should be."""


class DownloadError(TinyhostError):
    """A file could not be fetched, or is not the one expected."""


class MissingToolError(TinyhostError):
    """A program or library that this command needs is not installed."""


class CheckFailedError(TinyhostError):
    """A command's check ran and does not hold."""

"""A device's refusals in words, with the remedy for each."""

from __future__ import annotations

import struct

from tinyhost.errors import DeviceError, ProtocolError
from tinyhost.protocol.messages import ErrorReply, MessageType
from tinyhost.protocol.status import Status
from tinyhost.protocol.text import text_of

__all__ = ["refusal", "status_hint", "status_words"]

_REFLASH = "flash the board again with this version of tinyhost: tinyhost flash vww"
_RECOMPILE = "compile the model again with this version of tinyhost and push it: tinyhost push MODEL.tflite"
_REPORT = "this is a bug in tinyhost: report it with the output of tinyhost doctor"
_AGAIN = "run the command again"
_SENSOR = "run tinyhost doctor camera (or mic, imu); give a virtual board a scene with --scene"
_FLASH = "push again; if it persists, the board's flash is worn: try another board"

# status: (meaning, remedy)
_WORDS: dict[Status, tuple[str, str]] = {
    Status.OK: ("nothing is wrong", ""),
    Status.UNSUPPORTED: ("this firmware does not know that request", _REFLASH),
    Status.BAD_LENGTH: ("the request is shorter or longer than its layout", _REFLASH),
    Status.BAD_ARGUMENT: (
        "a value is out of its range",
        "check what you gave: a picture's size, a setting (tinyhost settings)",
    ),
    Status.BAD_STATE: ("not possible in the board's present state", _AGAIN),
    Status.VERSION: ("no common protocol version", _REFLASH),
    Status.NO_MODEL: ("no valid model is active", "tinyhost push MODEL"),
    Status.NO_SENSOR: ("the sensor is missing or does not answer", _SENSOR),
    Status.SENSOR_TIMEOUT: ("the sensor stopped in the middle of a capture", _SENSOR),
    Status.MODEL_MISMATCH: (
        "the active model's input or task does not fit this app",
        "push a model made for this app, or flash the app that the model is for: tinyhost inspect MODEL",
    ),
    Status.SAMPLE_RATE: (
        "the samples have a different rate from the active model's training data",
        "use samples, a scene or a file with the model's rate, or train a model on samples of this rate",
    ),
    Status.SAMPLE_SCALE: (
        "the samples have a different scale from the active model's training data",
        "train a model on samples of this board: tinyhost capture --sensor imu",
    ),
    Status.FLASH_ERASE: ("a flash page did not erase", _FLASH),
    Status.FLASH_WRITE: ("flash did not read back as written", _FLASH),
    Status.NO_SPACE: ("larger than the space for it on the board", "see what fits: tinyhost inspect MODEL"),
    Status.HASH_MISMATCH: ("the stored image does not have the expected SHA-256", "tinyhost push MODEL --force"),
    Status.IMAGE_MAGIC: ("not a model image", _RECOMPILE),
    Status.IMAGE_VERSION: ("a model image of a format version, or for an engine, that this firmware lacks", _RECOMPILE),
    Status.IMAGE_LENGTH: ("the model image is shorter or longer than its header says", _RECOMPILE),
    Status.IMAGE_CHECKSUM: ("the model image's CRC does not match", _RECOMPILE),
    Status.IMAGE_SECTION: ("a section of the model image is out of bounds", _RECOMPILE),
    Status.IMAGE_METADATA: ("the model image's metadata is malformed", _RECOMPILE),
    Status.IMAGE_TENSOR: ("a tensor of the model image is invalid", _RECOMPILE),
    Status.IMAGE_OPERATOR: ("the model uses an operator that this firmware lacks", _REFLASH),
    Status.IMAGE_PARAMETER: ("an operator's parameters do not fit its tensors", _RECOMPILE),
    Status.IMAGE_ARENA: (
        "the model needs a larger arena than this firmware has",
        "use a smaller input or fewer channels: tinyhost inspect MODEL says which operator needs how much",
    ),
    Status.LINK_TIMEOUT: ("the host did not read the board's data", _AGAIN),
    Status.INTERNAL: ("an internal error of the firmware", _REPORT),
}


def status_words(status: int) -> str:
    """Return a status's meaning in words."""
    try:
        return _WORDS[Status(status)][0]
    except ValueError:
        return f"status {status}, which this version of tinyhost does not know"


def status_hint(status: Status) -> str:
    """Return the remedy for a status; "" if none is known."""
    return _WORDS[status][1]


def refusal(where: str, payload: bytes) -> DeviceError:
    """Return the error for an ErrorReply; raises ProtocolError if it is none."""
    try:
        reply = ErrorReply.unpack(payload)
    except struct.error as exc:
        raise ProtocolError(f"{where}: an ERROR reply of {len(payload)} bytes, expected {ErrorReply.SIZE}") from exc
    words = status_words(reply.status)
    text = text_of(payload[ErrorReply.SIZE :]).strip()
    known = reply.status in Status.__members__.values()
    detail = f": {text}" if text and not (known and text == Status(reply.status).name.lower()) else ""
    numbers = f" (expected {reply.expected}, got {reply.got})" if reply.expected or reply.got else ""
    return DeviceError(
        f"{where}: {_request_name(reply.request_type)} refused: {words}{detail}{numbers}",
        status=Status(reply.status) if known else reply.status,
        hint=_WORDS[Status(reply.status)][1] if known else _REFLASH,
    )


def _request_name(message_type: int) -> str:
    try:
        return MessageType(message_type).name
    except ValueError:
        return f"request 0x{message_type:02x}"

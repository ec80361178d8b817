"""JSON documents that combine results of several packages."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tinyhost.boards.bootloader import UploadResult
from tinyhost.boards.build import Origin
from tinyhost.device import PushResult
from tinyhost.models.summary import ModelDocument

__all__ = ["CompileDocument", "FlashDocument"]


@dataclass(frozen=True, kw_only=True)
class CompileDocument:
    """`tinyhost compile FILE.tflite --json FILE`."""

    schema: Literal["tinyhost.compile/1"] = "tinyhost.compile/1"
    file: Path
    """path of the model image"""
    model: ModelDocument
    """summary of the model in it"""


@dataclass(frozen=True, kw_only=True)
class FlashDocument:
    """`tinyhost flash APP --json FILE`."""

    schema: Literal["tinyhost.flash/1"] = "tinyhost.flash/1"
    board: str
    """as `--board` takes it"""
    app: str
    build_id: str
    """first 16 hex digits of the SHA-256 over the firmware's sources"""
    firmware: Origin
    """`packaged`: as it comes with tinyhost; `built`: from the sources; `given`: with `--firmware`"""
    program_bytes: int
    """code and constants"""
    ram_bytes: int
    """static RAM; on `native` and `m4` with the flash, which is RAM there; 0 for a Nano with `--firmware`"""
    upload: UploadResult | None
    """how the program got onto a Nano, emulated or not; null for `native` and `m4`"""
    model: PushResult | None
    """the push of the app's model; null if none was pushed"""

"""Upload of a program to a Nano 33 BLE through its factory bootloader; no other tool is needed.

protocol    the bootloader's commands and answers: pure
session     one conversation with a bootloader over a link
program     .bin and .hex files, checked before anything is sent
intel_hex   the .hex format: pure
ports       finding the board again while it changes between app and bootloader
uploader    the procedure
"""

from __future__ import annotations

from tinyhost.boards.bootloader.ports import DOUBLE_TAP
from tinyhost.boards.bootloader.program import PROGRAM_BYTES, ProgramImage, load_program
from tinyhost.boards.bootloader.session import Timing
from tinyhost.boards.bootloader.uploader import UploadResult, upload_program

__all__ = ["DOUBLE_TAP", "PROGRAM_BYTES", "ProgramImage", "Timing", "UploadResult", "load_program", "upload_program"]

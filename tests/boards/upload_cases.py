"""Uploads to the model of a board, judged by the model's flash: for the tests and for scripts/soak_upload.py."""

from __future__ import annotations

import random
import struct
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from tinyhost.boards.bootloader import PROGRAM_BYTES, UploadResult, upload_program
from tinyhost.boards.bootloader.program import parse_program
from tinyhost.boards.bootloader.session import Timing
from tinyhost.errors import TinyhostError

from tests.boards.bootloader_model import (
    BOOTLOADER_BYTES,
    FLASH_BYTES,
    PROGRAM_BEGIN,
    SERIAL,
    BoardFaults,
    BootloaderModel,
)

__all__ = ["FAST", "PATIENT", "Outcome", "make_program", "random_faults", "run_case", "upload"]

FAST = Timing(
    reply_s=0.04,
    write_s=0.25,
    quiet_s=0.002,
    open_s=0.5,
    touch_s=0.15,
    person_s=4.0,
    app_s=0.3,
    touch_rate_s=0.012,
    touch_hold_s=0.015,
    poll_s=0.003,
)
"""For a board whose flash takes no time."""
PATIENT = replace(
    FAST,
    reply_s=1.0,
    write_s=5.0,
    open_s=5.0,
    touch_s=3.0,
    touch_rate_s=0.3,
    touch_hold_s=0.35,
    app_s=5.0,
    person_s=20.0,
)
"""For a board without faults on a busy computer."""

_SLOTS_BEGIN = PROGRAM_BEGIN + PROGRAM_BYTES


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How an upload to a faulty board went."""

    result: UploadResult | None
    error: TinyhostError | None
    taps: int
    """how often a person was asked to double-tap reset, and did"""
    n_in: int
    """bytes that the board got in the upload"""
    problem: str
    """what must not be; empty if all is well"""


def make_program(seed: int, n_bytes: int) -> bytes:
    """Return a program that the nRF52840 could start, with a build id; otherwise random."""
    chance = random.Random(seed)
    data = bytearray(chance.randbytes(n_bytes))
    struct.pack_into("<4I", data, 0, 0x2004_0000, *(PROGRAM_BEGIN + 2 * chance.randrange(n_bytes // 2) + 1,) * 3)
    name = b"tinyhost-build:%016x" % chance.getrandbits(64)
    data[64 : 64 + len(name)] = name
    return bytes(data)


def upload(
    model: BootloaderModel, program: bytes, timing: Timing = FAST, *, tap: bool = True
) -> tuple[UploadResult, int]:
    """Upload `program`; whoever is asked to double-tap does. Return the result, and how often that was."""
    asked: list[str] = []

    def ask(what: str) -> None:
        asked.append(what)
        model.double_tap()

    image = parse_program(program, Path("firmware.bin"))
    return upload_program(SERIAL, image, ask=ask, lister=model.ports, timing=timing), len(asked)


def run_case(faults: BoardFaults, *, seed: int = 0, n_bytes: int = 9000, in_bootloader: bool = False) -> Outcome:
    """Upload a program to a board with these faults, and look at its flash.

    If that fails, the error must have a hint, and a double tap of reset must be enough to upload the program.
    """
    old, new = make_program(2 * seed, n_bytes), make_program(2 * seed + 1, n_bytes)
    result, error, taps = None, None, 0
    with BootloaderModel([old, new], faults=faults, in_bootloader=in_bootloader) as model:
        model.flash.load(_SLOTS_BEGIN, np.random.default_rng(seed).bytes(FLASH_BYTES - _SLOTS_BEGIN))
        before = model.flash.bytes.copy()
        try:
            result, taps = upload(model, new)
        except TinyhostError as exc:
            error = exc
        n_in = model.n_in
        problem = _problem(model, before, new) if result else ""
        if error is not None:
            problem = "" if error.hint else f"no hint: {error}"
            problem = problem or _retry(model, before, new)
    return Outcome(result=result, error=error, taps=taps, n_in=n_in, problem=problem)


def random_faults(chance: random.Random, n_bytes_in: int, n_commands: int) -> BoardFaults:
    """Return up to three faults, somewhere in an upload of about that many bytes and commands."""
    kinds = chance.sample(("in", "out", "noise", "noise in", "reset", "command", "slow", "weak", "bad", "touch"), 3)
    chosen = set(kinds[: chance.randrange(4)])
    return BoardFaults(
        lost_in=_some(chance, n_bytes_in) if "in" in chosen else (),
        lost_out=_some(chance, 600) if "out" in chosen else (),
        noise_out={at: chance.randbytes(chance.randrange(1, 40)) for at in _some(chance, 600)}
        if "noise" in chosen
        else {},
        noise_in=b"AT\rAT+GCAP\rATI\r" if "noise in" in chosen else b"",
        reset_at_byte=chance.randrange(n_bytes_in) if "reset" in chosen else -1,
        reset_at_command=chance.randrange(n_commands) if "command" in chosen else -1,
        slow_writes={number: chance.random() * 0.4 for number in _some(chance, 6)} if "slow" in chosen else {},
        weak_writes=_some(chance, 6) if "weak" in chosen else (),
        bad_pages={0x10 + chance.randrange(3)} if "bad" in chosen and chance.random() < 0.2 else (),
        ignored_touches=chance.randrange(3) if "touch" in chosen else 0,
        stays_away="touch" in chosen and chance.random() < 0.1,
        same_port=chance.random() < 0.5,
    )


def _some(chance: random.Random, n: int) -> set[int]:
    return {chance.randrange(n) for _ in range(chance.randrange(1, 4))}


def _retry(model: BootloaderModel, before: np.ndarray[tuple[int], np.dtype[np.uint8]], new: bytes) -> str:
    """Upload to the same board without faults, after a double tap; return what went wrong."""
    model.faults = BoardFaults(same_port=model.faults.same_port)
    n_boots = model.n_boots
    model.double_tap()
    while model.n_boots == n_boots or model.mode != "bootloader":
        time.sleep(0.002)
    try:
        upload(model, new, PATIENT)
    except TinyhostError as exc:
        return f"cannot be flashed again: {exc}"
    return _problem(model, before, new)


def _problem(model: BootloaderModel, before: np.ndarray[tuple[int], np.dtype[np.uint8]], new: bytes) -> str:
    """Return what is wrong with the flash."""
    if model.program(len(new)) != new:
        return "the program is not what was uploaded"
    if not np.array_equal(model.flash.bytes[:BOOTLOADER_BYTES], before[:BOOTLOADER_BYTES]):
        return "the bootloader was changed"
    if not np.array_equal(model.flash.bytes[_SLOTS_BEGIN:], before[_SLOTS_BEGIN:]):
        return "the model slots were changed"
    if model.mode != "app":
        return f"the board runs no app: {model.mode}"
    return ""

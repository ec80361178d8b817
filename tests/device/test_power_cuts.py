"""Power cuts through the whole stack: the board's process is killed at random moments of a push."""

from __future__ import annotations

import hashlib
import os
import random
import threading
import time

import pytest
from tinyhost.boards import PoweredBoard
from tinyhost.device import Device
from tinyhost.errors import TinyhostError
from tinyhost.protocol.messages import InferSource, SlotState, Source

from tests.device.rig import small_model
from tests.stations import shipped_image

pytestmark = pytest.mark.firmware

N_CUTS = {"native": 32, "m4": 5}


class HostDiesTooError(Exception):
    """Ends a push whose board has lost its power."""


def push_and_cut(powered: PoweredBoard, image: bytes, after_s: float) -> None:
    """Begin a push and cut the power after so long; the host gives up with it."""
    cut = threading.Event()

    def note(done: int, total: int) -> None:
        if cut.is_set():
            raise HostDiesTooError

    def cut_power() -> None:
        powered.reset()
        cut.set()

    with Device.open(powered) as device:
        timer = threading.Timer(after_s, cut_power)
        timer.start()
        try:
            device.push(image, force=True, progress=note)
        except (HostDiesTooError, TinyhostError):
            pass
        finally:
            timer.join()


def active_image(device: Device) -> bytes:
    """Return the active model, whose slot, hash and bytes must agree, and which must run."""
    active = [info for info in device.models() if info.active]
    assert [info.state for info in active] == [SlotState.VALID]
    image = device.read(Source.MODEL, n_bytes=active[0].image_bytes)
    assert hashlib.sha256(image).digest() == active[0].sha256
    device.infer(InferSource.PATTERN)
    return image


def test_after_a_cut_at_any_moment_the_old_or_the_new_model_runs_and_the_push_resumes(powered: PoweredBoard) -> None:
    old, new = small_model(30), shipped_image("vww")
    dice = random.Random(os.environ.get("TINYHOST_SEED", "power"))
    with Device.open(powered) as device:
        began_s = time.monotonic()
        device.push(new, force=True)
        duration_s = time.monotonic() - began_s
        device.push(old)
    resumed, found = [], []
    for _ in range(N_CUTS[powered.board.kind]):
        push_and_cut(powered, new, dice.uniform(0, 1.1 * duration_s))
        with Device.open(powered) as device:
            found.append(active_image(device))
            assert found[-1] in (old, new)
            result = device.push(new)
            assert active_image(device) == new
            if not result.skipped:
                resumed.append(result.resumed_at)
            device.push(old)
            assert active_image(device) == old
    assert any(resumed), resumed
    assert all(offset % 4096 == 0 or offset == len(new) for offset in resumed), resumed  # all but its commit
    assert old in found

"""Power cuts at and within the flash's word writes and page erases, by way of USB: the old or the new, always.

How many words an operation writes and how many pages it erases is measured first, and the cuts are spread evenly over
them. Only a cut that struck counts. Each test tells how many of each kind did, and where (`pytest -s`).
"""

from __future__ import annotations

import contextlib
import hashlib
import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from itertools import product
from typing import Protocol

import pytest
from tinyhost.boards.virtual import VirtualPower
from tinyhost.device import Device
from tinyhost.errors import LinkError, TinyhostError
from tinyhost.protocol.messages import MessageType, Setting, SettingSetRequest, SlotState, StreamId

from hil.tests.wire import HELLO, Wire
from tests.device.rig import small_model
from tests.nano33emu.watching import figures
from tests.stations import Stations

pytestmark = [pytest.mark.firmware, pytest.mark.xdist_group("m4")]
CHANGES = {"write": "words_written", "erase": "erase_commands"}
"""what may be cut, and the emulator's figure of how many there were"""
OTHER_SETTINGS = {"smoothing": 77, "camera_resolution": 1}
"""what a page of settings has, too, and keeps when it is written anew"""
RECORDS_OF_PAGE = 340
"""firmware/lib/model_store/src/journal.cpp"""
PATIENCE_S = 60.0
IN_SOAK = 75
"""cuts of each of the 14 kinds: 1,050"""


class Operation(Protocol):
    """An operation that changes the flash and may lose its power."""

    def prepare(self, power: VirtualPower) -> None:
        """Make the next run change as much as the last one."""

    def run(self, power: VirtualPower) -> None:
        """Run the operation; raises an exception if the power was cut."""

    def check(self, power: VirtualPower) -> None:
        """Assert that the board has the old or the new, and all else as before."""


class PowerWasCutError(Exception):
    """Ends an operation in the middle."""


class Push:
    """A push of another model each time: of the same, it would go on where it stopped, and write less.

    hears: the microphone is on, and pages are erased in pieces.
    """

    def __init__(self, *, hears: bool = False) -> None:
        self._hears = hears
        self._old = self._new = 0

    def prepare(self, power: VirtualPower) -> None:
        self._new += 1
        if self._new == 1:
            with Device.open(power) as device:
                device.push(image(0))

    def run(self, power: VirtualPower) -> None:
        with Device.open(power) as device, ExitStack() as streams:
            if self._hears:
                next(streams.enter_context(device.stream(StreamId.FEATURES)))

            def stop(done: int, total: int) -> None:
                if device.link_stats.restarts:
                    raise PowerWasCutError

            device.push(image(self._new), progress=stop)

    def check(self, power: VirtualPower) -> None:
        with Device.open(power) as device:
            (slot,) = (slot for slot in device.models() if slot.active)
        assert slot.state == SlotState.VALID
        assert slot.sha256 in (hashlib.sha256(image(self._old)).digest(), hashlib.sha256(image(self._new)).digest())
        self._old = int(slot.name.removeprefix("small "))


class AppendedSetting:
    """A setting that is kept behind the others of its page."""

    def __init__(self) -> None:
        self._old = self._new = 0

    def prepare(self, power: VirtualPower) -> None:
        with Device.open(power) as device:
            for name, value in OTHER_SETTINGS.items():
                device.set_setting(name, value, persist=True)
            self._old = device.settings()["period_ms"].value
            self._new = self._old + 1

    def run(self, power: VirtualPower) -> None:
        keep_period(power, self._new)

    def check(self, power: VirtualPower) -> None:
        with Device.open(power) as device:
            values = {name: setting.value for name, setting in device.settings().items()}
        assert values["period_ms"] in (self._old, self._new)
        assert {name: values[name] for name in OTHER_SETTINGS} == OTHER_SETTINGS


class SettingAnew(AppendedSetting):
    """A setting that is kept in the other page, with all that are in its page, as that is full."""

    def __init__(self) -> None:
        super().__init__()
        self._flash = b""

    def prepare(self, power: VirtualPower) -> None:
        if not self._flash:
            self._flash = self._full_page(power)
        with power.board.folder.flash.open("r+b") as flash:  # the emulator has the same file mapped
            flash.write(self._flash)
        power.reset()
        super().prepare(power)

    def _full_page(self, power: VirtualPower) -> bytes:
        """Return the flash as it is before a page of settings is erased."""
        super().prepare(power)
        before = figures(power)["erase_commands"]
        with Device.open(power) as device:
            for value in range(self._new, self._new + RECORDS_OF_PAGE + 1):
                flash = power.board.folder.flash.read_bytes()
                device.set_setting("period_ms", value, persist=True)
                if figures(power)["erase_commands"] > before:
                    return flash
        raise AssertionError("no page was erased")


@cache
def image(seed: int) -> bytes:
    return small_model(seed)


def keep_period(power: VirtualPower, value: int) -> None:
    """Have the board keep a setting. Asked once: what it has then, no second request has made."""
    link = power.open_link()
    wire = Wire(link)
    try:
        # The first greeting may be discarded with the session of the port that was closed right before.
        assert wire.request(MessageType.HELLO, 1, HELLO.pack(), within_s=5) or wire.request(
            MessageType.HELLO, 2, HELLO.pack()
        )
        request = SettingSetRequest(setting=Setting.PERIOD_MS, persist=1, value=value)
        if wire.request(MessageType.SETTING_SET, 3, request.pack(), within_s=5) is None:
            raise PowerWasCutError
    finally:
        with contextlib.suppress(LinkError):
            link.close()


def starts_of(power: VirtualPower) -> int:
    """Return how often the board got power."""
    running = power.board.folder.running()
    assert running is not None
    return running.boots


def has_started(power: VirtualPower, number: int) -> bool:
    """Return whether the board has got power that often, after waiting for it."""
    deadline = time.monotonic() + PATIENCE_S
    while starts_of(power) < number and time.monotonic() < deadline:
        time.sleep(0.01)
    return starts_of(power) >= number


def cut(power: VirtualPower, operation: Operation, command: str) -> bool:
    """Do an operation whose power is to be cut, and check what is left; return whether the cut struck."""
    operation.prepare(power)
    power.switch(command)
    starts = starts_of(power)
    try:
        operation.run(power)
    except (PowerWasCutError, TinyhostError):
        has_started(power, starts + 1)  # or a busy computer was too slow for a deadline: then it has not struck
    power.board.await_program(lambda: power.failure)
    operation.check(power)
    if starts_of(power) > starts:
        return True
    power.switch("cut-at off")
    return False


def measure(power: VirtualPower, operation: Operation) -> dict[str, int]:
    """Return how many words an operation writes, and how many pages it erases."""
    operation.prepare(power)
    before = figures(power)
    operation.run(power)
    after = figures(power)
    operation.check(power)
    return {change: after[figure] - before[figure] for change, figure in CHANGES.items()}


def spread(n_cuts: int, n_changes: int, dice: random.Random) -> Iterator[int]:
    """Yield numbers of changes, from 1 on, so that each part of all has as many: `n_cuts` of them, then some more."""
    for number in range(n_cuts):
        yield 1 + int((number + dice.random()) * n_changes / n_cuts)
    for _ in range(n_cuts):
        yield dice.randint(1, n_changes)


@pytest.mark.parametrize("n_cuts", [2, pytest.param(IN_SOAK, marks=pytest.mark.soak)])
@pytest.mark.parametrize(
    ("app", "operation"),
    [
        pytest.param("vww", Push(), id="push"),
        pytest.param("kws", Push(hears=True), id="push while it hears"),
        pytest.param("vww", AppendedSetting(), id="setting"),
        pytest.param("vww", SettingAnew(), id="setting in a new page"),
    ],
)
def test_what_loses_its_power_leaves_the_old_or_the_new(
    boards: Callable[[str], VirtualPower], request: pytest.FixtureRequest, app: str, operation: Operation, n_cuts: int
) -> None:
    power, dice = boards(app), random.Random(n_cuts)
    n_changes = measure(power, operation)
    assert n_changes["write"] > 0
    for (change, n), place in product(n_changes.items(), ("", " inside")):
        if n == 0:
            continue
        struck: list[int] = []
        missed: list[int] = []
        for at in spread(n_cuts, n, dice):
            if len(struck) < n_cuts:
                seed = f" {dice.randrange(1 << 30)}" if place else ""
                has_struck = cut(power, operation, f"cut-at {change} {at}{place}{seed}")
                (struck if has_struck else missed).append(at)
        where = f"{'within' if place else 'before'} a {change}, at {min(struck)} to {max(struck)} of {n}"
        sys.stderr.write(
            f"power cuts, {request.node.callspec.id}: {len(struck)} struck {where}; {len(missed)} missed {missed}\n"
        )
        assert len(struck) == n_cuts


@pytest.fixture(scope="module")
def boards(stations: Stations) -> Iterator[Callable[[str], VirtualPower]]:
    """Give what powers a board with an app, one for all tests."""
    with ExitStack() as stack:
        powered: dict[str, VirtualPower] = {}

        def board(app: str) -> VirtualPower:
            if app not in powered:
                power = stack.enter_context(stations("nano33emu", app).board.power())
                assert isinstance(power, VirtualPower)
                powered[app] = power
            return powered[app]

        yield board

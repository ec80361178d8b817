"""1200 baud and a closed port start the bootloader whatever the board is doing, and the flash stays intact."""

from __future__ import annotations

import contextlib
import hashlib
import struct
import time
from collections.abc import Callable, Iterator

import pytest
from tinyhost.boards.bootloader import PROGRAM_BYTES
from tinyhost.boards.virtual import VirtualBoard, VirtualPower
from tinyhost.boards.virtual_usb import await_plugged
from tinyhost.device import Device
from tinyhost.errors import LinkError
from tinyhost.protocol.frames import encode_frame
from tinyhost.protocol.messages import (
    InferRequest,
    InferSource,
    MessageType,
    ModelBeginRequest,
    OffsetHeader,
    SelfTestRequest,
    Setting,
    SettingSetRequest,
    SlotState,
    StreamId,
    StreamRequest,
)

from hil.tests.wire import HELLO, Wire
from tests.device.rig import make_pictures, small_model
from tests.nano33emu.watching import await_figures, pass_time
from tests.stations import Stations

pytestmark = [pytest.mark.firmware, pytest.mark.xdist_group("m4")]
TO_INTERFACE, SET_LINE_CODING, SET_CONTROL_LINE_STATE = 0x21, 0x20, 0x22
PROGRAM_BEGIN = 0x10000
PLUG_S = 60.0
PERIOD_MS = 30
N_TIMES = 5
"""requests at once, so that the touch comes in the middle of one also on a computer that is slow to touch"""


@pytest.fixture(scope="module")
def power(stations: Stations, tmp_path_factory: pytest.TempPathFactory) -> Iterator[VirtualPower]:
    pictures = tmp_path_factory.mktemp("pictures")
    make_pictures(pictures, 2)
    board = stations("nano33emu", "vww", model=True).board
    assert isinstance(board, VirtualBoard)
    with board.power(scene=str(pictures)) as powered:
        assert isinstance(powered, VirtualPower)
        with Device.open(powered) as device:
            device.set_setting("period_ms", PERIOD_MS, persist=True)
        yield powered


def touch(power: VirtualPower) -> None:
    """Send what a host's driver sends when a program opens the port at 1200 baud and closes it."""
    coding = struct.pack("<I3B", 1200, 0, 0, 8)
    for request, value, data in ((SET_LINE_CODING, 0, coding), (SET_CONTROL_LINE_STATE, 0, b"")):
        setup = struct.pack("<2B3H", TO_INTERFACE, request, value, 0, len(data))
        assert power.switch(f"usb raw {setup.hex()} {data.hex()}".strip()) == ""


def ask(wire: Wire, message: MessageType, payloads: list[bytes]) -> None:
    """Send all requests at once, without waiting for replies."""
    wire.send(b"".join(encode_frame(message, 10 + number, payload) for number, payload in enumerate(payloads)))


def idle(power: VirtualPower, wire: Wire) -> None: ...


def infer(power: VirtualPower, wire: Wire) -> None:
    ask(
        wire, MessageType.INFER, [InferRequest(source=InferSource.PATTERN, seed=seed).pack() for seed in range(N_TIMES)]
    )


def capture(power: VirtualPower, wire: Wire) -> None:
    ask(wire, MessageType.SNAPSHOT, [b""] * N_TIMES)


def self_test(power: VirtualPower, wire: Wire) -> None:
    ask(wire, MessageType.SELF_TEST, [SelfTestRequest(part=part).pack() for part in range(N_TIMES)])


def keep_settings(power: VirtualPower, wire: Wire) -> None:
    values = range(PERIOD_MS + 1, PERIOD_MS + 1 + 40)
    ask(
        wire,
        MessageType.SETTING_SET,
        [SettingSetRequest(setting=Setting.PERIOD_MS, persist=1, value=value).pack() for value in values],
    )


def push(power: VirtualPower, wire: Wire) -> None:
    image = small_model(3)
    begin = ModelBeginRequest(image_bytes=len(image), force=1, sha256=hashlib.sha256(image).digest())
    assert wire.request(MessageType.MODEL_BEGIN, 9, begin.pack()) is not None
    parts = [OffsetHeader(offset=at).pack() + image[at : at + 128] for at in range(0, len(image), 128)]
    ask(wire, MessageType.MODEL_WRITE, parts[:-1])


def stream(power: VirtualPower, wire: Wire) -> None:
    for number, what in enumerate((StreamId.PREDICTIONS, StreamId.CAMERA)):
        assert wire.request(MessageType.STREAM, 2 + number, StreamRequest(stream=what, enable=1).pack()) is not None
    deadline = time.monotonic() + PLUG_S
    while not wire.frames(0.1):
        assert time.monotonic() < deadline, "nothing was streamed"


def stream_to_nobody(power: VirtualPower, wire: Wire) -> None:
    stream(power, wire)
    power.switch("usb read off")
    pass_time(power, 0.5)


STATES: list[Callable[[VirtualPower, Wire], None]] = [
    idle,
    infer,
    capture,
    self_test,
    keep_settings,
    push,
    stream,
    stream_to_nobody,
]


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_a_touch_leads_to_the_bootloader_whatever_the_board_does(
    power: VirtualPower, state: Callable[[VirtualPower, Wire], None]
) -> None:
    before = storage(power)
    wire = Wire(link := power.open_link())
    try:
        assert wire.request(MessageType.HELLO, 1, HELLO.pack()) is not None
        state(power, wire)
        touch(power)
        replies = []
        with contextlib.suppress(LinkError):
            replies = wire.frames(0.2)
        assert len([frame for frame in replies if 10 <= frame.seq < 10 + N_TIMES]) < N_TIMES
    finally:
        link.close()
    check_bootloader(power)
    power.reset()
    check_whole(power, before if state not in (keep_settings, push) else None)


def test_a_touch_right_after_enumeration_leads_to_the_bootloader(power: VirtualPower) -> None:
    before = storage(power)
    power.reset()
    touch(power)
    check_bootloader(power)
    power.reset()
    check_whole(power, before)


def storage(power: VirtualPower) -> bytes:
    return power.board.folder.flash.read_bytes()[PROGRAM_BEGIN + PROGRAM_BYTES :]


def check_bootloader(power: VirtualPower) -> None:
    await_figures(power, lambda now: not now["program"])
    assert await_plugged(power.board.folder.path, PLUG_S, lambda: power.failure).bootloader


def check_whole(power: VirtualPower, expected: bytes | None) -> None:
    """expected: slots and settings; None: they were being written."""
    if expected is not None:
        assert storage(power) == expected
    with Device.open(power) as device:
        (slot,) = (slot for slot in device.models() if slot.active)
        assert (slot.name, slot.state) == ("vww", SlotState.VALID)
        period_ms = device.settings()["period_ms"].value
        assert period_ms == PERIOD_MS if expected is not None else period_ms >= PERIOD_MS
        device.set_setting("period_ms", PERIOD_MS, persist=True)

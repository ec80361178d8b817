"""The Nano on USB: its descriptors byte by byte, the standard requests, the class's, and ports opened in the middle."""

from __future__ import annotations

import random
import re
import struct
from collections.abc import Callable, Iterator

import pytest
from tinyhost.boards.virtual import VirtualBoard, VirtualPower
from tinyhost.device import Device
from tinyhost.protocol.frames import encode_frame
from tinyhost.protocol.messages import HelloReply, MessageType, PingRequest, ReadRequest, Source, StreamId

from hil.tests.wire import HELLO, Wire
from tests.nano33emu.watching import pass_time
from tests.stations import Stations

pytestmark = [pytest.mark.firmware, pytest.mark.xdist_group("m4")]
DEVICE, CONFIGURATION, STRING, QUALIFIER = 1, 2, 3, 6
IN, CLASS, INTERFACE, ENDPOINT = 0x80, 0x20, 1, 2
GET_STATUS, CLEAR_FEATURE, SET_FEATURE, GET_DESCRIPTOR, SET_DESCRIPTOR = 0, 1, 3, 6, 7
GET_CONFIGURATION, SET_CONFIGURATION, GET_INTERFACE, SET_INTERFACE, SYNCH_FRAME = 8, 9, 10, 11, 12
SET_LINE_CODING, GET_LINE_CODING, SEND_BREAK = 0x20, 0x21, 0x23
BULK_IN, BULK_OUT, INTERRUPT_IN = 0x82, 0x02, 0x81
MAX_PACKET = 64


@pytest.fixture(scope="module")
def power(stations: Stations) -> Iterator[VirtualPower]:
    board = stations("nano33emu", "kws").board
    assert isinstance(board, VirtualBoard)
    with board.power() as powered:
        assert isinstance(powered, VirtualPower)
        yield powered


def request(
    power: VirtualPower, kind: int, number: int, value: int = 0, index: int = 0, length: int = 0, data: bytes = b""
) -> bytes | None:
    """Return what a control transfer brings; None for a stall. data: of the host."""
    setup = struct.pack("<2B3H", kind, number, value, index, length or len(data))
    reply = power.switch(f"usb raw {setup.hex()} {data.hex()}".strip())
    assert reply != "timeout"
    return None if reply == "stall" else bytes.fromhex(reply)


def descriptor(power: VirtualPower, kind: int, number: int = 0, language: int = 0, length: int = 255) -> bytes | None:
    return request(power, IN, GET_DESCRIPTOR, kind << 8 | number, language, length)


def test_the_device_descriptor_is_that_of_chapter_9(power: VirtualPower) -> None:
    expected = struct.pack(
        "<2BH4B3H4B",
        *(18, DEVICE, 0x0200),  # USB 2.0, table 9-8
        *(2, 0, 0, 64),  # communications device: CDC 1.2, table 1
        *(0x2341, 0x805A, 0x0100),
        *(1, 2, 3, 1),  # strings: manufacturer, product, serial number; one configuration
    )
    assert descriptor(power, DEVICE) == expected
    assert descriptor(power, DEVICE, length=8) == expected[:8]  # as a host asks first


def test_the_configuration_is_that_of_chapter_9_and_of_cdc(power: VirtualPower) -> None:
    parts = [
        struct.pack("<9B", 9, 4, 0, 0, 1, 0x02, 0x02, 0, 0),  # table 9-12; CDC 1.2, table 2; PSTN 1.2: ACM
        bytes([5, 0x24, 0x00, 0x20, 0x01]),  # header, CDC 1.20: table 15
        bytes([5, 0x24, 0x01, 0x00, 1]),  # call management, none: PSTN 1.2, table 3
        bytes([4, 0x24, 0x02, 0x02]),  # line coding and control line state: PSTN 1.2, table 4
        bytes([5, 0x24, 0x06, 0, 1]),  # union: table 16
        struct.pack("<4BHB", 7, 5, INTERRUPT_IN, 3, 16, 16),  # table 9-13
        struct.pack("<9B", 9, 4, 1, 0, 2, 0x0A, 0, 0, 0),  # data: CDC 1.2, table 6
        struct.pack("<4BHB", 7, 5, BULK_OUT, 2, 64, 0),
        struct.pack("<4BHB", 7, 5, BULK_IN, 2, 64, 0),
    ]
    n_bytes = 9 + sum(map(len, parts))
    head = struct.pack("<2BH5B", 9, CONFIGURATION, n_bytes, 2, 1, 0, 0x80, 250)  # table 9-10: bus power, 500 mA
    whole = head + b"".join(parts)
    assert descriptor(power, CONFIGURATION) == whole
    assert descriptor(power, CONFIGURATION, length=9) == head
    assert descriptor(power, CONFIGURATION, length=64) == whole[:64]


def test_the_strings_are_what_discovery_looks_for(power: VirtualPower) -> None:
    board = power.board
    assert descriptor(power, STRING) == bytes([4, STRING, 0x09, 0x04])
    texts = ["Arduino", "Nano 33 BLE", board.folder.serial_number()]
    for number, text in enumerate(texts, 1):
        encoded = text.encode("utf-16-le")
        assert descriptor(power, STRING, number, 0x0409) == bytes([2 + len(encoded), STRING]) + encoded


def test_what_a_full_speed_device_has_not_is_refused(power: VirtualPower) -> None:
    for kind, number, language in ((QUALIFIER, 0, 0), (CONFIGURATION, 1, 0), (STRING, 4, 0x0409), (STRING, 1, 0x0407)):
        assert descriptor(power, kind, number, language) is None
    assert request(power, 0, SET_DESCRIPTOR, DEVICE << 8, data=bytes(18)) is None
    assert request(power, IN | ENDPOINT, SYNCH_FRAME, index=BULK_IN, length=2) is None
    assert request(power, CLASS | INTERFACE, SEND_BREAK, 100) is None
    assert request(power, 0, SET_FEATURE, 1) is None  # remote wake-up is not claimed


def test_the_standard_requests_of_chapter_9(power: VirtualPower) -> None:
    assert request(power, IN, GET_STATUS, length=2) == b"\0\0"  # bus power, no remote wake-up
    assert request(power, IN | INTERFACE, GET_STATUS, index=1, length=2) == b"\0\0"
    assert request(power, IN, GET_CONFIGURATION, length=1) == b"\1"
    assert request(power, IN | INTERFACE, GET_INTERFACE, index=1, length=1) == b"\0"
    assert request(power, INTERFACE, SET_INTERFACE, 0, 1) == b""
    assert request(power, INTERFACE, SET_INTERFACE, 1, 1) is None
    assert request(power, 0, SET_CONFIGURATION, 2) is None
    for endpoint in (BULK_IN, BULK_OUT):  # the emulated host asks the third all the time, and clears its halt itself
        assert request(power, IN | ENDPOINT, GET_STATUS, index=endpoint, length=2) == b"\0\0"
        assert request(power, ENDPOINT, SET_FEATURE, 0, endpoint) == b""
        assert request(power, IN | ENDPOINT, GET_STATUS, index=endpoint, length=2) == b"\1\0"
        assert request(power, ENDPOINT, CLEAR_FEATURE, 0, endpoint) == b""
        assert request(power, IN | ENDPOINT, GET_STATUS, index=endpoint, length=2) == b"\0\0"


def test_the_line_coding_is_kept_and_the_board_answers_afterwards(power: VirtualPower) -> None:
    coding = struct.pack("<I3B", 57_600, 0, 0, 8)
    assert request(power, CLASS | INTERFACE, SET_LINE_CODING, data=coding) == b""
    assert request(power, IN | CLASS | INTERFACE, GET_LINE_CODING, length=7) == coding
    with Device.open(power) as device:
        assert (device.info.board, device.info.app, device.info.tick_unit) == ("nano33emu", "kws", "estimated cycles")
        assert device.info.unique_id == power.board.folder.serial_number()


def packets_in(power: VirtualPower, action: Callable[[], object]) -> list[list[int]]:
    """Return the sizes of the packets from the board, after each run of packets to it."""
    log = power.board.folder.log
    n_before = len(log.read_text())
    power.switch("trace bulk")
    action()
    power.switch("trace none")
    runs: list[list[int]] = [[]]
    for direction, data in re.findall(r"USB: (in|out)(?: ([0-9a-f]*))?$", log.read_text()[n_before:], re.MULTILINE):
        if direction == "in":
            runs[-1].append(len(data) // 2)
        elif runs[-1]:
            runs.append([])
    return runs


def test_frames_of_all_sizes_arrive_and_a_full_packet_at_the_end_is_followed_by_an_empty_one(
    power: VirtualPower,
) -> None:
    link = power.open_link()
    wire = Wire(link)
    try:
        assert wire.request(MessageType.HELLO, 1, HELLO.pack()) is not None

        def ask() -> None:
            for n_bytes in [*range(1, 70), *range(115, 131), 247, 248, 249, 503, 504, 505]:
                assert wire.request(MessageType.SINK, 2 + n_bytes % 200, bytes(n_bytes)) is not None, n_bytes
                read = ReadRequest(n_bytes=n_bytes, chunk_bytes=n_bytes, source=Source.PATTERN)
                assert wire.request(MessageType.READ, 3 + n_bytes % 200, read.pack()) is not None, n_bytes

        assert all(run[-1] < MAX_PACKET for run in packets_in(power, ask) if run)

        def ask_behind_a_packet() -> None:
            power.switch("usb read off")
            wire.send(b"".join(encode_frame(MessageType.SINK, number) for number in range(1 + MAX_PACKET)))
            pass_time(power, 0.3)
            power.switch("usb read on")
            assert wire.reply(MAX_PACKET) is not None

        (run,) = (run for run in packets_in(power, ask_behind_a_packet) if run)
        n_bytes, *rest = run
        assert rest == [MAX_PACKET] * n_bytes + [0]  # so many replies of so many bytes each
    finally:
        link.close()


def test_a_stream_outlives_a_suspended_bus_and_tells_what_was_lost(power: VirtualPower) -> None:
    with Device.open(power) as device:
        boot = device.info.boot
        with device.stream(StreamId.FEATURES) as items:
            for _ in range(3):
                next(items)
                power.switch("usb suspend")
                pass_time(power, 0.5)
                power.switch("usb resume")
                last = [next(items) for _ in range(20)][-1]
            counts = items.counts(StreamId.FEATURES)
        assert device.ping().boot == boot
        assert last.index + 1 == counts.received + counts.device_dropped + counts.link_lost
        assert (counts.restarts, counts.host_dropped, device.link_stats.boots) == (0, 0, 0)


def disturb(wire: Wire, dice: random.Random) -> None:
    """Leave the board in the middle of a transfer."""
    kind = dice.randrange(3)
    if kind == 0:
        wire.send(dice.randbytes(dice.randrange(1, 2000)))
    elif kind == 1:
        wire.send(b"".join(encode_frame(MessageType.PING, 9, PingRequest(token=n).pack()) for n in range(40)))
    else:
        wire.send(encode_frame(MessageType.INFO, 3)[: dice.randrange(1, 8)])


@pytest.mark.parametrize("n_times", [25, pytest.param(10_000, marks=pytest.mark.soak)])
def test_ports_that_open_and_close_in_the_middle_of_things_leave_a_board_that_answers(
    power: VirtualPower, n_times: int
) -> None:
    dice = random.Random(n_times)
    for time_number in range(n_times):
        link = power.open_link()
        wire = Wire(link)
        greeting = wire.request(MessageType.HELLO, 1, HELLO.pack(), within_s=5) or wire.request(
            MessageType.HELLO, 2, HELLO.pack()
        )
        assert greeting is not None, f"no greeting at opening {time_number}"
        assert HelloReply.unpack(greeting.payload).magic == HELLO.magic
        try:
            disturb(wire, dice)
        finally:
            link.close()
    with Device.open(power) as device:
        assert device.ping().uptime_us > 0

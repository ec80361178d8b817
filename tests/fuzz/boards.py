"""Targets: boards' messages, programs for boards, boards' state, rigs and scenes."""

from __future__ import annotations

import contextlib
import io
import math
import struct
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from tinyhost.bench.energy.ppk2 import Decoder, parse_calibration
from tinyhost.bench.energy.samples import energy_by_stage, joined
from tinyhost.boards.bootloader.intel_hex import parse_intel_hex
from tinyhost.boards.bootloader.program import load_program
from tinyhost.boards.bootloader.protocol import FLASH_OFFSET
from tinyhost.boards.remote.addresses import check_address
from tinyhost.boards.remote.labgrid_text import parse_resources, parse_show
from tinyhost.boards.remote.pipes import Pipes, error_of, told
from tinyhost.boards.scenes.display import parse_xwd
from tinyhost.boards.scenes.spec import SceneSpec
from tinyhost.boards.state import BoardFolder, BoardLock, Flashed, Running
from tinyhost.device.replies import unpacked
from tinyhost.device.stream_items import FrameItem, SamplesItem, parse_item
from tinyhost.device.unsure import parse_unsure
from tinyhost.errors import PortBusyError
from tinyhost.hil.rigs import load_rig
from tinyhost.hil.stimuli.window import read_picture
from tinyhost.protocol import messages
from tinyhost.protocol.frames import FrameDecoder, encode_frame
from tinyhost.protocol.messages import (
    FeaturesInfo,
    FrameInfo,
    Prediction,
    SamplesInfo,
    StreamHeader,
    StreamId,
    UnsureReply,
    UnsureSample,
)
from tinyhost.sensors import MotionQuality, PictureQuality, SoundQuality
from tinyhost.sensors.sync_markers.border import draw_border, read_border
from tinyhost.sensors.sync_markers.tones import find_burst, find_chirp
from tinyhost.system.json_reading import JsonObject

from tests.fuzz.engine import Target
from tests.fuzz.files import reader, scratch
from tests.unit.boards.bootloader.test_intel_hex import END, record

__all__ = ["TARGETS"]

_MESSAGES = [kind for name in messages.__all__ if hasattr(kind := getattr(messages, name), "unpack")]


def _receive(data: bytes) -> None:
    """Feed bytes in pieces, as a port does."""
    decoder = FrameDecoder()
    for begin in range(0, len(data), 61):
        decoder.feed(data[begin : begin + 61])


def _frames() -> list[bytes]:
    frame = encode_frame(3, 7, bytes(range(40)))
    return [frame, b"boot 1\r\n" + frame + b"person 90%\n" + frame, frame[:-4] + b"\0" + frame]


def _unpack_all(data: bytes) -> None:
    for kind in _MESSAGES:
        unpacked(kind, data, "board")


def _messages() -> list[bytes]:
    return [bytes(512), *(kind().pack() for kind in _MESSAGES)]


def _calibration() -> bytes:
    names = ("R", "GS", "GI", "O", "S", "I", "UG")
    return "".join(f"{name}{place}: 1.5\n" for place in range(5) for name in names).encode() + b"END"


def _power(data: bytes) -> None:
    """Read what a PPK2 says of itself, then its samples, in pieces."""
    text, _, rest = data.partition(b"END")
    decoder = Decoder(parse_calibration(text.decode("ascii", "replace")), 3.3)
    pieces = [decoder.feed(rest[at : at + 61]) for at in range(0, len(rest), 61)]
    if pieces:
        energy_by_stage(joined(pieces), {"preprocess": 0, "invoke": 1})


def _display() -> bytes:
    """Return the dump of a display of 4 x 2 pixels, as Xvfb keeps it."""
    header = (100, 7, 2, 24, 4, 2, 0, 0, 32, 0, 32, 32, 16, 4, 0xFF0000, 0xFF00, 0xFF, 8, 256, 1, 4, 2, 0, 0, 0)
    return struct.pack(">25I", *header) + bytes(12) + bytes(range(32))


def _marked() -> bytes:
    return draw_border(np.zeros((48, 48), np.uint8), 77).tobytes()


def _marks(data: bytes) -> None:
    """Search any frame, sound and motion for markers."""
    side = math.isqrt(len(data))
    read_border(np.frombuffer(data, np.uint8, side * side).reshape(side, side))
    samples = np.frombuffer(data, np.int16, len(data) // 2)
    find_chirp(samples, 16_000)
    find_burst(samples[: len(samples) // 3 * 3].reshape(-1, 3), 119.0)


def _window(data: bytes) -> None:
    with contextlib.suppress(ValueError):  # which ends the window's own program
        read_picture(io.BytesIO(data))


def _samples(n_channels: int) -> bytes:
    info = SamplesInfo(n_samples=6, n_channels=n_channels, rate_mhz=16_000_000, scale=1 / 32768)
    return info.pack() + struct.pack(f"<{6 * n_channels}h", *range(6 * n_channels))


def _stream(stream: StreamId) -> Callable[[bytes], None]:
    """Return what is done with an item: parsed, and judged as `doctor` and `capture` judge it."""

    def take(data: bytes) -> None:
        header = unpacked(StreamHeader, data, "board")
        item = parse_item(StreamHeader(stream=stream, timestamp_us=header.timestamp_us), data[StreamHeader.SIZE :])
        if isinstance(item, FrameItem):
            picture = PictureQuality()
            for index in (item.frame_index, item.frame_index + 1):
                picture.add(item.pixels, frame_index=index, timestamp_us=item.timestamp_us)
            picture.remarks()
            picture.report()
        elif isinstance(item, SamplesItem):
            quality = SoundQuality() if item.samples.shape[1] == 1 else MotionQuality()
            for position in (item.position, item.position + len(item.samples)):
                quality.add(
                    item.samples, position=position, timestamp_us=item.timestamp_us, rate_hz=item.rate_hz,
                    lost=item.lost, scale=item.scale,
                )  # fmt: skip
            quality.remarks()
            quality.report()

    return take


def _items(body: bytes) -> Callable[[], list[bytes]]:
    return lambda: [StreamHeader(timestamp_us=12).pack() + body]


def _picture() -> bytes:
    pixels = np.arange(64, dtype=np.uint8).tobytes()
    return FrameInfo(width=8, height=8, crc32=zlib.crc32(pixels)).pack() + pixels


def _with_pixels_checksum(data: bytes) -> bytes:
    body = data[StreamHeader.SIZE :]
    if len(body) <= FrameInfo.SIZE:
        return data
    pixels = body[FrameInfo.SIZE :]
    info = replace(FrameInfo.unpack(body), crc32=zlib.crc32(pixels))
    return data[: StreamHeader.SIZE] + info.pack() + pixels


def _program() -> bytes:
    code = FLASH_OFFSET + 0x101
    return (
        struct.pack("<4I", 0x2004_0000, code, code, code) + bytes(300) + b"tinyhost-build:0123456789abcdef" + bytes(9)
    )


def _hex() -> bytes:
    program = _program()
    lines = [record(0, at, program[at : at + 16]) for at in range(0, len(program), 16)]
    return b"".join([record(4, 0, b"\0\1"), *lines, END])


def _with_checksums(text: bytes) -> bytes:
    """Return Intel HEX whose records have the checksums of what they hold."""
    return b"\n".join(map(_with_checksum, text.split(b"\n")))


def _with_checksum(line: bytes) -> bytes:
    if not line:
        return line
    try:
        body = bytes.fromhex(line[1:-2].decode("ascii"))
    except ValueError:
        return line
    return b":" + (body + bytes([-sum(body) & 0xFF])).hex().upper().encode()


def _board_state(name: str, write: Callable[[BoardFolder], None]) -> Target:
    """Return the target of a file that the folder of a virtual board holds."""
    folder = BoardFolder(scratch() / "boards", name.removesuffix(".json"))
    folder.create()
    folder.program.write_bytes(b"program")
    lock = BoardLock(folder)
    lock.acquire()  # for as long as this process runs: only a powered board's state is read

    def parse(data: bytes) -> None:
        (folder.path / name).write_bytes(data)
        folder.flashed()
        folder.running()

    def seeds() -> list[bytes]:
        write(folder)
        return [(folder.path / name).read_bytes()]

    return Target(name=f"board state {name}", parse=parse, seeds=seeds)


def _flashed(folder: BoardFolder) -> None:
    folder.write_flashed(Flashed(app="vww", build_id="0" * 16, text_bytes=1, ram_bytes=2))


def _running(folder: BoardFolder) -> None:
    folder.write_running(Running(pid=1, firmware_pid=2, boots=1, port="/dev/pts/1", scene="a.png", shared=True))


def _rig(path: Path) -> object:
    (path.parent / "tests").mkdir(exist_ok=True)
    return load_rig(path)


_RIGS = [
    b'name = "desk"\ntests = "tests"\n\n[[board]]\nname = "a"\ntype = "native"\napp = "kws"\nscene = "machine:none"\n',
    b'name = "desk"\ntests = "tests"\n[[board]]\nname = "a"\ntype = "nano33ble"\nserial = "AB"\nallow = ["reset"]\n'
    b'timeout_s = 2.5\n[[board]]\nname = "b"\ntype = "m4"\n',
    b'name = "far"\ntests = "tests"\n[[board]]\nname = "a"\ntype = "nano33ble"\naddress = "jumpstarter:a=b"\n'
    b'power = { switch = "jumpstarter", off_s = 1 }\n'
    b'bench = { runs = 3, samples = 4, data = "tests", part = "testing" }\n'
    b'stimulus = { kind = "screen", display = ":0", side = 480 }\nqualify = { contrast = [80, 255] }\n'
    b'meter = { kind = "ppk2", port = "/dev/ttyACM1", volts = 3.0, inputs = [4, 5, 6] }\n',
]


def _scene(data: bytes) -> None:
    spec = SceneSpec.parse(data.decode("utf-8", "replace"))
    spec.number("snr", 1.0, -20.0, 60.0)
    spec.integer("seed", 0)
    spec.flag("loop", False)
    spec.check_options("snr", "seed", "loop")


def _pipes(data: bytes) -> None:
    """Take everything that the tinyhost of another machine sends."""
    pipes = Pipes(io.BytesIO(data), io.BytesIO(), "x")
    if pipes.await_magic():
        while (item := pipes.receive()) is not None:
            if isinstance(item, JsonObject) and "error" in item:
                error_of(item.object("error"), "x")


def _sent_through_pipes() -> list[bytes]:
    outgoing = io.BytesIO()
    pipes = Pipes(io.BytesIO(), outgoing, "x")
    pipes.send_magic()
    pipes.send(ok={"kind": "native", "is_virtual": True})
    pipes.send_bytes(bytes(40))
    pipes.send(error=told(PortBusyError("held", hint="wait")))
    return [outgoing.getvalue()]


_PLACE = b"Place 'n1':\n  tags: board=native\n  acquired: one/ada\n  changed: 2026-11-29 17:24:23.270513\n"
_RESOURCES = b'{"targets": {"n1": {"resources": [{"NetworkSerialPort": {"host": "127.0.0.1", "port": 5555}}]}}}'

TARGETS = [
    Target(name="pipes of ssh", parse=_pipes, seeds=_sent_through_pipes),
    Target(
        name="labgrid place",
        parse=lambda data: parse_show(data.decode("utf-8", "replace"), "x"),
        seeds=lambda: [_PLACE],
    ),
    Target(
        name="labgrid resources",
        parse=lambda data: parse_resources(data.decode("utf-8", "replace"), "x"),
        seeds=lambda: [_RESOURCES],
    ),
    Target(
        name="address of a board",
        parse=lambda data: check_address(data.decode("utf-8", "replace")),
        seeds=lambda: [b"ssh:ada@rig2:22/native", b"labgrid:board=m4,x=y", b"jumpstarter:a=b", b"socket://[::1]:5555"],
    ),
    Target(name="frames", parse=_receive, seeds=_frames),
    Target(name="messages", parse=_unpack_all, seeds=_messages),
    Target(
        name="stream predictions",
        parse=_stream(StreamId.PREDICTIONS),
        seeds=_items(Prediction(n_classes=2).pack() + bytes([1, 2, 3, 4])),
    ),
    Target(
        name="stream camera",
        parse=_stream(StreamId.CAMERA),
        seeds=_items(_picture()),
        repair=_with_pixels_checksum,
    ),
    Target(name="stream microphone", parse=_stream(StreamId.SAMPLES), seeds=_items(_samples(1))),
    Target(name="stream accelerometer", parse=_stream(StreamId.SAMPLES), seeds=_items(_samples(3))),
    Target(name="stream imu", parse=_stream(StreamId.SAMPLES), seeds=_items(_samples(6))),
    Target(
        name="stream features",
        parse=_stream(StreamId.FEATURES),
        seeds=_items(FeaturesInfo(n_features=4).pack() + bytes(4)),
    ),
    Target(
        name="unsure samples",
        parse=lambda data: parse_unsure(data, "board"),
        seeds=lambda: [
            UnsureReply(n_unsure=3, n_kept=1, rate_mhz=119_000, scale=0.1).pack()
            + UnsureSample(width=3, height=256, n_classes=2, top=1).pack()
        ],
    ),
    Target(name="power meter", parse=_power, seeds=lambda: [_calibration(), _calibration() + bytes(range(64))]),
    Target(name="display", parse=lambda data: parse_xwd(data, "display"), seeds=lambda: [_display()]),
    Target(name="marks of stimuli", parse=_marks, seeds=lambda: [bytes(48 * 48), _marked()]),
    Target(name="pictures for a window", parse=_window, seeds=lambda: [b"7 2 1\nab"]),
    Target(name="program bin", parse=reader("firmware.bin", load_program), seeds=lambda: [_program()]),
    Target(
        name="program hex", parse=reader("firmware.hex", load_program), seeds=lambda: [_hex()], repair=_with_checksums
    ),
    Target(name="intel hex", parse=lambda data: parse_intel_hex(data, "a.hex"), seeds=lambda: [_hex()]),
    _board_state("board.json", _flashed),
    _board_state("running.json", _running),
    Target(name="rig", parse=reader("rig.toml", _rig), seeds=lambda: _RIGS),
    Target(name="scene", parse=_scene, seeds=lambda: [b"clips/?snr=10&seed=3&loop=1", b"a.png"]),
]

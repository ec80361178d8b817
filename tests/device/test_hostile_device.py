"""Devices are not trusted: whatever they answer, the host soon ends with a clear error, in little memory."""

from __future__ import annotations

import os
import random
import resource
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from tinyhost.device import Device, PredictionItem, StreamItem
from tinyhost.errors import LinkError, ProtocolError, TinyhostError
from tinyhost.protocol.frames import Frame
from tinyhost.protocol.messages import (
    REPLY_FLAG,
    ErrorReply,
    FrameInfo,
    InferReply,
    InferSource,
    InfoReply,
    LogHeader,
    LogLevel,
    MessageType,
    ModelBeginReply,
    ModelWriteReply,
    OffsetHeader,
    Prediction,
    ProfileReply,
    ReadReply,
    ReadRequest,
    SelfTestReply,
    SettingInfo,
    SlotInfo,
    SlotState,
    Source,
    StreamHeader,
    StreamId,
    UnsureReply,
    UnsureSample,
)

from tests.commands import run_tinyhost
from tests.device.evil import Answer, EvilBoard, kept_on

PATIENCE_S = 60.0
MEMORY_BYTES = 4 << 30
"""of address space for a command: numpy, OpenCV and their threads reserve most of it"""
HUGE = 0xFFFFFFFF
DRIP_S = 0.02
COMMAND = [sys.executable, "-c", "from tinyhost.cli.main import main; main()"]
NASTY = "\x1b]0;owned\x07\x1b[2J[/red][bold"


def says(payload: bytes) -> Answer:
    """Return an answer that always has the same payload."""
    return lambda board, request: board.reply(request, payload)


def endless_data(board: EvilBoard, request: Frame) -> None:
    """Send the same piece of a READ without end."""
    while not board.is_off:
        board.send(MessageType.DATA, request.seq, OffsetHeader(offset=HUGE).pack() + bytes(64))


def drip(board: EvilBoard, request: Frame) -> None:
    """Send one byte of a READ after a while, and report that as all of it."""
    read = ReadRequest.unpack(request.payload)
    time.sleep(DRIP_S)
    board.send(MessageType.DATA, request.seq, OffsetHeader(offset=read.offset).pack() + b"x")
    board.reply(request, ReadReply(total_bytes=4096).pack())


def sip(board: EvilBoard, request: Frame) -> None:
    """Accept one byte of a MODEL_WRITE, after a while."""
    time.sleep(DRIP_S)
    offset = OffsetHeader.unpack(request.payload).offset
    board.reply(request, ModelWriteReply(offset=offset + 1).pack())


def endless_strangers(board: EvilBoard, request: Frame) -> None:
    """Send events of the request's number that answer nothing."""
    while not board.is_off:
        board.send(MessageType.DATA, request.seq, b"")


def seesaw(board: EvilBoard, request: Frame) -> None:
    """Always ask for the start of the image again."""
    offset = OffsetHeader.unpack(request.payload).offset
    board.reply(request, ModelWriteReply(offset=0 if offset else 4096).pack())


SLOT = SlotInfo(slot=0, state=SlotState.VALID, active=1, image_bytes=HUGE, name=NASTY)

Use = Callable[[Device], object]
HOSTILE: dict[str, tuple[dict[MessageType, Answer], Use]] = {
    "slots too short": ({MessageType.MODEL_LIST: says(b"abc")}, Device.models),
    "slot in no state": ({MessageType.MODEL_LIST: says(SlotInfo(state=200).pack())}, Device.models),
    "slot with no status": ({MessageType.MODEL_LIST: says(SlotInfo(status=200).pack())}, Device.models),
    "model of 4 GB": ({MessageType.MODEL_LIST: says(SLOT.pack())}, Device.active_model),
    "source of 4 GB": (
        {MessageType.READ: says(ReadReply(total_bytes=HUGE).pack())},
        lambda device: device.read(Source.INPUT),
    ),
    "read replies without data": (
        {MessageType.READ: says(ReadReply(total_bytes=4096).pack())},
        lambda device: device.read(Source.INPUT),
    ),
    "endless data": ({MessageType.READ: endless_data}, lambda device: device.read(Source.INPUT, n_bytes=4096)),
    "a byte at a time": ({MessageType.READ: drip}, lambda device: device.read(Source.INPUT, n_bytes=4096)),
    "push a byte at a time": (
        {MessageType.MODEL_BEGIN: says(ModelBeginReply().pack()), MessageType.MODEL_WRITE: sip},
        lambda device: device.push(bytes(50_000)),
    ),
    "endless strangers": ({MessageType.SETTINGS: endless_strangers}, Device.settings),
    "frame of 4 GB": (
        {MessageType.SNAPSHOT: says(FrameInfo(n_bytes=HUGE, width=96, height=96).pack())},
        Device.snapshot,
    ),
    "frame of no pixels": ({MessageType.SNAPSHOT: says(FrameInfo().pack())}, Device.snapshot),
    "frame of another size": (
        {MessageType.SNAPSHOT: says(FrameInfo(n_bytes=1, width=96, height=96).pack())},
        Device.snapshot,
    ),
    "output of 4 GB": (
        {MessageType.INFER: says(InferReply(output_bytes=HUGE, n_operators=1).pack())},
        lambda device: device.infer(InferSource.PATTERN),
    ),
    "65535 operators": (
        {MessageType.INFER: says(InferReply(n_operators=65_535).pack())},
        lambda device: list(device.step_operators(InferSource.PATTERN)),
    ),
    "empty profile": (
        {
            MessageType.INFER: says(InferReply(n_operators=9).pack()),
            MessageType.PROFILE: says(ProfileReply(n_operators=9).pack()),
        },
        lambda device: device.infer(InferSource.PATTERN, profile=True),
    ),
    "another model committed": (
        {
            MessageType.MODEL_BEGIN: says(ModelBeginReply(present=1, offset=HUGE).pack()),
            MessageType.MODEL_COMMIT: says(SlotInfo(state=SlotState.VALID).pack()),
        },
        lambda device: device.push(bytes(5000)),
    ),
    "push that never ends": (
        {MessageType.MODEL_BEGIN: says(ModelBeginReply().pack()), MessageType.MODEL_WRITE: seesaw},
        lambda device: device.push(bytes(50_000)),
    ),
    "self-test of 65535 parts": (
        {MessageType.SELF_TEST: says(SelfTestReply(n_parts=65_535).pack())},
        lambda device: list(device.self_test()),
    ),
    "self-test of no parts": ({MessageType.SELF_TEST: says(SelfTestReply().pack())}, lambda d: list(d.self_test())),
    "self-test whose findings are missing": (
        {MessageType.SELF_TEST: says(SelfTestReply(n_parts=1, n_findings=9).pack())},
        lambda device: list(device.self_test()),
    ),
    "self-test of the same part for ever": (
        {MessageType.SELF_TEST: says(SelfTestReply(n_parts=2).pack())},
        lambda device: list(device.self_test()),
    ),
    "unsure samples that are missing": (
        {MessageType.UNSURE: says(UnsureReply(n_unsure=9, n_kept=9).pack())},
        Device.unsure,
    ),
    "an unsure sample of 4 GB": (
        {
            MessageType.UNSURE: says(
                UnsureReply(n_unsure=1, n_kept=1).pack() + UnsureSample(width=65_535, height=65_535).pack()
            ),
            MessageType.READ: says(ReadReply(total_bytes=HUGE).pack()),
        },
        Device.unsure,
    ),
    "an unsure sample of another size": (
        {
            MessageType.UNSURE: says(UnsureReply(n_unsure=1, n_kept=1).pack() + UnsureSample(width=9, height=9).pack()),
            MessageType.READ: says(ReadReply().pack()),
        },
        Device.unsure,
    ),
    "settings cut off": ({MessageType.SETTINGS: says(SettingInfo().pack()[:-1])}, Device.settings),
    "refusal cut off": (
        {MessageType.SETTINGS: lambda board, request: board.send(MessageType.ERROR | REPLY_FLAG, request.seq, b"")},
        Device.settings,
    ),
    "refusal full of escapes": (
        {
            MessageType.SETTINGS: lambda board, request: board.send(
                MessageType.ERROR | REPLY_FLAG,
                request.seq,
                ErrorReply(status=77, expected=HUGE).pack() + NASTY.encode() + bytes(range(256)),
            )
        },
        Device.settings,
    ),
    "greeting cut off": ({MessageType.HELLO: says(b"abc")}, Device.ping),
    "information cut off": ({MessageType.INFO: says(b"abc")}, Device.ping),
    "clock cut off": ({MessageType.PING: says(b"")}, Device.ping),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_nonsense_ends_in_an_error_of_ours_in_bounded_time(case: str) -> None:
    answers, use = HOSTILE[case]
    started_s = time.monotonic()
    with (
        EvilBoard(answers) as board,
        pytest.raises(TinyhostError) as caught,
        Device.open(board, patience=0.1) as device,
    ):
        use(device)
    assert time.monotonic() - started_s < PATIENCE_S
    assert caught.value.message.startswith("evil")


def test_a_flood_of_log_text_does_not_drown_a_request() -> None:
    lines: list[str] = []

    def flood(board: EvilBoard, request: Frame) -> None:
        for text in (b"\n" * 300_000, b"\x1b[2J\n" * 50_000, b"x" * 1_000_000, b"\0" * 300_000, b"\x02\xff" * 300_000):
            board.send_bytes(text)
        board.send_bytes(b"\0")
        board.reply(request)

    with (
        EvilBoard({MessageType.SETTINGS: flood}) as board,
        Device.open(board, log=lambda line: lines.append(line.text)) as device,
    ):
        assert device.settings() == {}
    assert lines.count("\ufffd[2J") >= 50_000


SEPARATORS = ["\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"]
FORGED = "error: the board burns"


@pytest.mark.parametrize("separator", SEPARATORS, ids=ascii)
@pytest.mark.parametrize("framed", [True, False])
def test_no_line_of_a_boards_log_looks_like_ours(separator: str, framed: bool, tmp_path: Path) -> None:
    text = f"all is well{separator}{FORGED}\x1b[2K\b\u202e"

    def log(board: EvilBoard, request: Frame) -> None:
        if framed:
            board.send(MessageType.LOG, 0, LogHeader(level=LogLevel.INFO).pack() + text.encode())
        else:
            board.send_bytes(text.encode() + b"\n\0")
        refusal = ErrorReply(status=77).pack() + text.encode()
        board.send(MessageType.ERROR | REPLY_FLAG, request.seq, refusal)

    with EvilBoard({MessageType.MODEL_LIST: log}) as board, kept_on(board, tmp_path / "state"):
        done = run_tinyhost("models", "--board", "native", "--state", tmp_path / "state")
    assert done.code == 1
    shown = done.err.splitlines()
    assert not [line for line in shown if line.startswith(FORGED)]
    assert [line[:7] for line in shown] == [*["device:"] * (2 if framed else 0), "error: ", "   try:"]


def _stream_of_nonsense(board: EvilBoard, request: Frame) -> None:
    """Say yes to STREAM, then send every kind of malformed event, and one good one of each stream at the end."""
    board.reply(request, StreamHeader().pack())
    random_ = random.Random(7)
    for stream in (StreamId.PREDICTIONS, StreamId.CAMERA, 200):
        for index in range(300):
            header = StreamHeader(stream=stream, index=random_.choice((index, HUGE)), dropped=random_.choice((0, HUGE)))
            board.send(MessageType.STREAM_DATA, 0, header.pack() + random_.randbytes(random_.choice((0, 7, 40, 200))))
    no_pixels = FrameInfo(width=0, height=9, crc32=zlib.crc32(b"")).pack()
    board.send(MessageType.STREAM_DATA, 0, StreamHeader(stream=StreamId.CAMERA).pack() + no_pixels)
    board.send(MessageType.STREAM_DATA, 0, b"")
    prediction = Prediction(n_classes=2, top=250, status=99).pack() + bytes((127, 128, 0, 1))
    board.send(MessageType.STREAM_DATA, 0, StreamHeader(stream=StreamId.PREDICTIONS, index=1).pack() + prediction)


def _is_good(item: StreamItem) -> bool:
    return isinstance(item, PredictionItem) and item.scores == (127, -128) and item.prediction.top == 250


def test_malformed_stream_events_are_counted_and_the_next_good_one_arrives() -> None:
    with EvilBoard({MessageType.STREAM: _stream_of_nonsense}) as board, Device.open(board) as device:
        with device.stream(StreamId.PREDICTIONS, StreamId.CAMERA) as items:
            while (item := items.get(10.0)) is not None and not _is_good(item):
                continue
            assert item is not None
        assert device.link_stats.bad_frames > 300


def _says_yes(board: EvilBoard, request: Frame) -> None:
    """Answer with a valid header and a random rest."""
    board.send(MessageType.LOG, 0, LogHeader(level=LogLevel.ERROR).pack() + NASTY.encode())
    board.reply(request, random.Random(request.seq).randbytes(request.seq * 37 % 300))


def _slots_of_nasty_names(board: EvilBoard, request: Frame) -> None:
    board.send(MessageType.LOG, 0, LogHeader(level=77).pack() + NASTY.encode())
    board.reply(request, SLOT.pack() + SlotInfo(slot=1, state=SlotState.PARTIAL, name=NASTY).pack())


NONSENSE: dict[MessageType, Answer] = {
    kind: _says_yes
    for kind in MessageType
    if kind < MessageType.STREAM_DATA
    and kind not in (MessageType.HELLO, MessageType.INFO, MessageType.PING, MessageType.BYE)
}
NASTY_NAMES: dict[MessageType, Answer] = {MessageType.MODEL_LIST: _slots_of_nasty_names}
NASTY_INFO = InfoReply(
    board=NASTY[:12], app=NASTY[:12], engine="\x1b[31m", unique_id="\x1b[5m", firmware_version="\x9b2J", tick_unit="[/]"
)
COMMANDS = {
    "models": ("models",),
    "rollback": ("models", "rollback"),
    "settings": ("settings",),
    "reset": ("reset",),
    "push": ("push", "models/vww/model.tflite"),
    "bench": ("bench", "--runs", "1", "--samples", "1", "--link", "--capture"),
    "diff": ("diff", "--seed", "1", "--layers"),
    "doctor": ("doctor", "camera", "--seconds", "1"),
    "monitor": ("monitor", "--count", "1", "--seconds", "3"),
    "capture": ("capture", "--label", "x", "--count", "1", "--set", "evil"),
}


def run_command(board: EvilBoard, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command against the board, with a limit on its memory; in `folder`, where it may write."""
    root = Path(__file__).parents[2]
    words = [str(root / word) if word.startswith("models/") else word for word in arguments]
    environment = {**os.environ, "FORCE_COLOR": "1", "TERM": "xterm", "COLUMNS": "200", "OPENBLAS_NUM_THREADS": "1"}
    with kept_on(board, folder / "state"):
        return subprocess.run(
            [*COMMAND, *words, "--board", "native", "--state", str(folder / "state")],
            capture_output=True,
            text=True,
            errors="surrogateescape",
            check=False,
            cwd=folder,
            env=environment,
            timeout=PATIENCE_S,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES)),
        )


def assert_tame(text: str) -> None:
    """Check that nothing from the board reached the terminal as a control sequence."""
    for sequence in ("\x1b]0;", "\x1b[2J", "\x07", "\x9b", "\x1b[5m"):
        assert sequence not in text, f"{sequence!r} in {text!r}"


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_ends_clearly_against_a_board_that_answers_at_random(command: str, tmp_path: Path) -> None:
    with EvilBoard(NONSENSE, info=NASTY_INFO) as board:
        done = run_command(board, tmp_path, *COMMANDS[command])
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 1, 2)
    assert done.returncode == 0 or "error: " in done.stderr.replace("\x1b[1;31m", "")
    assert_tame(done.stdout + done.stderr)


def test_names_that_a_board_gives_its_models_are_text_and_nothing_else(tmp_path: Path) -> None:
    with EvilBoard(NASTY_NAMES, info=NASTY_INFO) as board:
        done = run_command(board, tmp_path, "models")
    assert done.returncode == 0, done.stderr
    assert "]0;owned" in done.stdout
    assert "[/red]" in done.stdout
    assert_tame(done.stdout + done.stderr)


def test_a_board_that_greets_with_nonsense_is_refused() -> None:
    with EvilBoard({MessageType.HELLO: says(bytes(64))}) as board, pytest.raises((ProtocolError, LinkError)):
        Device.open(board)


def test_whoever_keeps_a_session_does_not_wait_for_itself_to_greet_the_board_again() -> None:
    with EvilBoard({}) as board, Device.open(board) as device:
        device._session.connection.interrupt()  # as a request does that is told that its session is gone
        keeping = threading.Thread(target=device._session._keep_alive, daemon=True)
        keeping.start()
        keeping.join(PATIENCE_S)
        assert not keeping.is_alive()
        device._session.renew()
        assert device.ping().uptime_us > 0

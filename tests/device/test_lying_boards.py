"""Every command against every kind of mute, lying and slow board: it ends with an error that says what to do.

Real firmware answers, and `tests/device/between.py` has its way with what it says. Deadlines are short where the board
is at fault: TINYHOST_PATIENCE. Where its behaviour is to be tolerated they are the usual ones.
"""

from __future__ import annotations

import itertools
import json
import math
import re
import signal
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType

import pytest
from _pytest.mark import ParameterSet
from serial.tools import list_ports
from tinyhost.boards import PoweredBoard
from tinyhost.boards.virtual import VirtualBoard
from tinyhost.device import Device
from tinyhost.protocol.messages import (
    HelloReply,
    InfoReply,
    MessageType,
    ModelWriteReply,
    Prediction,
    ReadReply,
    SamplesInfo,
    SlotInfo,
    StreamId,
)
from tinyhost.protocol.status import Status

from tests.boards.bootloader_model import SERIAL, BootloaderModel
from tests.boards.upload_cases import make_program
from tests.commands import Done, run_tinyhost
from tests.device.between import Between, Change, wire
from tests.device.evil import kept_on
from tests.device.lies import (
    GREETING,
    HUGE,
    another_board,
    broken,
    clock,
    dripping,
    endless_log,
    in_bytes,
    instead,
    item_flood,
    kind_of,
    late,
    lies,
    log_flood,
    only,
    refuses,
    restarts,
    slow_clock,
    streams,
    without,
)
from tests.json_docs import check_document
from tests.stations import SHIPPED_MODELS, Stations

pytestmark = pytest.mark.firmware

REPO = Path(__file__).parents[2]
HANG_S = 180
IMPATIENT = "0.01"

COMMANDS = {
    "push": ("push", str(SHIPPED_MODELS["vww"]), "--force"),
    "monitor": ("monitor", "--plain", "--count", "3", "--seconds", "20"),
    "monitor json": ("monitor", "--json", "-", "--count", "3", "--seconds", "20"),
    "capture": ("capture", "--label", "person", "--count", "2", "--data", "set"),
    "bench": ("bench", "--runs", "1", "--samples", "1", "--link", "--capture"),
    "diff": ("diff", "--seed", "1"),
    "models": ("models",),
    "rollback": ("models", "rollback"),
    "settings": ("settings",),
    "set": ("settings", "period_ms=50"),
    "doctor": ("doctor", "camera", "--seconds", "0.5"),
    "reset": ("reset",),
}
ON_USB = {
    "boards": ("boards",),
    "flash": ("flash", "vww", "--firmware", "firmware.bin", "--no-model"),
}
"""those that only a real board is asked by"""
ON_A_RIG = {
    "hil run": (
        "hil",
        "run",
        "--rig",
        "rig.toml",
        "--out",
        "runs",
        "--select",
        "limits_make_sense or predictions_arrive or same_input_gives",
    )
}
N_ON_A_RIG = 3
RIG = f'name = "bench"\ntests = "{REPO / "hil/tests"}"\n[[board]]\nname = "native"\ntype = "native"\napp = "vww"\n'
EVERY = frozenset(COMMANDS)
LIVE = frozenset({"monitor", "monitor json", "doctor"})
"""those that switch streams on"""


NO_MATCH = Prediction(status=Status.MODEL_MISMATCH).pack()


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of board."""

    change: Change
    fails: frozenset[str] = EVERY
    """commands that must end in an error"""
    works: frozenset[str] = frozenset()
    """commands that must do their work all the same; of all others either is right"""
    swallowed: frozenset[int] = frozenset()

    @property
    def patience(self) -> str:
        return IMPATIENT if self.fails else "1"


def tolerated(change: Change, works: frozenset[str] = EVERY - {"rollback"}) -> Kind:
    """Return a kind of board with which commands must still work."""
    return Kind(change=change, fails=frozenset(), works=works)


ASKING = EVERY - {"reset"}
MONITORS = frozenset({"monitor", "monitor json"})
"""They read the active model."""
KINDS = {
    "answers nothing": Kind(change=lambda board, frame: None),
    "greets only": Kind(change=only(MessageType.HELLO)),
    "greets and informs only": Kind(change=only(MessageType.HELLO, MessageType.INFO)),
    "answers greetings and pings only": Kind(change=only(*GREETING)),
    "its clock stands still": Kind(change=clock(5_000_000, 0)),
    "its clock runs backwards": Kind(change=clock(900_000_000, -1_000_000)),
    "its clock is 8 % slow": tolerated(slow_clock(0.92)),
    "its clock is 8 % slow, and its firmware of protocol version 1": tolerated(slow_clock(0.92, first_version=True)),
    "takes a push and never ends it": Kind(change=without(MessageType.MODEL_COMMIT), fails=frozenset({"push"})),
    "takes no byte of a push": Kind(
        change=instead(MessageType.MODEL_WRITE, ModelWriteReply(offset=0).pack()), fails=frozenset({"push"})
    ),
    "wants bytes that a model has not": Kind(
        change=instead(MessageType.MODEL_WRITE, ModelWriteReply(offset=HUGE).pack()), fails=frozenset({"push"})
    ),
    "other numbers": Kind(change=lambda board, frame: wire(replace(frame, seq=frame.seq ^ 0x5555))),
    "other types": Kind(change=lambda board, frame: wire(replace(frame, type=frame.type ^ 4))),
    "old answers": Kind(change=late),
    "byte by byte, slowly": Kind(change=dripping, fails=frozenset({"monitor", "monitor json", "push", "bench"})),
    "in pieces": tolerated(in_bytes),
    "floods of log": tolerated(log_flood),
    "log without end": Kind(change=endless_log),
    "floods of items": tolerated(item_flood, frozenset({"monitor", "monitor json", "doctor"})),
    "half frames": Kind(change=lambda board, frame: wire(frame)[: len(wire(frame)) // 2] + b"\0"),
    "broken checksums": Kind(change=broken),
    "empty answers": Kind(change=lambda board, frame: wire(replace(frame, payload=b""))),
    "answers too long": tolerated(
        lambda board, frame: wire(
            replace(frame, payload=frame.payload + bytes(20)) if kind_of(frame) in GREETING else frame
        )
    ),
    "models of no bytes": Kind(change=lies(MessageType.MODEL_LIST, SlotInfo, image_bytes=0), fails=MONITORS),
    "models of 4 GB": Kind(change=lies(MessageType.MODEL_LIST, SlotInfo, image_bytes=HUGE), fails=MONITORS),
    "reads of no bytes": Kind(change=instead(MessageType.READ, ReadReply(total_bytes=0).pack()), fails=frozenset()),
    "an arena of 4 GB": tolerated(lies(MessageType.INFO, InfoReply, arena_bytes=HUGE)),
    "no slot, no memory": Kind(
        change=lies(MessageType.INFO, InfoReply, slot_bytes=0, arena_bytes=0, sample_bytes=0, n_slots=0),
        fails=frozenset({"push"}),
    ),
    "no time": tolerated(lies(MessageType.INFO, InfoReply, tick_hz=0, page_bytes=0)),
    "another version": Kind(change=lies(MessageType.HELLO, HelloReply, version=99)),
    "another magic": Kind(change=lies(MessageType.HELLO, HelloReply, magic=0)),
    "another session": Kind(change=lies(MessageType.HELLO, HelloReply, session=1)),
    "streams that never begin": Kind(change=streams(n_items=0), fails=LIVE),
    "streams that stop": Kind(change=streams(n_items=1), fails=frozenset({"monitor", "monitor json"})),
    "malformed items": Kind(change=streams(n_items=0, payload=b"\xff" * 9), fails=LIVE),
    "predictions that are none": Kind(change=streams(n_items=0, payload=NO_MATCH), fails=MONITORS),
    "vanishes in mid-stream": Kind(
        change=streams(n_items=1, vanishes=True), fails=frozenset({"monitor", "monitor json"})
    ),
    "refuses everything": Kind(change=refuses(Status.UNSUPPORTED), fails=ASKING),
    "is busy for ever": Kind(change=refuses(Status.BAD_STATE), fails=ASKING),
    "refuses for a reason of its own": Kind(change=refuses(200), fails=ASKING),
    "takes a reset and goes on": Kind(
        change=lambda board, frame: wire(frame),
        swallowed=frozenset({MessageType.RESET}),
        fails=frozenset({"reset"}),
    ),
    "another board each time": Kind(change=another_board, fails=frozenset({"reset"})),
}
CANNOT_GREET = {
    *("answers nothing", "greets only", "greets and informs only", "other numbers", "other types", "old answers"),
    *("half frames", "broken checksums", "empty answers", "another version", "another magic", "another session"),
}


@pytest.fixture(scope="module")
def firmware(stations: Stations, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PoweredBoard]:
    from tests.device.rig import make_pictures

    scene = tmp_path_factory.mktemp("scene")
    make_pictures(scene, 4)
    with stations("native", model=True).board.power(scene=str(scene)) as powered:
        yield powered


@contextmanager
def no_hang() -> Iterator[None]:
    """Fail a test that never ends."""

    def fail(number: int, frame: FrameType | None) -> None:
        pytest.fail(f"not done after {HANG_S} s")

    before = signal.signal(signal.SIGALRM, fail)
    signal.alarm(HANG_S)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def run(kind: Kind, words: tuple[str, ...], firmware: PoweredBoard, folder: Path) -> Done:
    variables = {"TINYHOST_PATIENCE": kind.patience}
    with no_hang(), Between(firmware, kind.change, swallowed=kind.swallowed) as board, kept_on(board, folder / "state"):
        return run_tinyhost(*words, "--board", "native", "--state", folder / "state", folder=folder, **variables)


SAMPLES = SamplesInfo(rate_mhz=16_000_000, scale=0.5, n_samples=1, n_channels=1)
SAMPLE_LIES = {
    "no rate": replace(SAMPLES, rate_mhz=0).pack() + b"ab",
    "no scale": replace(SAMPLES, scale=0.0).pack() + b"ab",
    "a scale that is no number": replace(SAMPLES, scale=math.nan).pack() + b"ab",
    "no samples": replace(SAMPLES, n_samples=0).pack(),
    "another sensor's channels": replace(SAMPLES, n_channels=2).pack() + b"abcd",
    "no channels": replace(SAMPLES, n_channels=0).pack() + b"ab",
    "nothing at all": None,
}
LISTENERS = {
    "capture mic": ("kws", ("capture", "--label", "hum", "--seconds", "5", "--sensor", "mic", "--data", "set")),
    "doctor mic": ("kws", ("doctor", "mic", "--seconds", "0.3")),
    "capture imu": ("anomaly", ("capture", "--label", "hum", "--seconds", "5", "--sensor", "imu", "--data", "set")),
    "doctor imu": ("anomaly", ("doctor", "imu", "--seconds", "0.3")),
    "capture gestures": (
        "gestures",
        ("capture", "--label", "hum", "--seconds", "5", "--sensor", "imu", "--data", "set"),
    ),
}
SCENES = {"kws": "speech:yes,no", "anomaly": "machine:none", "gestures": "hand:wave,circle"}


@pytest.fixture(scope="module")
def listening(stations: Stations) -> Iterator[Callable[[str], PoweredBoard]]:
    with ExitStack() as stack:
        powered: dict[str, PoweredBoard] = {}

        def of(app: str) -> PoweredBoard:
            if app not in powered:
                powered[app] = stack.enter_context(stations("native", app).board.power(scene=SCENES[app]))
            return powered[app]

        yield of


@pytest.mark.parametrize("command", LISTENERS)
@pytest.mark.parametrize("lie", SAMPLE_LIES)
def test_sound_and_motion_that_cannot_be_end_in_an_error(
    lie: str, command: str, listening: Callable[[str], PoweredBoard], tmp_path: Path
) -> None:
    app, words = LISTENERS[command]
    kind = Kind(change=streams(n_items=0, payload=SAMPLE_LIES[lie]))
    done = run(kind, words, listening(app), tmp_path)
    assert done.code == 1, done.out + done.err
    assert "Traceback" not in done.err
    assert re.search(r"^error: \S+.*: ", done.err, re.MULTILINE)


def _cases(commands: Collection[str], one_of: int = 6) -> Iterator[ParameterSet]:
    """Yield every kind with every command; one of so many is a sample, the others are for the soak."""
    for (at, name), (of, command) in itertools.product(enumerate(KINDS), enumerate(commands)):
        is_sample = (at + of) % one_of == 0
        yield pytest.param(name, command, id=f"{name}: {command}", marks=[] if is_sample else [pytest.mark.soak])


@pytest.mark.parametrize(("name", "command"), list(_cases(COMMANDS)))
def test_a_command_ends_and_says_what_to_do(name: str, command: str, firmware: PoweredBoard, tmp_path: Path) -> None:
    kind = KINDS[name]
    done = run(kind, COMMANDS[command], firmware, tmp_path)
    assert_says_what_to_do(done)
    if command in kind.fails:
        assert done.code == 1, done
    if command in kind.works:
        assert done.code == 0, done


def assert_says_what_to_do(done: Done) -> None:
    """Check that there is an error with a hint, or a result."""
    assert "Traceback" not in done.err, done
    if done.code:
        assert re.search(r"^error: \S+.*: ", done.err, re.MULTILINE), done
        assert "   try: " in done.err, done
    else:
        assert done.out.strip() or done.err.strip(), done


@pytest.mark.parametrize(("name", "command"), list(_cases(ON_USB)))
def test_a_board_on_usb_is_listed_and_flashed_whatever_its_firmware_says(
    name: str, command: str, firmware: PoweredBoard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(firmware.board, VirtualBoard)
    kind, flashed, program = KINDS[name], firmware.board.folder.flashed(), make_program(2, 9000)
    assert flashed is not None
    program = program[:79] + flashed.build_id.encode() + program[95:]  # so that what answers is what was flashed
    (tmp_path / "firmware.bin").write_bytes(program)
    with (
        no_hang(),
        Between(firmware, kind.change, swallowed=kind.swallowed) as lying,
        BootloaderModel([program, program], in_bootloader=command == "flash", app_port=lying.port) as board,
    ):
        monkeypatch.setattr(list_ports, "comports", board.ports)
        done = run_tinyhost(*ON_USB[command], folder=tmp_path, TINYHOST_PATIENCE=kind.patience, TINYHOST_STATE=tmp_path)
    assert_says_what_to_do(done)
    if command == "flash" and name in CANNOT_GREET:
        assert done.code == 1, done
    elif command == "boards" or not kind.fails:
        assert done.code == 0, done
        assert f"nano33ble:{SERIAL}" in done.out


@pytest.mark.parametrize(("name", "command"), list(_cases(ON_A_RIG, one_of=12)))
def test_a_rig_run_ends_with_an_outcome_for_every_test(
    name: str, command: str, firmware: PoweredBoard, tmp_path: Path
) -> None:
    kind = KINDS[name]
    (tmp_path / "rig.toml").write_text(RIG)
    with (
        no_hang(),
        Between(firmware, kind.change, swallowed=kind.swallowed) as board,
        kept_on(board, tmp_path / "runs/native/state"),
    ):
        done = run_tinyhost(*ON_A_RIG[command], "--json", "-", folder=tmp_path, TINYHOST_PATIENCE=kind.patience)
    assert_says_what_to_do(done)
    document = json.loads(done.out)
    check_document(document)
    tests = [test for test in document["boards"][0]["tests"] if test["outcome"] != "not_applicable"]
    outcomes = [test["outcome"] for test in tests]
    assert len(tests) == N_ON_A_RIG, outcomes
    assert all(test["text"] for test in tests if test["outcome"] != "passed")
    assert done.code == any(outcome != "passed" for outcome in outcomes)
    if name in CANNOT_GREET:
        assert outcomes == ["rig"] * N_ON_A_RIG
    elif "bench" in kind.works:
        assert outcomes[1:] == ["passed"] * (N_ON_A_RIG - 1)  # the first one holds a board's limits against reason


def test_the_monitor_tells_restarts_and_what_runs_since(firmware: PoweredBoard, tmp_path: Path) -> None:
    watch = ("monitor", "--plain", "--count", "12", "--seconds", "40")
    done = run(tolerated(restarts(5, build_id="0123456789abcdef")), watch, firmware, tmp_path)
    assert done.code == 0, done.err
    assert len(done.out.splitlines()) == 12
    first, *more = (line for line in done.err.splitlines() if "restarted" in line)
    assert first.startswith("native restarted (1 time so far)")
    assert "it runs vww firmware 0.1.0 (0123456789abcdef) now" in first
    assert "it runs" not in "".join(more)


@pytest.mark.parametrize(
    "change",
    [slow_clock(0.5), slow_clock(0.92), slow_clock(1.08), slow_clock(2.0), slow_clock(0.92, first_version=True)],
    ids=["half", "-8 %", "+8 %", "twice", "-8 %, version 1"],
)
def test_no_clock_however_wrong_is_taken_for_a_restart(change: Change, firmware: PoweredBoard) -> None:
    with Between(firmware, change) as board, Device.open(board) as device:
        with device.stream(StreamId.PREDICTIONS) as items:
            before = next(items)
            for _ in range(12):
                time.sleep(0.1)
                device.ping()
            after = next(items)
        assert after.index > before.index
        assert (device.link_stats.restarts, device.link_stats.reconnects) == (0, 0)


@pytest.mark.parametrize("command", sorted(LIVE))
def test_a_board_that_restarts_again_and_again_is_watched_to_the_end(
    command: str, firmware: PoweredBoard, tmp_path: Path
) -> None:
    done = run(tolerated(restarts(3)), COMMANDS[command], firmware, tmp_path)
    assert "Traceback" not in done.err
    assert done.out.strip() or done.code

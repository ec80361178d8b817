"""Rig files: valid ones, and the error for each invalid one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tinyhost.bench.energy.meters import MeterPlan
from tinyhost.errors import ConfigError, UsageError
from tinyhost.hil.bench_plan import BenchPlan
from tinyhost.hil.rigs import Rig, RigBoard, board_of_spec, load_rig

REPO = Path(__file__).parents[3]
BOARD = '[[board]]\nname = "one"\ntype = "native"\n'


def rig_of(tmp_path: Path, text: str) -> Rig:
    (tmp_path / "tests").mkdir(exist_ok=True)
    path = tmp_path / "rig.toml"
    path.write_text(text)
    return load_rig(path)


def real(name: str, serial: str) -> str:
    return f'[[board]]\nname = "{name}"\ntype = "nano33ble"\nserial = "{serial}"\n'


def test_serials_that_differ_in_case_only_are_one_board(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r'rig.toml:7: board "two": cannot be told from board "one"'):
        rig_of(tmp_path, 'name = "desk"\ntests = "tests"\n' + real("one", "AB12") + real("two", "ab12"))


@pytest.mark.parametrize("name", ["ONE", "One", "one.", "oNe.."])
def test_names_that_make_the_same_folder_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="the name is taken by the board on line 3"):
        rig_of(tmp_path, 'name = "desk"\ntests = "tests"\n' + BOARD + BOARD.replace("one", name))


def test_a_rig_of_ten_thousand_boards_is_refused(tmp_path: Path) -> None:
    boards = "".join(BOARD.replace("one", f"b{n}") for n in range(10_000))
    with pytest.raises(ConfigError, match=r"rig.toml:195: expected at most 64 boards, got 10,000"):
        rig_of(tmp_path, 'name = "desk"\ntests = "tests"\n' + boards)


@pytest.mark.parametrize(
    "key", ["a." * 20_000 + "a = 1", "[" + "a." * 20_000 + "a]", "x = {" + "a." * 20_000 + "a = 1}"]
)
def test_a_key_of_twenty_thousand_parts_is_refused(tmp_path: Path, key: str) -> None:
    with pytest.raises(ConfigError, match=r"rig.toml:2: expected a key of at most 32 parts"):
        rig_of(tmp_path, 'name = "desk"\n' + key + "\n")


def test_a_rig_with_every_key(tmp_path: Path) -> None:
    (tmp_path / "model.tflite").write_bytes(b"")
    (tmp_path / "cards").mkdir()
    text = """name = "desk"
tests = "tests"
[[board]]
name = "real"
type = "nano33ble"
serial = "ABC"
model = "model.tflite"
timeout_s = 30
allow = ["test_link.py", "soak"]
[[board]]
name = "native"
type = "native"
app = "kws"
scene = "cards"
"""
    rig = rig_of(tmp_path, text)
    path = tmp_path / "rig.toml"
    real = RigBoard(
        name="real",
        type="nano33ble",
        app="vww",
        serial="ABC",
        model=tmp_path / "model.tflite",
        timeout_s=30.0,
        allow=("test_link.py", "soak"),
        where=f"{path}:3",
    )
    native = RigBoard(name="native", type="native", app="kws", scene=str(tmp_path / "cards"), where=f"{path}:10")
    assert rig == Rig(name="desk", path=path, tests=tmp_path / "tests", boards=(real, native))
    assert (real.spec, native.spec) == ("nano33ble:ABC", "native")
    assert real.capabilities == frozenset()
    assert native.capabilities == frozenset({"scene", "exact_scene", "power_cut"})


@pytest.mark.parametrize("file", sorted((REPO / "hil/rigs").glob("*.toml")), ids=lambda path: path.name)
def test_the_rigs_of_this_repository_are_valid(file: Path) -> None:
    assert load_rig(file).tests == REPO / "hil/tests"


HEAD = 'name = "x"\ntests = "tests"\n'
REFUSED = {
    "unknown key": (HEAD + BOARD + 'scnee = "."\n', 6, 'board "one", "scnee": unknown key', "did you mean scene?"),
    "unknown top key": (HEAD + 'bord = "."\n' + BOARD, 3, 'rig, "bord": unknown key', "did you mean board?"),
    "no name": ('tests = "tests"\n' + BOARD, 1, 'rig: "name" is missing', 'name = "..."'),
    "board without type": (HEAD + '[[board]]\nname = "one"\n', 3, 'board "one": "type" is missing', 'type = "..."'),
    "wrong type": (
        HEAD + '[[board]]\nname = "one"\ntype = "nativ"\n',
        5,
        'one of native, m4, nano33emu, nano33emu:rev2, nano33ble; got "nativ"',
        "native",
    ),
    "name is a number": (HEAD + "[[board]]\nname = 3\n", 4, "expected a non-empty string, got 3", 'name = "..."'),
    "name that is no file name": (HEAD + '[[board]]\nname = "a/b"\ntype = "m4"\n', 4, 'got "a/b"', "desk-1"),
    "no board": (HEAD, 1, "no [[board]] table", "[[board]]"),
    "boards are no tables": (HEAD + "board = 1\n", 3, "expected [[board]] tables, got 1", "[[board]]"),
    "tests missing": ('name = "x"\ntests = "none"\n' + BOARD, 2, 'no file or folder "none"', "rig file's folder"),
    "scene missing": (HEAD + BOARD + 'scene = "none"\n', 6, 'no file or folder "none"', "rig file's folder"),
    "scene name too long": (HEAD + BOARD + f'scene = "{"n" * 5000}"\n', 6, "no file or folder", "rig file's folder"),
    "serial of a virtual board": (HEAD + BOARD + 'serial = "1"\n', 6, "a native board has no serial number", "remove"),
    "scene of a real board": (
        HEAD + '[[board]]\nname = "r"\ntype = "nano33ble"\nscene = "."\n', 6, "sees the real world", "remove",
    ),
    "empty allow list": (HEAD + BOARD + "allow = []\n", 6, "expected a list of strings, got []", "allow = ["),
    "timeout of 0": (HEAD + BOARD + "timeout_s = 0\n", 6, "expected a number above 0 and below 1e6, got 0", "600"),
    "timeout that is no number": (HEAD + BOARD + "timeout_s = nan\n", 6, "got nan", "600"),
    "twin names": (HEAD + BOARD + BOARD, 7, "the name is taken by the board on line 3", "unique name"),
    "model that is no tflite": (HEAD + BOARD + 'model = "rig.toml"\n', 6, 'a .tflite file, got "rig.toml"', "image"),
    "app that is not there": (HEAD + BOARD + 'app = "vwv"\n', 6, 'vww, kws, anomaly, gestures; got "vwv"', "vww"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "line", "message", "hint"), REFUSED.values(), ids=REFUSED)
def test_a_refusal_says_line_and_hint(tmp_path: Path, text: str, line: int, message: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        rig_of(tmp_path, text)
    assert caught.value.message.startswith(f"{tmp_path / 'rig.toml'}:{line}: ")
    assert message in caught.value.message
    assert hint in caught.value.hint


@pytest.mark.parametrize(("first", "second"), [("A", "A"), ("A", None), (None, "A"), (None, None)])
def test_two_real_boards_must_differ_by_serial(tmp_path: Path, first: str | None, second: str | None) -> None:
    text = HEAD + BOARD
    for name, serial in (("a", first), ("b", second)):
        text += f'[[board]]\nname = "{name}"\ntype = "nano33ble"\n' + (f'serial = "{serial}"\n' if serial else "")
    with pytest.raises(ConfigError, match='board "b": cannot be told from board "a"'):
        rig_of(tmp_path, text)


def test_two_real_boards_with_their_serials_are_fine(tmp_path: Path) -> None:
    text = HEAD + "".join(f'[[board]]\nname = "{s}"\ntype = "nano33ble"\nserial = "{s}"\n' for s in "AB")
    assert [board.spec for board in rig_of(tmp_path, text).boards] == ["nano33ble:A", "nano33ble:B"]


def test_a_board_is_found_by_name_or_because_it_is_alone(tmp_path: Path) -> None:
    alone = rig_of(tmp_path, HEAD + BOARD)
    assert alone.board(None) is alone.board("one") is alone.boards[0]
    two = rig_of(tmp_path, HEAD + BOARD + BOARD.replace("one", "two"))
    with pytest.raises(UsageError, match="2 boards and none named"):
        two.board(None)
    with pytest.raises(UsageError, match='no board "towo"') as caught:
        two.board("towo")
    assert caught.value.hint == "did you mean two?"


def test_a_board_without_a_rig() -> None:
    assert board_of_spec("nano33ble:AB:C").serial == "AB:C"
    assert board_of_spec("nano33emu:rev2").spec == "nano33emu:rev2"
    board = board_of_spec("m4")
    assert (board.app, board.scene) == ("vww", None)
    given = board.with_options(app="kws", scene="mic:")
    assert given.app == "kws"
    assert given.capabilities == {"scene", "exact_scene", "power_cut"}
    assert board_of_spec("nano33emu").with_options(app=None, scene="mic:").capabilities == {"scene", "power_cut"}
    with pytest.raises(UsageError, match='--app: expected one of vww, kws, anomaly, gestures; got "kvs"') as caught:
        board.with_options(app="kvs", scene=None)
    assert caught.value.hint == "did you mean kws?"


@pytest.mark.parametrize(
    ("scene", "expected"),
    [
        ("machine:imbalance?rpm=500", "machine:imbalance?rpm=500"),
        ("mic:", "mic:"),
        ("cards?seed=3", "{folder}/cards?seed=3"),
    ],
)
def test_a_scene_is_what_the_command_line_takes(tmp_path: Path, scene: str, expected: str) -> None:
    for name in ("cards", "tests"):
        (tmp_path / name).mkdir()
    path = tmp_path / "rig.toml"
    path.write_text(HEAD + BOARD + f'scene = "{scene}"\n')
    (board,) = load_rig(path).boards
    assert board.scene == expected.format(folder=tmp_path.resolve())
    for wrong in ("m5", "native:1", "nano33emu:rev3", ""):
        with pytest.raises(UsageError, match="--board: expected native, m4"):
            board_of_spec(wrong)


_words = st.sampled_from(
    ["name", "board", "type", "scene", "serial", "allow", "timeout_s", "native", "nano33ble", "tests", "x"]
)
_toml_values = st.recursive(
    st.one_of(st.booleans(), st.integers(-2, 2), st.floats(), _words, st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_words, inner, max_size=4)),
    max_leaves=12,
)


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, str):
        return '"' + "".join(f"\\U{ord(char):08x}" for char in value) + '"'
    return str(value).lower()


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(_words, _toml_values, max_size=6),
    st.lists(st.dictionaries(_words, _toml_values, max_size=6), max_size=2),
)
def test_no_file_raises_anything_but_a_config_error(
    tmp_path: Path, top: dict[str, object], boards: list[dict[str, object]]
) -> None:
    text = "".join(f"{key} = {_toml(value)}\n" for key, value in top.items())
    for board in boards:
        text += "[[board]]\n" + "".join(f"{key} = {_toml(value)}\n" for key, value in board.items())
    try:
        rig_of(tmp_path, text)
    except ConfigError as error:
        assert error.message.startswith(f"{tmp_path / 'rig.toml'}:")
        assert error.hint


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=80))
def test_no_bytes_raise_anything_but_a_config_error(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "bytes.toml"
    path.write_bytes(data)
    with pytest.raises(ConfigError):
        load_rig(path)


@pytest.mark.parametrize(
    ("meter", "board", "message"),
    [
        ('{ kind = "ppk2" }', real("b", "AB"), r'"port" is missing'),
        ('{ kind = "ppk2", port = "/dev/x" }', BOARD, "a virtual board draws no current"),
        ('{ kind = "simulated" }', real("b", "AB"), "a real board needs a real meter"),
        ('{ kind = "js220", inputs = [0, 1, 4] }', real("b", "AB"), r"expected 3 inputs of 0 to 3, got \[0, 1, 4\]"),
        ('{ kind = "simulated", inputs = [0, 1, 1] }', BOARD, r"got \[0, 1, 1\]"),
        ('{ kind = "simulated", inputs = [0, -1, 1.5] }', BOARD, "expected whole numbers"),
        ('{ kind = "js220", port = "x" }', real("b", "AB"), "unknown key"),
        ('{ kind = "ppk2", port = "/dev/x", mode = "amps" }', real("b", "AB"), "expected one of ampere, source"),
    ],
)
def test_a_meter_that_cannot_be_is_refused_with_its_line(tmp_path: Path, meter: str, board: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as refused:
        rig_of(tmp_path, f'name = "desk"\ntests = "tests"\n{board}meter = {meter}\n')
    assert re.search(r"rig\.toml:\d+: ", str(refused.value))


def test_a_board_with_a_meter_can_be_measured(tmp_path: Path) -> None:
    text = 'name = "desk"\ntests = "tests"\n' + real("b", "AB")
    text += 'meter = { kind = "ppk2", port = "/dev/ttyACM1", mode = "source", volts = 3.0, inputs = [4, 5, 6] }\n'
    (board,) = rig_of(tmp_path, text).boards
    plan = MeterPlan(kind="ppk2", port="/dev/ttyACM1", volts=3.0, supplies=True, inputs=(4, 5, 6))
    assert board.meter == plan
    assert board.meter.by_stage == {"capture": 4, "preprocess": 5, "invoke": 6}
    assert "meter" in board.capabilities


@pytest.mark.parametrize(
    ("bench", "message"),
    [
        ("{ runs = 0 }", "expected a whole number from 1 to 100,000, got 0"),
        ("{ samples = 2.5 }", "expected a whole number from 1 to 100,000, got 2.5"),
        ("{ runs = true }", "expected a whole number from 1 to 100,000, got True"),
        ('{ data = "nowhere" }', 'no file or folder "nowhere"'),
        ('{ part = "testing" }', "it is a part of `data`, and there is none"),
        ('{ data = "tests", part = "test" }', "expected one of training, validation, testing"),
        ("{ run = 1 }", "unknown key; expected one of runs, samples, data, part"),
        ("3", "expected a table, got 3"),
    ],
)
def test_a_bench_that_cannot_be_is_refused_with_its_line(tmp_path: Path, bench: str, message: str) -> None:
    with pytest.raises(ConfigError, match=rf"rig.toml:6: board .*{re.escape(message)}"):
        rig_of(tmp_path, f'name = "desk"\ntests = "tests"\n{BOARD}bench = {bench}\n')


def test_a_board_with_a_bench_is_benched(tmp_path: Path) -> None:
    text = f'name = "desk"\ntests = "tests"\n{BOARD}bench = {{ runs = 3, data = "tests", part = "testing" }}\n'
    (board,) = rig_of(tmp_path, text).boards
    assert board.bench == BenchPlan(runs=3, samples=100, data=tmp_path / "tests", part="testing")
    assert "bench" in board.capabilities

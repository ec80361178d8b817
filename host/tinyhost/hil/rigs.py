"""Rig files: the boards of a bench, their firmware and input, and the tests they may run.

Every error is a ConfigError with file, line, expected and found values. docs/guides/rigs.md has the keys.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tinyhost.bench.energy.meters import MeterPlan, read_meter
from tinyhost.boards.ports import is_port
from tinyhost.boards.project import find_shipped
from tinyhost.boards.remote.addresses import check_address, is_remote, programs_of
from tinyhost.boards.virtual_types import VIRTUAL_BOARD_TYPES, virtual_board_type
from tinyhost.errors import UsageError
from tinyhost.hil.bench_plan import BenchPlan, read_bench
from tinyhost.hil.power import PowerCommands, read_power
from tinyhost.hil.qualification.limits import Limit, read_limits
from tinyhost.hil.stimuli.config import StimulusPlan, read_stimulus
from tinyhost.system.toml_source import KeyPath, TomlSource, read_toml
from tinyhost.system.toml_tables import Table, nearest
from tinyhost.tasks.registry import task_of_app, tasks

__all__ = ["BOARD_TYPES", "Rig", "RigBoard", "board_of_spec", "default_app", "load_rig"]

VIRTUAL_TYPES = tuple(record.name for record in VIRTUAL_BOARD_TYPES)
EXACT_TYPES = tuple(record.name for record in VIRTUAL_BOARD_TYPES if not record.has_bootloader)
BOARD_TYPES = (*VIRTUAL_TYPES, "nano33ble")
DEFAULT_TIMEOUT_S = 600.0
MAX_BOARDS = 64


@dataclass(frozen=True, kw_only=True)
class RigBoard:
    """One board of a rig.

    app: of a task (tinyhost.tasks.registry).
    address: of a board on another machine or behind a port; `type` is its type there.
    scene: the input of a virtual board's sensor: an absolute path with options, or kind:... (boards.scenes.open_scene).
        Behind a port it is played by the process that keeps the board on.
    model: absolute path of a .tflite; None: the app's default model.
    allow: tests that may run on it, as globs on file::test, or names of markers; None: all.
    power: switches a real board's power; virtual boards have a switch of their own.
    rig_sha256: of the rig file's text; empty without one.
    stimulus: the verified stimulus of its sensor.
    meter: measures its supply.
    bench: the benchmark in a run of the rig; None: none.
    qualify: the limits of the rig before and after a run; None: not checked.
    timeout_s: longest time without progress before the runner stops the board.
    where: file:line of its table, for messages.
    """

    name: str
    type: str
    app: str
    serial: str | None = None
    address: str | None = None
    scene: str | None = None
    model: Path | None = None
    allow: tuple[str, ...] | None = None
    timeout_s: float = DEFAULT_TIMEOUT_S
    power: PowerCommands | None = None
    stimulus: StimulusPlan | None = None
    meter: MeterPlan | None = None
    bench: BenchPlan | None = None
    qualify: dict[str, Limit] | None = field(default=None, hash=False)
    where: str = "command line"
    rig_sha256: str = field(default="", compare=False)

    @property
    def spec(self) -> str:
        """The board's name for `--board`."""
        return self.address or (f"{self.type}:{self.serial}" if self.serial else self.type)

    @property
    def firmware_kind(self) -> str:
        """The kind that its firmware is built for; empty if only its port is known."""
        record = virtual_board_type(self.type)
        return record.firmware_kind if record else "nano33ble" if self.type in BOARD_TYPES else ""

    @property
    def played_scene(self) -> str | None:
        """The scene, if this process plays it."""
        return self.scene if self.address is None or self.address.startswith("ssh:") else None

    @property
    def programs(self) -> tuple[tuple[str, ...], ...]:
        """All commands that the board needs: for its connection, its power switch, and its stimulus."""
        parts = tuple(part.commands for part in (self.power, self.stimulus) if part)
        return (*(programs_of(self.address) if self.address else ()), *(each for part in parts for each in part))

    @property
    def capabilities(self) -> frozenset[str]:
        """The board's capabilities: `scene`, `power_cut` and so on; a test's marker is needs_<capability>."""
        own_switch = self.type in VIRTUAL_TYPES and (self.address is None or self.address.startswith("ssh:"))
        found = {"power_cut"} if self.power or own_switch else set()
        found |= {"stimulus"} if self.stimulus else set()
        found |= {"meter"} if self.meter else set()
        found |= {"bench"} if self.bench else set()
        exact = {"exact_scene"} if self.type in EXACT_TYPES else set()
        return frozenset(found | ({"scene"} | exact if self.scene else set()))

    def with_options(self, *, app: str | None, scene: str | None) -> RigBoard:
        """Return the board with the options of the command line. Raises UsageError for an unknown app."""
        apps = _apps()
        if app is not None and app not in apps:
            raise UsageError(f'--app: expected one of {", ".join(apps)}; got "{app}"', hint=nearest(app, apps))
        return replace(self, app=app or self.app, scene=scene or self.scene)


@dataclass(frozen=True, kw_only=True)
class Rig:
    """A bench: its boards and the folder of their tests.

    quarantine: the file of tests that are known to fail (hil.quarantine), if there is one.
    """

    name: str
    path: Path
    tests: Path
    boards: tuple[RigBoard, ...]
    quarantine: Path | None = None

    def board(self, name: str | None) -> RigBoard:
        """Return the board of that name; without a name, the only one. Raises UsageError."""
        if name is None and len(self.boards) == 1:
            return self.boards[0]
        names = [board.name for board in self.boards]
        for board in self.boards:
            if board.name == name:
                return board
        what = f'no board "{name}"' if name else f"{len(names)} boards and none named"
        raise UsageError(f"{self.path}: {what}; it has {', '.join(names)}", hint=nearest(name or "", names))


def default_app() -> str:
    """Return the default app of a board."""
    return _apps()[0]


def _apps() -> tuple[str, ...]:
    return tuple(task.app for task in tasks())


def board_of_spec(spec: str) -> RigBoard:
    """Return the board of `--board`, without a rig file. Raises UsageError."""
    if is_remote(spec) or is_port(spec):
        check_address(spec)
        return RigBoard(name=spec, type="port", app=default_app(), address=spec)
    kind, _, serial = (spec, "", "") if spec in VIRTUAL_TYPES else spec.partition(":")
    if kind not in BOARD_TYPES or (serial and kind in VIRTUAL_TYPES):
        expected = f"{', '.join(BOARD_TYPES)}, nano33ble:SERIAL, or an address as ssh:HOST/SERIAL, labgrid:PLACE"
        raise UsageError(f'--board: expected {expected}; got "{spec}"', hint=nearest(kind, BOARD_TYPES))
    return RigBoard(name=spec, type=kind, app=default_app(), serial=serial or None)


def load_rig(path: Path) -> Rig:
    """Return the rig of a file. Raises ConfigError for any error in it."""
    source = read_toml(path)
    top = Table(source, (), source.data, "rig")
    name = top.text("name")
    tests = _existing(top, "tests", source, top.optional_text("tests") or _usual_tests(path))
    quarantine = _quarantine(top, source)
    tables = top.tables("board")
    if len(tables) > MAX_BOARDS:
        message = f"expected at most {MAX_BOARDS} boards, got {len(tables):,}: all of them run at once"
        raise source.error(
            ("board", MAX_BOARDS), message, hint="split it into several rig files, and run them one after the other"
        )
    boards = tuple(_board(source, where, values) for where, values in tables)
    top.finish()
    _refuse_twins(source, boards)
    return Rig(name=name, path=path, tests=tests, boards=boards, quarantine=quarantine)


def _quarantine(top: Table, source: TomlSource) -> Path | None:
    """Return the quarantine file: the one named by the rig, else RIG.quarantine.toml beside it, if there is one."""
    if named := top.optional_text("quarantine"):
        return _existing(top, "quarantine", source, named)
    beside = source.path.with_suffix(".quarantine.toml")
    return beside if beside.is_file() else None


def _usual_tests(rig: Path) -> str:
    """Return the default tests of a rig: those beside it, as in a clone, or those that come with tinyhost."""
    beside = "../tests"
    return beside if (rig.parent / beside).is_dir() else str(find_shipped(Path("hil/tests")))


def _board(source: TomlSource, where: KeyPath, values: dict[str, Any]) -> RigBoard:
    given = values.get("name")
    label = f'board "{given}"' if isinstance(given, str) and given.isprintable() else f"board {where[-1]}"
    table = Table(source, where, values, label)
    name = table.text("name")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", name):
        raise table.error("name", f'expected letters, digits, "_", "-" and "."; got "{name}"', hint='name = "desk-1"')
    kind = table.choice("type", BOARD_TYPES)
    serial, scene, model = table.optional_text("serial"), table.optional_text("scene"), table.optional_text("model")
    address = table.optional_text("address")
    app = table.choice("app", _apps(), default_app())
    allow, timeout_s = table.texts("allow"), table.positive("timeout_s", DEFAULT_TIMEOUT_S)
    power, stimulus, meter, qualify, bench = (
        table.inner(key) for key in ("power", "stimulus", "meter", "qualify", "bench")
    )
    table.finish()
    _check_keys(table, kind, serial=serial, address=address, scene=scene, has_power=power is not None)
    if model and not model.endswith(".tflite"):
        hint = "the tests compile it themselves, to make a second image of it"
        raise table.error("model", f'expected a .tflite file, got "{model}"', hint=hint)
    if scene and not _names_no_file(scene) and not (address and address.startswith("ssh:")):
        path, mark, options = scene.partition("?")
        scene = f"{_existing(table, 'scene', source, path)}{mark}{options}"
    return RigBoard(
        name=name, type=kind, serial=serial, address=address, app=app, scene=scene,
        model=_existing(table, "model", source, model) if model else None,
        allow=allow, timeout_s=timeout_s, where=f"{source.path}:{source.line(where)}",
        power=read_power(power, leased=(address or "").startswith("jumpstarter:")) if power else None,
        rig_sha256=source.sha256,
        stimulus=_stimulus(stimulus, app, kind in VIRTUAL_TYPES) if stimulus else None,
        meter=read_meter(meter, virtual=kind in VIRTUAL_TYPES and address is None) if meter else None,
        qualify=read_limits(qualify) if qualify else None,
        bench=read_bench(bench, lambda inner, key, value: _existing(inner, key, source, value)) if bench else None,
    )  # fmt: skip


def _check_keys(
    table: Table, kind: str, *, serial: str | None, address: str | None, scene: str | None, has_power: bool
) -> None:
    """Raise ConfigError for a key that a board of this type cannot have."""
    is_virtual = kind in VIRTUAL_TYPES
    if address:
        try:
            check_address(address)
        except UsageError as exc:
            raise table.error("address", exc.message, hint=exc.hint) from exc
        if serial:
            raise table.error("serial", "its address says which board it is", hint="remove this line")
    elif has_power and is_virtual:
        raise table.error("power", f"a {kind} board has its own switch", hint="remove this line")
    if serial and is_virtual:
        raise table.error("serial", f"a {kind} board has no serial number", hint="remove this line")
    if scene and not is_virtual:
        raise table.error(
            "scene", f"a {kind} sees the real world, only virtual boards take a scene", hint="remove this line"
        )


def _stimulus(table: Table, app: str, virtual: bool) -> StimulusPlan:
    task = task_of_app(app)
    assert task is not None  # the app is one of these
    return read_stimulus(table, sensor=task.sensor.name, virtual=virtual)


def _names_no_file(scene: str) -> bool:
    """Return whether a scene is `kind:...`, such as webcam:0 or machine:imbalance?rpm=600."""
    return re.match(r"[a-z]{2,}:", scene) is not None


def _existing(table: Table, key: str, source: TomlSource, value: str) -> Path:
    """Return a value as an absolute path, relative to the rig file's folder."""
    path = (source.path.parent / value).absolute()
    try:
        found = path.exists()
    except OSError:  # a name longer than the file system allows
        found = False
    if not found:
        hint = f"paths count from the rig file's folder, {source.path.parent.absolute()}"
        raise table.error(key, f'no file or folder "{value}"', hint=hint)
    return path.resolve()


def _refuse_twins(source: TomlSource, boards: tuple[RigBoard, ...]) -> None:
    """Raise for two boards of one name, or two entries for the same real board.

    Case is ignored, as in folders on Windows and macOS, and in serial numbers on USB.
    """
    names: dict[str, int] = {}
    real: dict[str, int] = {}
    for n, board in enumerate(boards):
        name, spec = board.name.casefold().rstrip("."), board.spec.casefold()
        if name in names:
            first = source.line(("board", names[name]))
            message = f'board "{board.name}": the name is taken by the board on line {first}'
            hint = "give each board a unique name; case and trailing dots do not count"
            raise source.error(("board", n, "name"), message, hint=hint)
        names[name] = n
        if board.type not in VIRTUAL_TYPES or board.address:
            twin = real.get(spec, None if board.address else real.get(board.type))
            if twin is not None or (board.serial is None and board.address is None and real):
                other = boards[next(iter(real.values())) if twin is None else twin]
                message = f'board "{board.name}": cannot be told from board "{other.name}" by its serial number'
                raise source.error(
                    ("board", n), message, hint='give each its own serial = "..." (tinyhost boards lists them)'
                )
            real[spec] = n

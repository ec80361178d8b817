"""The boards of a benchmark: one, or several with the same firmware, which share the samples of --data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tinyhost.cli.bench_energy import opened_meter
from tinyhost.cli.connect import connected, show_log
from tinyhost.cli.declare import option
from tinyhost.cli.output import note
from tinyhost.errors import UsageError

if TYPE_CHECKING:
    from tinyhost.bench.energy.meters import MeterPlan, OpenedMeter
    from tinyhost.bench.run import ActiveModel, Progress
    from tinyhost.boards.base import PoweredBoard
    from tinyhost.device import Device
    from tinyhost.models.file import ModelFile

__all__ = ["BenchBoard", "RigOption", "board_names", "model_on_boards", "open_boards"]

RigOption = Annotated[
    Path | None,
    option(
        "--rig",
        metavar="FILE",
        help="Use the boards of this rig file, flashed with its app; --board selects some of them by name.",
    ),
]


@dataclass(frozen=True, kw_only=True)
class BenchBoard:
    """A board in session. model: what it should run if nobody names another; None: what it has.

    planned_meter: what the rig file says; meter: what was opened of it, or of --energy.
    """

    name: str
    device: Device
    powered: PoweredBoard
    model: ModelFile | None = None
    planned_meter: MeterPlan | None = None
    meter: OpenedMeter | None = None

    def reopen(self) -> Device:
        """Return it in a new session; a virtual board whose firmware died is started again. Raises TinyhostError."""
        from tinyhost.device import Device

        if self.powered.failure:
            self.powered.reset()
        return Device.open(self.powered, log=show_log)


def board_names(board: str | None, rig: Path | None, *, has_data: bool, engine: bool, app: bool) -> list[str | None]:
    """Return the boards that --board names; without a rig at least one, [None] for the board that is chosen by itself.

    Raises UsageError for a board that is named twice, and for options that cannot be combined with several boards:
    --engine, --app, or no --data.
    """
    names: list[str | None] = [name.strip() for name in board.split(",")] if board else []
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise UsageError(
            f"--board: {twice} is given twice, but it is one board",
            hint="list several virtual boards of one type in a rig file, and give it with --rig",
        )
    names = names or ([] if rig else [None])
    _check_several(names, rig, data=has_data, engine=engine, app=app)
    return names


def _check_several(names: Sequence[str | None], rig: Path | None, *, data: bool, engine: bool, app: bool) -> None:
    """Raise UsageError for options that do not work with several boards."""
    if (rig or len(names) > 1) and engine:
        raise UsageError("--engine works with one board only", hint="name a single board with --board")
    if rig and app:
        raise UsageError("--app: the rig file already sets the app of its boards", hint="omit --app")
    if len(names) > 1 and not data:
        raise UsageError("several boards share the samples of --data, and none are given", hint="add --data FOLDER")
    if rig and len(names) != 1 and not data:
        raise UsageError("the boards of a rig share the samples of --data", hint="add --data FOLDER, or name one board")


@contextmanager
def open_boards(
    names: Sequence[str | None], rig: Path | None, scene: str | None, state: Path | None, energy: str | None
) -> Iterator[list[BenchBoard]]:
    """Yield the boards, greeted, the first with the meter of --energy.

    Raises UsageError for boards that do not run the same firmware, and for a meter that cannot be.
    """
    with ExitStack() as stack:
        if rig is not None:
            boards = _boards_of_rig(rig, [name for name in names if name], scene, state, stack)
        else:
            boards = []
            for name in names:
                connection = stack.enter_context(connected(name, scene, state))
                boards.append(
                    BenchBoard(name=connection.board_name, device=connection.device, powered=connection.board)
                )
        for other in boards[1:]:
            _refuse_other_firmware(boards[0], other)
        if energy is not None:
            first = boards[0]
            boards[0] = replace(first, meter=opened_meter(energy, first.planned_meter, first.powered, stack))
        yield boards


def _boards_of_rig(
    path: Path, names: Sequence[str], scene: str | None, state: Path | None, stack: ExitStack
) -> list[BenchBoard]:
    from tinyhost.boards.project import find_shipped
    from tinyhost.hil.rigs import load_rig
    from tinyhost.hil.station import Station
    from tinyhost.system.user_folders import state_folder

    rig = load_rig(find_shipped(path))
    chosen = [rig.board(name) for name in names] or rig.boards
    folder = (state or state_folder()) / "rigs" / rig.name
    boards = []
    for board in chosen:
        told = _stages(board.name)
        asked = board.with_options(app=None, scene=scene)
        station = stack.enter_context(Station(asked, state=folder / board.name, observer=told))
        device = stack.enter_context(station.open_device())
        boards.append(
            BenchBoard(
                name=board.name,
                device=device,
                powered=station.powered(),
                model=station.compile_model(),
                planned_meter=board.meter,
            )
        )
    return boards


def _stages(name: str) -> Callable[..., None]:
    """Return an observer that shows a station's slow steps."""

    def told(event: str, **values: object) -> None:
        if event == "stage":
            note((f"{name}: {values['text']}", "dim"))

    return told


def _refuse_other_firmware(first: BenchBoard, other: BenchBoard) -> None:
    for field in ("board", "app", "engine", "build_id"):
        have, has = getattr(first.device.info, field), getattr(other.device.info, field)
        if have != has:
            raise UsageError(
                f"{first.name} and {other.name} do not run the same firmware: {field} {have} and {has}",
                hint="boards can share samples only if they run the same firmware: flash all with --app",
            )


@contextmanager
def model_on_boards(
    boards: Sequence[BenchBoard], file: ModelFile | None, *, keep: bool, on_progress: Progress
) -> Iterator[ActiveModel]:
    """Yield the active model of all boards: `file`, or their present one. Raises UsageError if they differ."""
    from tinyhost.bench.run import ActiveModel, model_on_device
    from tinyhost.device.pool import DevicePool, PoolMember
    from tinyhost.errors import BoardError

    with ExitStack() as stack:
        models = [
            stack.enter_context(model_on_device(board.device, file or board.model, keep=keep, on_progress=on_progress))
            for board in boards
        ]
        image, tflite = models[0]
        for board, (other, _) in zip(boards, models, strict=True):
            if other != image:
                raise UsageError(
                    f"{boards[0].name} and {board.name} have different models", hint="name one for all with --model"
                )
        if len(boards) == 1:
            yield ActiveModel(image=image, tflite=tflite, meter=boards[0].meter)
            return
        wanted = (boards[0].device.info.build_id, _active(boards[0].device))

        def check(device: Device) -> None:
            if (device.info.build_id, _active(device)) != wanted:
                raise BoardError(f"{device.name}: came back with different firmware or a different model")

        members = [PoolMember(name=board.name, device=board.device, reopen=board.reopen) for board in boards]
        pool = DevicePool(members, check=check)
        yield ActiveModel(image=image, tflite=tflite, pool=pool, meter=boards[0].meter)


def _active(device: Device) -> bytes:
    from tinyhost.bench.run import active_slot

    slot = active_slot(device)
    return slot.sha256 if slot else b""

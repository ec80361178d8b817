"""`tinyhost bench`: measure a model's latency, memory and accuracy on a board."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tinyhost.cli.bench_boards import RigOption, board_names, model_on_boards, open_boards
from tinyhost.cli.bench_checks import (
    BaselineOption,
    FailIfOption,
    Gate,
    JUnitOption,
    MarkdownOption,
    SaveBaselineOption,
    check_outputs,
)
from tinyhost.cli.bench_energy import EnergyOption, check_meter
from tinyhost.cli.bench_groups import (
    GroupByOption,
    GroupsOption,
    PositiveOption,
    RobustnessOption,
    group_table,
    sweep_names,
    with_groups,
)
from tinyhost.cli.declare import Command, make_command, option
from tinyhost.cli.labels import LabelsOption, split_labels
from tinyhost.cli.options import (
    Against,
    AgainstOption,
    BoardOption,
    Engine,
    JsonOption,
    PassesOption,
    SceneOption,
    StateOption,
    TimeUnitOption,
    UnitOption,
)
from tinyhost.cli.output import (
    check_targets,
    console,
    note,
    progress_bars,
    stage,
    status_console,
    write_file,
    write_json,
)
from tinyhost.cli.skipped import AllowSkippedOption
from tinyhost.errors import UsageError

if TYPE_CHECKING:
    from tinyhost.bench.engines import EngineTrial
    from tinyhost.bench.result import BenchResult
    from tinyhost.bench.run import Progress
    from tinyhost.boards import Board
    from tinyhost.boards.build import Firmware
    from tinyhost.device import Device
    from tinyhost.models.file import ModelFile

__all__ = ["command"]


class Part(str, Enum):
    """The splits of a data set, by the names of Speech Commands."""

    TRAINING = "training"
    VALIDATION = "validation"
    TESTING = "testing"


def command() -> Command:
    """Return `bench`."""
    return make_command(
        bench,
        examples=(
            "tinyhost bench --app vww --board m4",
            "tinyhost bench --model runs/hall/model.tflite --data data/hall/test --report bench.html",
            "tinyhost bench --stream data/talk.wav",
            "tinyhost bench --engine tflm --board m4",
            "tinyhost bench --energy ppk2:/dev/ttyACM1",
            "tinyhost bench --rig hil/rigs/desk.toml --board desk-1,desk-4 --data data/hall/test",
            "tinyhost bench --board m4 --baseline main:baselines.json --fail-if 'latency>+2%, arena>+0'",
        ),
    )


def bench(
    *,
    model: Annotated[
        Path | None,
        option(
            "--model",
            "-m",
            help="The .tflite file or model image (.thm) to push and measure. Default: the active model.",
        ),
    ] = None,
    keep: Annotated[
        bool,
        option("--keep", help="Leave --model active. Default: the previously active model becomes active again."),
    ] = False,
    app: Annotated[
        str | None,
        option(
            "--app",
            values="app",
            help="Build this app's firmware first, and flash it unless the board already runs that build.",
        ),
    ] = None,
    engine: Annotated[
        Engine | None,
        option(
            "--engine",
            help="Measure with a second engine on the same board and compare: tflm (TensorFlow Lite Micro) or portable "
            "(tinyhost's own without its fast kernels). Both are built and flashed; afterwards the board's firmware "
            "is restored.",
        ),
    ] = None,
    runs: Annotated[int, option("--runs", min=1, help="How many inferences to time.")] = 10,
    samples: Annotated[
        int, option("--samples", min=0, help="How many random inputs to compare with the reference; 0 for none.")
    ] = 100,
    against: AgainstOption = Against.HOST,
    data: Annotated[
        Path | None,
        option(
            "--data",
            key="data",
            help="A folder with one folder of pictures, clips or motion recordings (CSV) for each label: measures "
            "the accuracy.",
        ),
    ] = None,
    part: Annotated[
        Part | None,
        option(
            "--part",
            help="Use only this split of --data: clips and pictures are split as for training, motion by the set's "
            "lists (tinyhost data split). Default: all samples.",
        ),
    ] = None,
    stream: Annotated[
        Path | None,
        option(
            "--stream",
            metavar="WAV|CSV",
            help="A long recording: measures false alarms per hour, misses and detection delay.",
        ),
    ] = None,
    truth: Annotated[
        Path | None,
        option(
            "--truth",
            metavar="CSV",
            help="The ground truth of --stream: when each word is spoken or gesture is made, or when the machine has "
            "which fault. Default: the .csv file (for motion the .truth.csv file) beside the recording.",
        ),
    ] = None,
    groups: GroupsOption = None,
    group_by: GroupByOption = "",
    positive: PositiveOption = None,
    robustness: RobustnessOption = None,
    allow_skipped: AllowSkippedOption = False,
    labels: LabelsOption = None,
    unit: UnitOption = "",
    time_unit: TimeUnitOption = "",
    passes: PassesOption = True,
    capture: Annotated[bool, option("--capture", help="Also measure the time to capture camera frames.")] = False,
    link: Annotated[bool, option("--link", help="Measure the link: framing overhead and throughput.")] = False,
    energy: EnergyOption = None,
    report: Annotated[
        Path | None,
        option("--report", metavar="FILE", help="Write an HTML report to this file."),
    ] = None,
    baseline: BaselineOption = None,
    fail_if: FailIfOption = None,
    save_baseline: SaveBaselineOption = None,
    junit: JUnitOption = None,
    markdown: MarkdownOption = None,
    board: BoardOption = None,
    rig: RigOption = None,
    scene: SceneOption = None,
    state: StateOption = None,
    json: JsonOption = None,
) -> None:
    """Measure a model on the board: latency, memory, accuracy.

    Several boards with the same firmware (--board a,b,c or --rig) share the samples of --data; all else is measured on
    the first board.

    The board's outputs are also compared with a reference. Exits 1 if an output differs, if more than 1 % of the
    samples of --data cannot be used, or if a condition of --fail-if is violated.
    """
    from tinyhost.bench.run import BenchRequest, run_bench
    from tinyhost.datasets.skipped import check_skipped
    from tinyhost.models.file import load_model_file
    from tinyhost.motion.units import MotionUnits

    if truth is not None and stream is None:
        raise UsageError("--truth describes the recording of --stream, and none is given", hint="add --stream FILE")
    table = group_table(groups, group_by, data)
    check_targets(report, json)
    gate = Gate.of(baseline, fail_if, save=save_baseline, junit=junit, markdown=markdown, data=data is not None)
    check_meter(energy, gate)
    names = split_labels(labels)
    request = BenchRequest(
        runs=runs,
        samples=samples,
        against=against.value,
        data=data,
        part=part.value if part else None,
        stream=stream,
        annotations=truth,
        robustness=sweep_names(robustness, data),
        labels=names,
        units=MotionUnits.of(unit, time_unit),
        capture=capture,
        link=link,
    )
    file = load_model_file(model, names, passes=passes) if model else None
    asked = board_names(board, rig, has_data=data is not None, engine=engine is not None, app=app is not None)
    trial = _trial(engine, app, file, board, state) if engine else None
    for name in asked if app is not None and trial is None else ():
        _ensure_app(app or "", name, state)
    with open_boards(asked, rig, scene, state, energy) as boards:
        first = boards[0]
        with _progress() as progress, model_on_boards(boards, file, keep=keep, on_progress=progress) as active:
            result = run_bench(first.device, active, name=first.name, request=request, on_progress=progress)
        if file is not None:
            _note_active(first.device)
    if trial is not None:
        result = trial.compare(result, request, stage=stage, measuring=_progress)
    result = gate.judged(with_groups(result, table, positive))
    _write(result, report, json, gate)
    check_outputs(result)
    for finding in result.findings:
        check_skipped(data or Path(), finding.skipped, finding.n_used, allow=allow_skipped)
    gate.check_and_keep(result)


def _note_active(device: Device) -> None:
    active = next((slot.name for slot in device.models() if slot.active), "none")
    note((f"active model: {active}", "dim"))


def _ensure_app(app: str, spec: str | None, state: Path | None, running: str = "") -> tuple[Board, Firmware]:
    """Find or build an app for the board, and flash it unless the board already runs this build.

    running: the board's build, if it was asked.
    """
    from tinyhost.boards import list_boards, resolve
    from tinyhost.boards.flash import flash_firmware
    from tinyhost.boards.packaged import find_firmware
    from tinyhost.boards.ports import check_flashable

    target = resolve(spec, state=state)
    check_flashable(target)
    with status_console().status(f"building {app} for {target.name}"):
        built = find_firmware(app, target.firmware_kind)
        on_board = {status.name: status.build_id for status in list_boards(state)}
        if (running or on_board.get(target.name)) != built.build_id:
            flash_firmware(target, built)
    return target, built


def _trial(
    engine: Engine, app: str | None, file: ModelFile | None, board: str | None, state: Path | None
) -> EngineTrial:
    """Return the comparison of engines; the board then runs the app (by default its own) as in this checkout."""
    from tinyhost.bench.engines import EngineTrial, file_of_active_model
    from tinyhost.cli.connect import connected

    running = ""
    if app is None or file is None:
        with connected(board, None, state) as connection:
            info = connection.device.info
            app, running = app or info.app, info.build_id
            file = file or file_of_active_model(connection.device)
    target, own = _ensure_app(app, board, state, running)
    with stage(f"building {app} with the engine {engine.value}") as line:
        return EngineTrial.build(target, app, engine.value, file, own=own, progress=line)


@contextmanager
def _progress() -> Iterator[Progress]:
    """Yield a function that shows the progress of each stage on stderr."""
    from rich.progress import BarColumn, MofNCompleteColumn, TimeElapsedColumn

    with progress_bars("{task.description:<10}", BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()) as bars:
        tasks: dict[str, object] = {}

        def show(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)  # type: ignore[arg-type]

        yield show


def _write(result: BenchResult, report: Path | None, json: str | None, gate: Gate) -> None:
    from tinyhost.bench.document import bench_document

    if report:
        from tinyhost.report.bench import bench_report

        write_file(report, bench_report(result))
        note(f"report: {report}")
    gate.write(result)
    if json:
        write_json(bench_document(result), json)
    if json != "-":
        from tinyhost.views.bench import bench_view

        console().print(bench_view(result, console().width))

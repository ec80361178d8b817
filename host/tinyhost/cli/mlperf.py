"""`tinyhost mlperf`: MLPerf Tiny's benchmarks on a board."""

from __future__ import annotations

from datetime import datetime, timezone
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tinyhost.cli.declare import Group, argument, make_command, make_group, option
from tinyhost.cli.options import BoardOption, JsonOption, StateOption
from tinyhost.cli.output import check_targets, note, progress_count, say, warn, write_json
from tinyhost.errors import CheckFailedError, UsageError, WrongBoardError

if TYPE_CHECKING:
    from tinyhost.bench.mlperf import (
        AccuracyResult,
        Benchmark,
        Dut,
        GroundTruthSet,
        MlperfDocument,
        PerformanceResult,
        StreamResult,
    )
    from tinyhost.boards.base import PoweredBoard
    from tinyhost.models.file import ModelFile

__all__ = ["command"]

_APP = "mlperf"


class Mode(str, Enum):
    """What a run measures."""

    ACCURACY = "accuracy"
    PERFORMANCE = "performance"
    BOTH = "both"


def command() -> Group:
    """Return the `mlperf` commands."""
    return make_group(
        "MLPerf Tiny: the official benchmarks.",
        {
            "run": make_command(
                run,
                examples=(
                    "tinyhost mlperf run datasets/kws01 --model kws_ref_model.tflite --out submission/kws01",
                    "tinyhost mlperf run datasets/ad01 --mode accuracy --board m4",
                ),
            ),
        },
    )


def run(
    data: Annotated[
        Path,
        argument(
            help="The benchmark's data set: a folder with y_labels.csv and its files; for sww01, a folder with "
            "sww_long_test.json and its sound, or another such .json file."
        ),
    ],
    *,
    model: Annotated[
        Path | None,
        option("--model", "-m", help="The benchmark's .tflite, which is pushed first. Default: the active model."),
    ] = None,
    mode: Annotated[Mode, option("--mode", help="What to measure.")] = Mode.BOTH,
    out: Annotated[
        Path,
        option(
            "--out", help="The folder for accuracy/ and performance/, each with log.txt, results.txt and results.json."
        ),
    ] = Path("mlperf"),
    window: Annotated[
        float,
        option(
            "--window",
            min=0.01,
            max=20.0,
            metavar="SECONDS",
            help="The minimum length of each of the five windows, in seconds.",
        ),
    ] = 10.0,
    board: BoardOption = None,
    state: StateOption = None,
    json: JsonOption = None,
) -> None:
    """Measure accuracy and throughput according to MLPerf Tiny's rules.

    The board must run the app mlperf (tinyhost flash mlperf). The shapes of its model determine the benchmark. For
    sww01, accuracy and throughput are measured together. Exits 1 if the accuracy misses the benchmark's target.
    """
    from tinyhost.bench.mlperf import STREAM_NAME, Dut, MlperfDocument
    from tinyhost.cli.connect import chosen_board
    from tinyhost.models.file import load_model_file

    check_targets(out / "accuracy" / "log.txt", out / "performance" / "log.txt", json)
    file = load_model_file(model) if model else None
    target, log = chosen_board(board, None, state), list[str]()
    with target.power() as powered:
        build_id, unit, sha256 = _prepare(powered, file)
        link = powered.open_link()
        try:
            dut = Dut(link, log.append)
            dut.settle()
            name, vendor = dut.model(), dut.name()
            accuracy = performance = stream = None
            if name == STREAM_NAME:
                stream = _stream(dut, data, out, log)
            else:
                benchmark, truth = _benchmark(name, data)
                note(f"{vendor}: {name}, {len(truth.files):,} files")
                accuracy = _accuracy(dut, benchmark, truth, out, log) if mode is not Mode.PERFORMANCE else None
                performance = _performance(dut, truth, window, out, log) if mode is not Mode.ACCURACY else None
        finally:
            link.close()
    document = MlperfDocument(
        board=target.name,
        benchmark=name,
        model_sha256=sha256,
        build_id=build_id,
        tick_unit=unit,
        accuracy=accuracy,
        performance=performance,
        stream=stream,
        folder=str(out),
    )
    if json:
        write_json(document, json)
    if json != "-":
        _print(document)
    _check(document)


def _prepare(powered: PoweredBoard, file: ModelFile | None) -> tuple[str, str, str]:
    """Push the model, if given; return the firmware's build, the unit of its ticks, and the model's hash."""
    from tinyhost.cli.connect import show_log
    from tinyhost.cli.push import push_model
    from tinyhost.device import Device

    with Device.open(powered, log=show_log) as device:
        info = device.info
        if info.app != _APP:
            raise WrongBoardError(
                f"{powered.board.name}: runs the app {info.app}, expected {_APP}",
                hint=f"tinyhost flash {_APP} --board {powered.board.name}",
            )
        if file is not None:
            push_model(device, file, force=False)
        active = device.active_model()
        if active is None:
            raise UsageError(f"{powered.board.name}: no model is active", hint="add --model FILE")
        return info.build_id, info.tick_unit, active.sha256


def _benchmark(name: str, data: Path) -> tuple[Benchmark, GroundTruthSet]:
    from tinyhost.bench.mlperf import BENCHMARKS, STREAM_NAME, read_ground_truth

    if name not in BENCHMARKS:
        raise UsageError(
            f"the active model, {name}, is none of {', '.join((*BENCHMARKS, STREAM_NAME))} by its shapes",
            hint="push a model of MLPerf Tiny: --model FILE",
        )
    return BENCHMARKS[name], read_ground_truth(data, BENCHMARKS[name])


def _accuracy(dut: Dut, benchmark: Benchmark, truth: GroundTruthSet, out: Path, log: list[str]) -> AccuracyResult:
    from tinyhost.bench.mlperf import run_accuracy, write_session

    with progress_count("accuracy") as progress:
        result = run_accuracy(dut, benchmark, truth, lambda done: progress(done, len(truth.files)))
    write_session(out / "accuracy", result, log, datetime.now(timezone.utc))
    log.clear()
    if not result.official_truth:
        warn(f"{truth.folder}/y_labels.csv is not that of {benchmark.name}: not valid for a submission")
    return result


def _performance(dut: Dut, truth: GroundTruthSet, window_s: float, out: Path, log: list[str]) -> PerformanceResult:
    from tinyhost.bench.mlperf import run_performance, write_session
    from tinyhost.bench.mlperf.run import N_WINDOWS

    with progress_count("windows") as progress:
        result = run_performance(dut, truth, window_s=window_s, on_window=lambda done: progress(done, N_WINDOWS))
    write_session(out / "performance", result, log, datetime.now(timezone.utc))
    if not result.is_long_enough:
        warn(f"the shortest window is {result.shortest_window_s:.2f} s, expected 10 s: not valid for a submission")
    return result


def _stream(dut: Dut, data: Path, out: Path, log: list[str]) -> StreamResult:
    from tinyhost.bench.mlperf import read_stream_ground_truth, run_stream, write_session
    from tinyhost.bench.mlperf.wake_word import N_WINDOWS, STREAM_GROUND_TRUTH_NAME

    truth = read_stream_ground_truth(data / STREAM_GROUND_TRUTH_NAME if data.is_dir() else data)
    with progress_count("strides") as progress:
        result = run_stream(dut, truth, lambda done: progress(done, truth.n_strides))
    write_session(out / "performance", result, log, datetime.now(timezone.utc))
    if not result.official_truth:
        warn(f"{truth.path} is not that of sww01, with {N_WINDOWS} wake words: not valid for a submission")
    return result


def _print(document: MlperfDocument) -> None:
    about, accuracy, performance, stream = (
        f"{document.benchmark} on {document.board}: ",
        document.accuracy,
        document.performance,
        document.stream,
    )
    remark = "" if document.tick_unit == "cycles" else ", by the clock of this computer: not a device's figure"
    if accuracy:
        area = "–" if accuracy.auc is None else f"{accuracy.auc:.3f}"
        words = f"top 1 {accuracy.top1_percent:.1f} %, AUC {area} of {accuracy.n_files:,} files"
        say(about, (words, "bold green" if accuracy.reached else "bold red"))
    if performance:
        say(about, (f"{performance.median_inf_per_s:.3f} inferences a second", "bold"), (remark, "dim"))
    if stream:
        words = (
            f"{stream.true_positives} of {stream.n_windows} wake words heard, {stream.false_positives} false positives"
        )
        say(about, (words, "bold green" if stream.reached else "bold red"))
        words = f"{stream.throughput:.5g} inferences a second, duty cycle {100 * stream.duty_cycle:.3g} %"
        say(about, (words, "bold"), (remark, "dim"))


def _check(document: MlperfDocument) -> None:
    accuracy, stream = document.accuracy, document.stream
    if stream and not stream.reached:
        figure = f"{stream.false_negatives} false negatives, {stream.false_positives} false positives"
        expected = "8 or fewer of each"
    elif accuracy and not accuracy.reached:
        is_top1 = accuracy.quality == "top1"
        figure = f"{accuracy.top1_percent:.1f} %" if is_top1 else f"AUC {accuracy.auc or 0:.3f}"
        expected = f"{accuracy.target:g}{' %' if is_top1 else ''} or more"
    else:
        return
    raise CheckFailedError(
        f"{document.board}: {figure}, expected {expected}",
        hint="is it the benchmark's own model, and its data set?",
    )

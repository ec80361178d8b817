"""`tinyhost train kws`: a keyword spotter from clips. Needs the extra `train`."""

from __future__ import annotations

import shlex
import sys
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from tinyhost.cli.labels import split_labels
from tinyhost.cli.options import JsonOption, ResumeOption, SeedOption
from tinyhost.cli.output import check_targets, console, status_console, write_file, write_json
from tinyhost.cli.train_progress import training_progress
from tinyhost.errors import UsageError

if TYPE_CHECKING:
    from tinyhost.train.kws.training import KwsOutcome

__all__ = ["train_kws"]


class Arch(str, Enum):
    """Networks."""

    DS_CNN = "ds_cnn"
    TINY_CONV = "tiny_conv"


class Quantization(str, Enum):
    """Ways to int8."""

    BOTH = "both"
    PTQ = "ptq"
    QAT = "qat"


def train_kws(
    *,
    data: Annotated[Path, typer.Option("--data", help="A folder with one folder of wav files per word.")],
    words: Annotated[str, typer.Option("--words", help="Words to hear, as in: yes,no. All others are `unknown`.")],
    arch: Annotated[
        Arch, typer.Option("--arch", help="ds_cnn: depthwise-separable; tiny_conv: that of TFLM's micro_speech.")
    ] = Arch.DS_CNN,
    out: Annotated[
        Optional[Path],  # noqa: UP045 (typer reads the annotation at run time on Python 3.10)
        typer.Option("--out", help="Where models, labels, figures and card go. Default: runs/ and the data's name."),
    ] = None,
    width: Annotated[int, typer.Option("--width", min=8, max=256, help="Channels of ds_cnn, a multiple of 8.")] = 64,
    epochs: Annotated[int, typer.Option("--epochs", min=1, help="At most so many passes over the data.")] = 20,
    rounds: Annotated[
        int, typer.Option("--rounds", min=1, help="Times that every clip is changed at random; epochs go round.")
    ] = 4,
    quantization: Annotated[
        Quantization,
        typer.Option("--quantization", help="After training, aware of it in training, or both: the better one counts."),
    ] = Quantization.BOTH,
    cache: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--cache", help="Keep features here, for other runs on the same data. Default: in --out."),
    ] = None,
    seed: SeedOption = 1,
    resume: ResumeOption = False,
    note: Annotated[str, typer.Option("--note", help="What the clips are; goes into the model card.")] = "",
    report: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--report", metavar="FILE", help="The HTML report. Default: report.html in --out."),
    ] = None,
    json: JsonOption = None,
) -> None:
    """Train a keyword spotter on the board's own features.

    Its classes are silence, unknown, and the words; the model is int8.
    """
    from tinyhost.report.train_kws import kws_training_report
    from tinyhost.train.kws.outcome import write_kws_run
    from tinyhost.train.kws.training import KwsTrainConfig
    from tinyhost.train.kws.training import train_kws as run_training

    if width % 8:
        raise UsageError(f"--width {width}: expected a multiple of 8", hint="as in: --width 64")
    check_targets(report, json)
    config = KwsTrainConfig(
        words=split_labels(words),
        arch=arch.value,
        width=width,
        n_epochs=epochs,
        n_rounds=rounds,
        quantization=quantization.value,
        cache=cache,
        seed=seed,
        resume=resume,
        command=shlex.join(["tinyhost", *sys.argv[1:]]),
        data_note=note,
    )
    run_dir = out or Path("runs") / data.resolve().name
    with training_progress() as show:
        outcome = run_training(config, data, run_dir, show)
    files = write_kws_run(run_dir, outcome)
    page = report or run_dir / "report.html"
    write_file(page, kws_training_report(outcome))
    if json:
        write_json(_document(outcome, files, page), json)
    if json != "-":
        _print(outcome, files, page)


def _print(outcome: KwsOutcome, files: dict[str, Path], page: Path) -> None:
    out, test = console(), outcome.best.test
    if outcome.n_skipped:
        status_console().print(f"{outcome.n_skipped} files were no use: tinyhost data info tells why", style="yellow")
    accuracies = ", ".join(f"{kind} {item.test.accuracy:.3f}" for kind, item in outcome.quantized.items())
    out.print(
        f"clips for testing: {test.n}; accuracy int8 [bold]{accuracies}[/], float {outcome.float_test.accuracy:.3f}"
    )
    point = outcome.best.point
    out.print(
        f"model: {outcome.chosen}; threshold {point.threshold:.3f}, with {100 * (point.false_accept_rate or 0):.2f} % "
        f"false accepts and {100 * (point.false_reject_rate or 0):.2f} % misses on held-out clips"
    )
    out.print(
        f"{files['model']}: {len(outcome.best.tflite):,} B, {outcome.n_parameters:,} parameters; report: {page}",
        soft_wrap=True,
        markup=False,
    )
    out.print(f"next: tinyhost push {files['model']}", style="dim", soft_wrap=True, markup=False)


def _document(outcome: KwsOutcome, files: dict[str, Path], page: Path) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "schema": "tinyhost.train_kws/1",
        "model": str(files["model"]),
        "image": str(files["image"]),
        "card": str(files["card"]),
        "metrics": str(files["metrics"]),
        "report": str(page),
        "labels": list(outcome.labels),
        "model_bytes": len(outcome.best.tflite),
        "n_parameters": outcome.n_parameters,
        "quantization": outcome.chosen,
        "threshold": outcome.defaults.threshold,
        "seconds": outcome.duration_s,
        "float_test": asdict(outcome.float_test),
        "int8_test": asdict(outcome.best.test),
    }

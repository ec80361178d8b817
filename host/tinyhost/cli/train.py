"""`tinyhost train`: a small int8 model from captured data. Needs the extra `train`."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from tinyhost.cli.labels import LabelsOption, split_labels
from tinyhost.cli.options import JsonOption, ResumeOption, SeedOption
from tinyhost.cli.output import console, write_json
from tinyhost.cli.train_anomaly import train_anomaly
from tinyhost.cli.train_kws import train_kws
from tinyhost.cli.train_progress import training_progress

if TYPE_CHECKING:
    from tinyhost.train.vww.training import TrainResult

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add `train vww`, `train kws` and `train anomaly`."""
    train = typer.Typer(name="train", help="Train a model; needs pip install 'tinyhost[train]'.", no_args_is_help=True)
    train.command("vww")(train_vww)
    train.command("kws")(train_kws)
    train.command("anomaly")(train_anomaly)
    app.add_typer(train)


def train_vww(
    *,
    data: Annotated[Path, typer.Option("--data", help="A folder with one folder of pictures per label.")],
    out: Annotated[
        Optional[Path],  # noqa: UP045 (typer reads the annotation at run time on Python 3.10)
        typer.Option("--out", help="Where model, labels, metrics and card go. Default: runs/ and the data's name."),
    ] = None,
    labels: LabelsOption = None,
    epochs: Annotated[int, typer.Option("--epochs", min=1, help="At most so many passes over the data.")] = 20,
    start_from: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--start-from", help="Keras weights to go on from, such as an earlier run's best.weights.h5."),
    ] = None,
    seed: SeedOption = 1,
    resume: ResumeOption = False,
    note: Annotated[str, typer.Option("--note", help="What the pictures are; goes into the model card.")] = "",
    json: JsonOption = None,
) -> None:
    """Train a picture classifier: MobileNetV1 0.25, 96x96 grey, int8."""
    from tinyhost.train.vww.training import VwwTrainConfig
    from tinyhost.train.vww.training import train_vww as run_training

    config = VwwTrainConfig(
        labels=split_labels(labels) or _labels_of(data),
        n_epochs=epochs,
        seed=seed,
        start_from=start_from,
        resume=resume,
        command=shlex.join(["tinyhost", *sys.argv[1:]]),
        data_note=note,
    )
    with training_progress() as show:
        result = run_training(config, data, out or Path("runs") / data.resolve().name, show)
    if json:
        write_json(_document(result, config.labels), json)
    if json != "-":
        _print(result)


def _labels_of(data: Path) -> tuple[str, ...]:
    """Return the labels of a data set, sorted: its folders, or those in train/ if it is split."""
    from tinyhost.datasets import load_class_folder

    return load_class_folder(data / "train" if (data / "train").is_dir() else data).labels


def _print(result: TrainResult) -> None:
    out = console()
    out.print(
        f"held-out pictures: {result.int8_test.n}; accuracy int8 [bold]{result.int8_test.accuracy:.3f}[/], "
        f"float {result.float_test.accuracy:.3f}"
    )
    out.print(
        f"{result.model}: {result.model_bytes:,} B, {result.n_parameters:,} parameters", soft_wrap=True, markup=False
    )
    out.print(f"next: tinyhost push {result.model}", style="dim", soft_wrap=True, markup=False)


def _document(result: TrainResult, labels: tuple[str, ...]) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "schema": "tinyhost.train/1",
        "model": str(result.model),
        "card": str(result.card),
        "metrics": str(result.metrics),
        "labels": list(labels),
        "model_bytes": result.model_bytes,
        "n_parameters": result.n_parameters,
        "seconds": result.duration_s,
        "float_test": asdict(result.float_test),
        "int8_test": asdict(result.int8_test),
    }

"""`tinyhost train anomaly`: what is not normal, from recordings of what is. Needs the extra `train`."""

from __future__ import annotations

import shlex
import sys
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from tinyhost.cli.options import JsonOption, ResumeOption, SeedOption
from tinyhost.cli.output import check_targets, console, status_console, write_file, write_json
from tinyhost.cli.train_progress import training_progress
from tinyhost.errors import UsageError

if TYPE_CHECKING:
    from tinyhost.datasets.motion import MotionSet
    from tinyhost.train.anomaly.training import AnomalyOutcome
    from tinyhost.train.core.progress import Report

__all__ = ["train_anomaly"]


class Score(str, Enum):
    """What a score is made of."""

    COMBINED = "combined"
    RECONSTRUCTION = "reconstruction"
    DISTANCE = "distance"


class Distance(str, Enum):
    """What centroids are compared with."""

    INPUT = "input"
    EMBEDDING = "embedding"


class Choose(str, Enum):
    """Ways to a threshold."""

    NORMAL = "normal"
    KNEE = "knee"
    COST = "cost"


def train_anomaly(
    *,
    data: Annotated[
        Optional[Path],  # noqa: UP045 (typer reads the annotation at run time on Python 3.10)
        typer.Option("--data", help="A folder: normal/*.csv to learn from; other labels' CSVs are for measuring only."),
    ] = None,
    machine: Annotated[
        bool, typer.Option("--machine", help="Instead of --data: the simulated machine of docs/reference/machine.md.")
    ] = False,
    minutes: Annotated[
        float, typer.Option("--minutes", min=5.0, max=10_000.0, help="Of --machine's normal running.")
    ] = 60.0,
    contamination: Annotated[
        float, typer.Option("--contamination", min=0.0, max=0.5, help="Share of --machine's normal data with a fault.")
    ] = 0.0,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--out", help="Where model, settings, figures and card go. Default: runs/ and the data's name."),
    ] = None,
    embeddings: Annotated[
        str, typer.Option("--embeddings", metavar="A,B,..", help="Sizes of the autoencoder's middle to try.")
    ] = "2,4,8,16",
    embedding: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("--embedding", help="The size to take. Default: the smallest that is nearly the best."),
    ] = None,
    score: Annotated[Score, typer.Option("--score", help="What a score is made of.")] = Score.COMBINED,
    distance: Annotated[
        Distance, typer.Option("--distance", help="What k-means' centroids are compared with.")
    ] = Distance.INPUT,
    centroids: Annotated[int, typer.Option("--centroids", min=1, max=255, help="Of k-means.")] = 16,
    epochs: Annotated[int, typer.Option("--epochs", min=1, help="At most so many passes over the data.")] = 60,
    hop: Annotated[int, typer.Option("--hop", min=1, help="Samples from one window to the next one.")] = 32,
    n_fft: Annotated[int, typer.Option("--n-fft", help="Samples of a window: 32, 64, 128, 256 or 512.")] = 128,
    trim: Annotated[
        bool, typer.Option("--trim/--no-trim", help="Leave out normal windows that are unlike all others.")
    ] = True,
    choose: Annotated[
        Choose, typer.Option("--choose", help="Threshold: from normal data alone, or from labelled anomalies.")
    ] = Choose.NORMAL,
    alarms_per_day: Annotated[
        float, typer.Option("--alarms-per-day", help="False ones that --choose normal may cost.")
    ] = 1.0,
    miss_cost: Annotated[float, typer.Option("--miss-cost", help="For --choose cost: of a missed window.")] = 100.0,
    alarm_cost: Annotated[float, typer.Option("--alarm-cost", help="For --choose cost: of a false one.")] = 1.0,
    fault_share: Annotated[
        float, typer.Option("--fault-share", help="For --choose cost: how much of the time there is a fault.")
    ] = 0.01,
    threshold: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option("--threshold", help="Take this one. It can be changed later: tinyhost settings."),
    ] = None,
    raise_windows: Annotated[
        int, typer.Option("--raise-windows", min=1, max=1000, help="High windows in a row that raise the alarm.")
    ] = 3,
    clear_windows: Annotated[
        int, typer.Option("--clear-windows", min=1, max=1000, help="Low windows in a row that clear it.")
    ] = 6,
    seed: SeedOption = 1,
    resume: ResumeOption = False,
    note: Annotated[str, typer.Option("--note", help="What the recordings are; goes into the model card.")] = "",
    report: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--report", metavar="FILE", help="The HTML report. Default: report.html in --out."),
    ] = None,
    json: JsonOption = None,
) -> None:
    """Train an anomaly detector on recordings of a healthy machine.

    An autoencoder, int8, and k-means.
    """
    from tinyhost.motion.features import MotionConfig
    from tinyhost.report.train_anomaly import anomaly_training_report
    from tinyhost.train.anomaly.outcome import write_anomaly_run
    from tinyhost.train.anomaly.training import AnomalyTrainConfig
    from tinyhost.train.anomaly.training import train_anomaly as run_training

    if machine == (data is not None):
        raise UsageError("expected either --data FOLDER or --machine", hint="tinyhost train anomaly --machine")
    check_targets(report, json)
    sizes = _sizes(embeddings)
    config = AnomalyTrainConfig(
        motion=MotionConfig(n_fft=n_fft, hop=hop, band_edges=_bands(n_fft)),
        embeddings=sizes,
        embedding=embedding,
        score=score.value,
        distance=distance.value,
        n_centroids=centroids,
        n_epochs=epochs,
        trim=trim,
        choose=choose.value,
        alarms_per_day=alarms_per_day,
        miss_cost=miss_cost,
        alarm_cost=alarm_cost,
        fault_share=fault_share,
        threshold=threshold,
        raise_windows=raise_windows,
        clear_windows=clear_windows,
        seed=seed,
        resume=resume,
        command=shlex.join(["tinyhost", *sys.argv[1:]]),
        data_note=note or ("The simulated machine of docs/reference/machine.md." if machine else ""),
    )
    name = data.resolve().name if data else "machine"
    run_dir = out or Path("runs") / name
    with training_progress() as show:
        motions = _motions(data, minutes, contamination, seed, show)
        outcome = run_training(config, motions, run_dir, show, data_name=str(data or "the simulated machine"))
    files = write_anomaly_run(run_dir, outcome)
    page = report or run_dir / "report.html"
    write_file(page, anomaly_training_report(outcome))
    if json:
        write_json(_document(outcome, files, page), json)
    if json != "-":
        _print(outcome, files, page)


def _sizes(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(size) for size in text.split(","))
    except ValueError as exc:
        raise UsageError(f"--embeddings {text}: expected sizes, as in 2,4,8,16") from exc


def _bands(n_fft: int) -> tuple[int, ...]:
    """Return the edges of about 20 bands from the first bin on."""
    step = max(1, round(n_fft * 3 / 128))
    return tuple(range(1, n_fft // 2 - n_fft // 64 + 1, step))[:33]


def _motions(data: Path | None, minutes: float, contamination: float, seed: int, show: Report) -> MotionSet:
    from tinyhost.datasets.motion import load_motion_folder
    from tinyhost.train.anomaly.machine import MachineSetPlan, machine_set
    from tinyhost.train.core.progress import stage_progress

    if data is not None:
        return load_motion_folder(data, lambda done, total: show(stage_progress("read", done, total)))
    plan = MachineSetPlan(minutes=minutes, contamination=contamination, seed=seed)
    return machine_set(plan, lambda done, total: show(stage_progress("simulate", done, total)))


def _print(outcome: AnomalyOutcome, files: dict[str, Path], page: Path) -> None:
    from rich.table import Table

    out, chosen = console(), outcome.chosen
    for issue in outcome.notes[:10]:
        status_console().print(issue, style="yellow", markup=False)
    for item in outcome.data.trimmed[:10]:
        status_console().print(
            f"{item.name}: {item.n_left_out} of {item.n} windows are unlike all others: left out",
            style="yellow",
            markup=False,
        )
    labels = list(chosen.figures.labels)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("embedding", "MACs", "held-out error", "threshold", *(f"AUC {label}" for label in labels)):
        table.add_column(heading, justify="right")
    for size in outcome.sizes:
        table.add_row(
            f"{size.network.n_embedding}{' <' if size is chosen else ''}",
            f"{size.network.macs:,}",
            f"{size.figures.scores['threshold'].reconstruction.mean():.3f}",
            f"{size.task.alarm.threshold:.3f}",
            *(f"{size.figures.labels[label].roc.auc:.4f}" for label in labels),
        )
    out.print(table)
    figures = chosen.figures
    out.print(
        f"threshold {chosen.task.alarm.threshold:.3f}; {figures.n_false_alarms} false alarms in "
        f"{figures.test_hours:.2f} h of held-out normal running"
    )
    out.print(f"{files['model']}; report: {page}", soft_wrap=True, markup=False)
    out.print(f"next: tinyhost push {files['model']}", style="dim", soft_wrap=True, markup=False)


def _document(outcome: AnomalyOutcome, files: dict[str, Path], page: Path) -> dict[str, Any]:
    from tinyhost.train.anomaly.outcome import anomaly_metrics

    metrics = anomaly_metrics(outcome, files["image"].read_bytes())
    kept = ("alarm", "tail", "n_windows", "trimmed", "false_alarms", "labels", "embeddings", "issues")
    return {
        "schema": "tinyhost.train_anomaly/1",
        "model": str(files["model"]),
        "image": str(files["image"]),
        "card": str(files["card"]),
        "metrics": str(files["metrics"]),
        "report": str(page),
        "model_bytes": metrics["model"]["bytes"],
        "n_parameters": metrics["model"]["n_parameters"],
        "n_embedding": metrics["model"]["n_embedding"],
        "threshold": outcome.chosen.task.alarm.threshold,
        "seconds": outcome.duration_s,
        **{name: metrics[name] for name in kept},
    }

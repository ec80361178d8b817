"""`tinyhost train`: a small int8 model from captured data. Needs the extra `train`.

A trainer's options are made from the fields of its configuration, when they are asked for: `tinyhost --help` answers at
once.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator
from dataclasses import MISSING, replace
from functools import partial
from inspect import Parameter, Signature
from math import isinf
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin

from tinyhost.cli.connect import connected
from tinyhost.cli.declare import Command, Group, is_configured, make_command, make_group, option
from tinyhost.cli.labels import split_words
from tinyhost.cli.options import JsonOption
from tinyhost.cli.output import check_targets, console, say, warn, write_json
from tinyhost.cli.skipped import AllowSkippedOption
from tinyhost.cli.train_progress import training_progress
from tinyhost.errors import CheckFailedError, TinyhostError, UsageError
from tinyhost.system.tools import require_all

if TYPE_CHECKING:
    from tinyhost.train.core.config import OptionField
    from tinyhost.train.core.outcome import Outcome, RunFiles
    from tinyhost.train.core.trainer import Run, Trainer

__all__ = ["command"]


def command() -> Group:
    """Return the `train` commands, one for each trainer."""
    from tinyhost.train.registry import TRAINERS

    trainers: dict[str, Command] = {
        name: make_command(_command(trainer), examples=(trainer.example,), help=trainer.help)
        for name, trainer in TRAINERS.items()
    }
    return make_group("Train a model; needs TensorFlow, the extra `train`.", trainers)


def _command(trainer: Trainer) -> Callable[..., None]:
    """Return the function that trains, with its options as its signature."""
    from tinyhost.train.core.config import option_fields

    def command(
        *,
        data: Path | None,
        out: Path | None,
        report: Path | None,
        allow_skipped: bool,
        json: str | None,
        **values: Any,
    ) -> None:
        check_targets(report, json)
        require_all(modules=("cv2", "jinja2", "matplotlib"), why="training needs TensorFlow and more", extra="train")
        fields = option_fields(trainer.config)
        given = {field.name: _value(field, values[field.name]) for field in fields}
        if is_configured("data") and values.get(trainer.simulated):
            data = None  # the command line asks for the simulated one
        config = trainer.config(**given, command=shlex.join(["tinyhost", *sys.argv[1:]]))
        outcome, files = _run(trainer, config, data, out, report, allow_skipped=allow_skipped)
        if json:
            write_json(outcome.document(files), json)
        if json != "-":
            _print(outcome, files)
        if outcome.failure():
            raise CheckFailedError(
                outcome.failure(),
                hint=f"check the data and the metrics of the epochs in {files.report}; do not push this model",
            )

    command.__signature__ = Signature(list(_parameters(trainer)))  # type: ignore[attr-defined]
    command.__annotations__ = {}
    return command


def _parameters(trainer: Trainer) -> Iterator[Parameter]:
    """Yield the command's options: where data come from and results go, those of the configuration, outputs."""
    from tinyhost.train.core.config import option_fields

    data = option("--data", key="data", help=trainer.data_help)
    yield _parameter("data", Path | None if trainer.simulated else Path, data, None if trainer.simulated else MISSING)
    out = option("--out", help="Write model, card, metrics and report here. Default: runs/ and the data's name.")
    yield _parameter("out", Path | None, out, None)
    for field in option_fields(trainer.config):
        yield _field_option(field)
    report = option("--report", metavar="FILE", help="Write the HTML report here. Default: report.html in --out.")
    yield _parameter("report", Path | None, report, None)
    yield Parameter("allow_skipped", Parameter.KEYWORD_ONLY, default=False, annotation=AllowSkippedOption)
    yield Parameter("json", Parameter.KEYWORD_ONLY, default=None, annotation=JsonOption)


def _parameter(name: str, kind: Any, option: Any, default: Any) -> Parameter:
    return Parameter(
        name,
        Parameter.KEYWORD_ONLY,
        default=Parameter.empty if default is MISSING else default,
        annotation=Annotated[kind, option],
    )


def _field_option(field: OptionField) -> Parameter:
    """Return the option of a configuration's field; a tuple is one text, with commas."""
    is_list = get_origin(field.kind) is tuple
    least, most = (None if isinf(bound) or is_list else bound for bound in (field.option.least, field.option.most))
    made = option(
        field.option.name,
        help=field.option.help,
        min=least,
        max=most,
        metavar="A,B,.." if is_list else None,
        show_default=field.default not in ((), ""),
    )
    default = ",".join(map(str, field.default)) if isinstance(field.default, tuple) else field.default
    return _parameter(field.name, str if is_list else field.kind, made, default)


def _value(field: OptionField, given: Any) -> Any:
    """Return what the option was given as the field has it."""
    if get_origin(field.kind) is not tuple:
        return given
    item = get_args(field.kind)[0]
    try:
        return tuple(map(item, split_words(given)))
    except ValueError as exc:
        raise UsageError(f"{field.option.name} {given}: expected whole numbers, as in 2,4,8") from exc


def _run(
    trainer: Trainer, config: Any, data: Path | None, out: Path | None, report: Path | None, *, allow_skipped: bool
) -> tuple[Outcome, RunFiles]:
    """Train, and write the results."""
    from tinyhost.datasets.people.provenance import write_run_data
    from tinyhost.report.training import training_report
    from tinyhost.train.core.trainer import Run
    from tinyhost.train.core.writing import write_run

    name, source = (data.resolve().name, str(data)) if data else (trainer.simulated, f"simulated {trainer.simulated}")
    with training_progress() as show:
        run = Run(folder=out or Path("runs") / name, source=source, report=show)
        learn = partial(_learn, trainer, data, allow_skipped=allow_skipped)
        outcome = _sweep(config, run, learn) if config.variants() else learn(config, run)
    if data is not None and data.is_dir():
        write_run_data(run.folder, data, getattr(config, "start_from", None), getattr(config, "teacher", None))
    return outcome, write_run(run.folder, outcome, report=training_report(outcome), report_file=report)


def _learn(trainer: Trainer, data: Path | None, config: Any, run: Run, *, allow_skipped: bool) -> Outcome:
    """Read the samples and train on them."""
    from tinyhost.datasets.skipped import check_skipped
    from tinyhost.train.core.parts import learning_curve

    training = trainer.training()
    samples = training.load(data, config, run)
    check_skipped(data or Path(run.source), samples.skipped, len(samples), allow=allow_skipped)
    outcome = training.train(config, samples, run)
    if getattr(config, "learning_curve", False):
        return replace(outcome, curve=learning_curve(training, config, samples, outcome.worth(), run))
    return outcome


def _sweep(config: Any, run: Run, learn: Callable[[Any, Run], Outcome]) -> Outcome:
    """Train all variants, each in a folder of its own; return the one to take, with all of them in its report."""
    from tinyhost.report.training import training_report
    from tinyhost.train.core.fitting import LAST
    from tinyhost.train.core.sweep import pareto, sweep_row
    from tinyhost.train.core.writing import write_run

    outcomes, rows = {}, []
    for name, variant in config.variants().items():
        own = replace(run, folder=run.folder / name)
        resume = config.resume and (own.folder / LAST).is_file()
        outcome = outcomes[name] = learn(replace(variant, resume=resume), own)
        files = write_run(own.folder, outcome, report=training_report(outcome))
        rows.append(sweep_row(name, outcome, files.model, outcome.image(name), outcome.task.name.lower()))
    done = pareto(rows, _instructions([row.model for row in rows if row.fits]))
    taken = outcomes[next(row.name for row in done if row.is_taken)]
    return replace(taken, sweep=done, duration_s=run.duration_s)


def _instructions(models: list[Path]) -> dict[str, int]:
    """Return what an inference of each model takes on m4, by the names of their folders; nothing without that board."""
    from tinyhost.bench.table import measure_models

    try:
        with connected("m4", None, None) as connection:
            figures = list(measure_models(connection.device, models, n_samples=0))
    except TinyhostError as error:
        warn(f"instructions were not counted: {error.message}; {error.hint}")
        return {}
    return {path.parent.name: item.ticks for path, item in zip(models, figures, strict=True)}


def _print(outcome: Outcome, files: RunFiles) -> None:
    from tinyhost.views.findings import section_view

    for note in outcome.notes():
        warn(note.text)
    console().print(section_view(outcome.sections()[0]))
    say(f"{files.model}: {len(outcome.tflite):,} B, {outcome.n_parameters:,} parameters; report: {files.report}")
    if not outcome.failure():
        say((f"next: tinyhost push {files.model}", "dim"))

"""`tinyhost compile`: a .tflite file becomes a model image."""

from __future__ import annotations

from dataclasses import asdict
from enum import Enum
from pathlib import Path
from typing import Annotated

from tinyhost.cli.declare import Command, argument, make_command, option
from tinyhost.cli.labels import LabelsOption, split_labels
from tinyhost.cli.options import JsonOption, PassesOption
from tinyhost.cli.output import note, warn, write_file, write_json

__all__ = ["command"]


class Optimize(str, Enum):
    """What counts most."""

    SPEED = "speed"
    FLASH = "flash"
    ARENA = "arena"


def command() -> Command:
    """Return `compile`."""
    return make_command(compile_model, examples=("tinyhost compile runs/hall/model.tflite --output hall.thm",))


def compile_model(
    model: Annotated[Path, argument(help="An int8 .tflite file.")],
    *,
    output: Annotated[
        Path | None,
        option("--output", "-o", help="The model image to write. Default: the model's path with the suffix .thm."),
    ] = None,
    name: Annotated[
        str | None,
        option("--name", help="The model's name on the board. Default: the file's name."),
    ] = None,
    labels: LabelsOption = None,
    passes: PassesOption = True,
    optimize: Annotated[
        Optimize,
        option(
            "--optimize",
            help="Optimization goal; the outputs are always the same. speed: 3x3 convolutions that gain by it store "
            "their weights in a form that takes 3.6 times the flash, if the app's firmware supports it and the arena "
            "does not grow; depthwise convolutions use the scratch memory that makes them fast, and less only if the "
            "model would not fit otherwise. flash: like speed, but without that form, the 1 KiB tables that make some "
            "additions fast, and the zeros stored in dilated depthwise filters. arena: as little scratch memory as "
            "possible, and without that form.",
        ),
    ] = Optimize.SPEED,
    json: JsonOption = None,
) -> None:
    """Compile a model into a model image for the board."""
    from tinyhost.cli.documents import CompileDocument
    from tinyhost.models.file import load_model_file
    from tinyhost.models.fits import Limits, find_obstacles
    from tinyhost.models.optimization import GOALS
    from tinyhost.models.summary import macs_text, model_document

    goal = GOALS[optimize.value]
    file = load_model_file(
        model,
        split_labels(labels),
        name=name,
        passes=passes,
        **asdict(goal),
    )
    target, summary = output or model.with_suffix(".thm"), file.summary
    write_file(target, file.image)
    if json:
        write_json(CompileDocument(file=target, model=model_document(summary)), json)
    note(
        f"{target}: ",
        (summary.name, "bold"),
        f", {summary.flash_bytes:,} B of flash, {summary.arena_bytes:,} B of arena, {macs_text(summary)}",
    )
    limits = Limits.of_firmware(summary.task, summary.engine)
    for obstacle in find_obstacles(summary, limits):
        warn(f"{limits.board}: {summary.name} {obstacle.words}; {obstacle.hint}")

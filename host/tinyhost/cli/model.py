"""`tinyhost model`: the catalogue of models that others trained, and the one that ships."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tinyhost.cli.options import JsonOption, epilog
from tinyhost.cli.output import console, note, say, write_json

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add `model list` and `model fetch`."""
    model = typer.Typer(name="model", help="List or fetch models to start from.", no_args_is_help=True)
    model.command("list", epilog=epilog("tinyhost model list"))(list_models)
    model.command("fetch", epilog=epilog("tinyhost model fetch person_detect --output models/person.tflite"))(
        fetch_model
    )
    app.add_typer(model)


def list_models(json: JsonOption = None) -> None:
    """List the models of the catalogue."""
    from tinyhost.models.catalogue import MODELS, ModelsDocument
    from tinyhost.views.tables import plain_table

    entries = list(MODELS.values())
    if json:
        write_json(ModelsDocument.of(entries), json)
    if json == "-":
        return
    table = plain_table("name", "task", "labels", "licence", "what it is")
    for entry in entries:
        table.add_row(entry.name, entry.task, ", ".join(entry.labels), entry.licence, entry.description)
    console().print(table)


def fetch_model(
    name: Annotated[str, typer.Argument(help="A name that `tinyhost model list` shows.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Copy the file there. Default: it stays in your cache."),
    ] = None,
    mirror: Annotated[
        str | None,
        typer.Option("--mirror", envvar="TINYHOST_MODEL_MIRROR", help="A folder or URL to take NAME.tflite from."),
    ] = None,
    json: JsonOption = None,
) -> None:
    """Download a model, check its SHA-256, and print its path."""
    from tinyhost.models.catalogue import ModelFetchDocument, entry, fetch
    from tinyhost.system.durable import copy_file

    found = entry(name)
    path = fetch(name, mirror=mirror)
    if output is not None:
        target = output / found.file_name if output.is_dir() else output
        copy_file(path, target)
        path = target
    if json:
        write_json(ModelFetchDocument.of(path, found), json)
    if json != "-":
        say(str(path))
    note((f"next: tinyhost push {path}", "dim"))

"""`tinyhost model`: the catalogue of models, and commands to adapt, compare and document models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from tinyhost.cli.adapt import adapt_model
from tinyhost.cli.declare import Group, argument, make_command, make_group, option
from tinyhost.cli.model_card import card_model
from tinyhost.cli.model_compare import compare_forms
from tinyhost.cli.options import JsonOption
from tinyhost.cli.output import note, print_table, say, write_json

__all__ = ["command"]


def command() -> Group:
    """Return `model list`, `model fetch`, `model adapt`, `model compare` and `model card`."""
    return make_group(
        "List, download, adapt and compare models, and write model cards.",
        {
            "list": make_command(list_models, examples=("tinyhost model list",)),
            "fetch": make_command(
                fetch_model, examples=("tinyhost model fetch person_detect --output models/person.tflite",)
            ),
            "adapt": make_command(
                adapt_model,
                examples=(
                    "tinyhost model adapt colour.tflite -o grey.tflite --gray",
                    "tinyhost model adapt other.tflite -o ours.tflite --labels person,empty --order empty,person",
                ),
            ),
            "compare": make_command(
                compare_forms,
                examples=("tinyhost model compare float.tflite int8.tflite --data data/hall/test",),
            ),
            "card": make_command(
                card_model,
                examples=(
                    "tinyhost model card runs/hall papers/hall --bench bench.json",
                    "tinyhost model card models/vww/model.tflite papers/vww",
                ),
            ),
        },
    )


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
    print_table(table)


def fetch_model(
    name: Annotated[str, argument(help="A name that `tinyhost model list` shows.", values="model")],
    output: Annotated[
        Path | None,
        option("--output", "-o", help="Copy the file to this path. Default: it stays in the cache."),
    ] = None,
    mirror: Annotated[
        str | None,
        option("--mirror", envvar="TINYHOST_MODEL_MIRROR", help="A folder or URL to get NAME.tflite from."),
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

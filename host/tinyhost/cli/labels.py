"""The option that names a model's classes."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = ["LabelsOption", "split_labels"]

LabelsOption = Annotated[
    str | None,
    typer.Option(
        "--labels",
        metavar="A,B,..",
        help="Names of the classes, in the order of the outputs, for a model that holds none.",
    ),
]


def split_labels(text: str | None) -> tuple[str, ...]:
    """Return the labels of a comma-separated list; empty without one."""
    return tuple(label.strip() for label in text.split(",")) if text else ()

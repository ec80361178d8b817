"""The option that names a model's classes."""

from __future__ import annotations

from typing import Annotated

from tinyhost.cli.declare import option
from tinyhost.protocol.labels import normal_label

__all__ = ["LabelsOption", "split_labels", "split_words"]

LabelsOption = Annotated[
    str | None,
    option(
        "--labels",
        metavar="A,B,..",
        help="Names of the classes, in the order of the outputs, for a model without labels.",
    ),
]


def split_words(text: str) -> tuple[str, ...]:
    """Return the words of a comma-separated list, composed (NFC); empty ones are left out."""
    return tuple(filter(None, split_labels(text)))


def split_labels(text: str | None) -> tuple[str, ...]:
    """Return the labels of a comma-separated list, composed (NFC); empty without one."""
    return tuple(normal_label(label.strip()) for label in text.split(",")) if text else ()

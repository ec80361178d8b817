"""What every training's configuration has: fields with their defaults, and the options of the command that set them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from math import inf
from typing import Annotated, Any, get_args, get_type_hints

from tinyhost.errors import UsageError

__all__ = ["Epochs", "Option", "OptionField", "TrainConfig", "option_fields"]


@dataclass(frozen=True, kw_only=True)
class Option:
    """An option of `tinyhost train`, in the annotation of the field that it sets. Bounds are those of each number."""

    name: str
    help: str
    least: float = -inf
    most: float = inf

    def check(self, value: Any) -> None:
        """Raise UsageError for a number outside of the bounds."""
        for number in value if isinstance(value, tuple) else (value,):
            if isinstance(number, (int, float)) and not self.least <= number <= self.most:
                bounds = f"{self.least:g} or more" if self.most == inf else f"{self.least:g} to {self.most:g}"
                raise UsageError(f"{self.name.partition('/')[0]} {number:g}: expected {bounds}")


@dataclass(frozen=True, kw_only=True)
class OptionField:
    """A field of a configuration that an option sets."""

    name: str
    kind: Any
    """its type"""
    option: Option
    default: Any
    """dataclasses.MISSING if it must be given"""


Epochs = Annotated[int, Option(name="--epochs", help="Train for at most this many passes over the data.", least=1)]


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """How to train, whatever the task."""

    n_epochs: Epochs = 20
    seed: Annotated[
        int, Option(name="--seed", help="Seed of initial weights, order of samples, and augmentation.", least=0)
    ] = 1
    resume: Annotated[
        bool, Option(name="--resume", help="Continue the run that was stopped in --out, after its last whole epoch.")
    ] = False
    data_note: Annotated[
        str, Option(name="--note", help="Describe the data in a sentence, for the model card and the report.")
    ] = ""
    command: str = ""
    """what the person typed, for the record"""

    def __post_init__(self) -> None:
        """Raise UsageError for a number outside of its option's bounds."""
        for field in option_fields(type(self)):
            field.option.check(getattr(self, field.name))


def option_fields(config: type[TrainConfig]) -> Iterator[OptionField]:
    """Yield the fields that options set: the task's own, then those of every training."""
    hints = get_type_hints(config, include_extras=True)
    shared = {field.name for field in fields(TrainConfig)}
    for field in sorted(fields(config), key=lambda field: field.name in shared):
        kind, *extras = get_args(hints[field.name]) or (None,)
        for option in extras:
            if isinstance(option, Option):
                yield OptionField(name=field.name, kind=kind, option=option, default=field.default)

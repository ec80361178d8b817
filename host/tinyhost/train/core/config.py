"""The configuration common to all trainings: fields with their defaults, and the command's options that set them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from math import inf
from typing import Any, Literal, get_type_hints

from tinyhost.errors import UsageError

__all__ = [
    "FORMS",
    "ClassifierConfig",
    "Optimizer",
    "Option",
    "OptionField",
    "Quantization",
    "Schedule",
    "TrainConfig",
    "n_epochs",
    "option",
    "option_fields",
]

Schedule = Literal["cosine", "step", "exponential", "constant"]
Quantization = Literal["both", "ptq", "qat"]
Optimizer = Literal["adam", "sgd", "rmsprop"]
FORMS = ("float32", "float16", "dynamic", "int8", "16x8")
_OPTION = "option"


@dataclass(frozen=True, kw_only=True)
class Option:
    """An option of `tinyhost train`. Bounds are those of each number."""

    name: str
    help: str
    least: float
    most: float

    def check(self, value: Any) -> None:
        """Raise UsageError for a number outside of the bounds."""
        for number in value if isinstance(value, tuple) else (value,):
            if isinstance(number, (int, float)) and not self.least <= number <= self.most:
                bounds = f"{self.least:g} or more" if self.most == inf else f"{self.least:g} to {self.most:g}"
                raise UsageError(f"{self.name.partition('/')[0]} {number:g}: expected {bounds}")


def option(name: str, help: str, default: Any = MISSING, *, least: float = -inf, most: float = inf) -> Any:
    """Return a field of a dataclass that one of the command's options sets."""
    return field(default=default, metadata={_OPTION: Option(name=name, help=help, least=least, most=most)})


def n_epochs(default: int) -> Any:
    """Return the field of the training's length."""
    return option("--epochs", "Train for at most this many passes over the data.", default, least=1)


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """The configuration common to all tasks."""

    n_epochs: int = n_epochs(20)
    learning_rate: float = option("--learning-rate", "Peak learning rate.", 3e-3, least=1e-7, most=1)
    schedule: Schedule = option(
        "--schedule",
        "Learning rate schedule: a cosine to 0, steps (to a tenth after half of the epochs, to a hundredth after "
        "three quarters), exponential to a hundredth, or constant.",
        "cosine",
    )
    optimizer: Optimizer = option("--optimizer", "The optimizer; sgd uses a momentum of 0.9.", "adam")
    seed: int = option("--seed", "Seed of the initial weights, the order of samples, and augmentation.", 1, least=0)
    resume: bool = option("--resume", "Resume the stopped run in --out after its last complete epoch.", False)
    data_note: str = option("--note", "Describe the data in a sentence, for the model card and the report.", "")
    command: str = ""
    """what the person typed, for the record"""

    def __post_init__(self) -> None:
        """Raise UsageError for a number outside of its option's bounds."""
        for item in option_fields(type(self)):
            item.option.check(getattr(self, item.name))

    def variants(self) -> Mapping[str, TrainConfig]:
        """Return the trainings to compare, by a short name; none if there is only one."""
        return {}


@dataclass(frozen=True, kw_only=True)
class ClassifierConfig(TrainConfig):
    """The configuration of a classifier's training."""

    patience: int
    """epochs without a better held-out loss after which training stops"""
    label_smoothing: float = 0.05
    least_accuracy: float | None = option(
        "--least-accuracy",
        "Exit 1 if the int8 model's test accuracy is lower.",
        None,
        least=0,
        most=1,
    )
    learning_curve: bool = option(
        "--learning-curve",
        "Also train on an eighth, a quarter and a half of the samples: the report shows whether more data would help.",
        False,
    )

    quantize: tuple[str, ...] = option(
        "--quantize",
        "Also write the network in these number formats and compare them: float32, float16, dynamic, int8, 16x8.",
        (),
    )
    prune: float | None = option(
        "--prune",
        "Set this share of the weights to zero during training. The file compresses better; the model is not faster. "
        "Needs --quantization ptq.",
        None,
        least=0,
        most=0.99,
    )
    quantization: Quantization = "ptq"

    def __post_init__(self) -> None:
        """Raise UsageError for unknown forms, and for pruning that would not last."""
        super().__post_init__()
        unknown = [form for form in self.quantize if form not in FORMS]
        if unknown:
            raise UsageError(f"--quantize {unknown[0]}: expected some of {','.join(FORMS)}")
        if self.prune is not None and self.quantization != "ptq":
            raise UsageError(
                f"--prune with --quantization {self.quantization}: further training would fill the zeros again",
                hint="--quantization ptq",
            )

    def for_part(self) -> ClassifierConfig:
        """Return the configuration for a part of the samples, to compare."""
        return replace(self, resume=False, learning_curve=False, quantize=())


@dataclass(frozen=True, kw_only=True)
class OptionField:
    """A field of a configuration that an option sets."""

    name: str
    kind: Any
    """its type"""
    option: Option
    default: Any
    """dataclasses.MISSING if it must be given"""


def option_fields(config: type[TrainConfig]) -> Iterator[OptionField]:
    """Yield the fields that options set: the task's own, then those of every training."""
    hints = get_type_hints(config)
    shared = {item.name for item in fields(TrainConfig)}
    for item in sorted(fields(config), key=lambda item: item.name in shared):
        if _OPTION in item.metadata:
            yield OptionField(
                name=item.name, kind=hints[item.name], option=item.metadata[_OPTION], default=item.default
            )

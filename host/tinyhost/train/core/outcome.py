"""The outcome of a training, for all tasks: the model, and the content of its card, report and figures."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from tinyhost.compiler.api import compile_tflite
from tinyhost.compiler.app_defaults import AppDefaults
from tinyhost.compiler.image_format import Task
from tinyhost.datasets.skipped import Skipped
from tinyhost.metrics.classifier import ClassifierMetrics
from tinyhost.tasks.findings import Note, Section, skipped_notes
from tinyhost.train.core.config import TrainConfig
from tinyhost.train.core.diagnosis import fitting_hints
from tinyhost.train.core.learning_curve import CurvePoint, curve_section
from tinyhost.train.core.sweep import SweepRow, sweep_section

__all__ = ["Outcome", "RunFiles", "TrainDocument"]


@dataclass(frozen=True, kw_only=True)
class RunFiles:
    """The files that a training leaves, as its document names them."""

    model: Path
    image: Path
    card: Path
    metrics: Path
    report: Path


@dataclass(frozen=True, kw_only=True)
class TrainDocument:
    """The files of a training, and how good its model is."""

    schema: str
    model: Path
    """the .tflite file"""
    image: Path
    """the .thm file: the model compiled for the board"""
    card: Path
    """the model card"""
    metrics: Path
    """metrics.json of the run"""
    report: Path
    """the HTML report"""
    model_bytes: int
    """of the .tflite file"""
    n_parameters: int
    seconds: float
    """duration of the training"""
    skipped: tuple[Skipped, ...]
    """files of the data that could not be used; more than 1 % of them are an error unless `--allow-skipped`"""
    failure: str
    """why the model is useless; the command then exits 1. Empty if it is better than a constant answer"""
    hints: tuple[str, ...]
    """findings from the epochs, such as overfitting and underfitting"""
    curve: tuple[CurvePoint, ...]
    """models trained on parts of the samples, then the one trained on all; empty without `--learning-curve`"""
    sweep: tuple[SweepRow, ...]
    """the networks of `--sweep`, cheapest first; empty without"""


Document = TypeVar("Document", bound=TrainDocument)


@dataclass(frozen=True, kw_only=True)
class Outcome(ABC):
    """All results of a finished training."""

    task: ClassVar[Task]
    input_meaning: ClassVar[str]
    """what the model's input values are"""
    remedy: ClassVar[str]
    """what helps against overfitting"""

    config: TrainConfig
    source: str
    """where the samples are from"""
    history: list[dict[str, float]]
    """figures of each epoch"""
    tflite: bytes
    n_parameters: int
    duration_s: float
    n_samples: int
    """files used for training or testing"""
    skipped: tuple[Skipped, ...] = ()
    """files that could not be used"""
    labels: tuple[str, ...] = ()
    """classes in the order of the outputs; empty for a model that does not classify"""
    defaults: AppDefaults = field(default_factory=AppDefaults)
    """what the app starts with"""
    curve: tuple[CurvePoint, ...] = ()
    """what models are worth that learnt from parts of the samples; empty without `--learning-curve`"""
    sweep: tuple[SweepRow, ...] = ()
    """the networks of which this one was taken; empty without `--sweep`"""

    @property
    @abstractmethod
    def title(self) -> str:
        """Name of the model card and the report."""

    @abstractmethod
    def sections(self) -> tuple[Section, ...]:
        """Return the sections of the card and the report; the first one, with the model's main figures, is printed."""

    def made_by(self) -> Section:
        """Return the section that says how the model was made, the last one."""
        config = self.config
        epochs = f"Seed {config.seed}, {len(self.history)} of at most {config.n_epochs} epochs"
        return Section(
            title="Made by",
            note=f"`{config.command}`" if config.command else "A program.",
            parts=(Note(text=f"{epochs}, {self.duration_s / 60:.1f} min. Details: metrics.json"),),
        )

    def all_sections(self) -> tuple[Section, ...]:
        """Return the sections of the card and the report in order; first, if it is so, that the model is useless."""
        failure = self.failure()
        warning = (
            (Section(title="Do not use this model", note=f"{failure[0].upper()}{failure[1:]}.", parts=()),)
            if failure
            else ()
        )
        sweep = (sweep_section(self.sweep),) if self.sweep else ()
        curve = (curve_section(self.curve),) if self.curve else ()
        return (*warning, *self.sections(), *self.more_sections(), *sweep, *curve, self.made_by())

    def more_sections(self) -> tuple[Section, ...]:
        """Return sections that were requested beside the model itself."""
        return ()

    @abstractmethod
    def figures(self) -> dict[str, Any]:
        """Return this task's entries of metrics.json; its keys are stable."""

    def model_figures(self) -> dict[str, Any]:
        """Return this task's entries on the model in metrics.json."""
        return {}

    def resolved(self) -> dict[str, Any]:
        """Return the fields of the configuration that follow from the samples."""
        return {}

    def worth(self) -> ClassifierMetrics:
        """Return the figures of a classifier's int8 model on its samples for testing."""
        raise NotImplementedError

    def held_out(self) -> float:
        """Return the accuracy of a classifier's int8 model on the samples for validation."""
        raise NotImplementedError

    def failure(self) -> str:
        """Return why the model is useless, "" if it is not."""
        return ""

    def hints(self) -> tuple[str, ...]:
        """Return findings from the epochs, such as overfitting and underfitting."""
        return tuple(fitting_hints(self.history, self.remedy))

    def notes(self) -> tuple[Note, ...]:
        """Return problems of the samples, and hints from the epochs."""
        hints = (Note(text=hint, level="warning") for hint in self.hints())
        return (*skipped_notes(self.skipped, self.n_samples), *hints)

    def image(self, name: str) -> bytes:
        """Return the model image (.thm); name: of the model on the board."""
        return compile_tflite(self.tflite, name=name, task=self.task, labels=self.labels, defaults=self.defaults).image

    def other_models(self, name: str) -> Mapping[str, bytes]:
        """Return the models that were made and not chosen, by their file names."""
        return {}

    @abstractmethod
    def document(self, files: RunFiles) -> TrainDocument:
        """Return the result for programs."""

    def _document(self, kind: type[Document], files: RunFiles, **more: Any) -> Document:
        """Return a document with the fields of every task, and more."""
        return kind(
            **asdict(files),
            model_bytes=len(self.tflite),
            n_parameters=self.n_parameters,
            seconds=self.duration_s,
            skipped=self.skipped,
            failure=self.failure(),
            hints=self.hints(),
            curve=self.curve,
            sweep=self.sweep,
            **more,
        )

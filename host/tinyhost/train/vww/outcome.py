"""The outcome of a picture classifier's training, for its card, report, figures and programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from tinyhost.compiler.image_format import Task
from tinyhost.compiler.tflite_reader import read_tflite
from tinyhost.metrics.classifier import ClassifierMetrics
from tinyhost.tasks.class_parts import class_figures
from tinyhost.tasks.findings import Confusion, Grid, Note, Section, percent, within
from tinyhost.train.core.classifier import ClassifierDocument, ClassifierOutcome, accuracy_figure
from tinyhost.train.core.history import classifier_history
from tinyhost.train.core.outcome import RunFiles
from tinyhost.train.core.quantized import WAYS, quantization_section
from tinyhost.train.vww.config import VwwTrainConfig

__all__ = ["TransferStep", "VwwDocument", "VwwOutcome"]


@dataclass(frozen=True, kw_only=True)
class TransferStep:
    """A network on its way from the start's classes to the new ones, in float."""

    name: str
    test: ClassifierMetrics | None
    """on the new classes' pictures for testing; null if it does not know them yet"""
    start_test: ClassifierMetrics | None
    """with the start's own last layer on its own test set; null without `--start-data`"""
    is_taken: bool = False
    """whether it became the model although it is not the last one: all layers held out worse"""


@dataclass(frozen=True, kw_only=True)
class VwwDocument(ClassifierDocument):
    """`tinyhost train vww --json FILE`."""

    schema: Literal["tinyhost.train/1"] = "tinyhost.train/1"
    transfer: tuple[TransferStep, ...]
    """from the start to the model; empty from scratch"""


@dataclass(frozen=True, kw_only=True)
class VwwOutcome(ClassifierOutcome):
    """All results of a finished training."""

    task: ClassVar[Task] = Task.VWW
    input_meaning: ClassVar[str] = "grey level - 128"
    remedy: ClassVar[str] = "More pictures, of more places and people,"
    what_is_judged: ClassVar[str] = "pictures for testing"
    what_is_tested: ClassVar[str] = what_is_judged

    config: VwwTrainConfig
    sizes: dict[str, int]
    """pictures by split: train, val, test"""
    transfer: tuple[TransferStep, ...] = ()
    """from the start to the model; empty from scratch"""

    @property
    def title(self) -> str:
        """Name of the model card and the report."""
        return f"{self.config.alpha:g} MobileNetV1: {' / '.join(self.labels)}"

    def _quantization(self) -> tuple[Section, ...]:
        if len(self.quantized) == 1:
            return ()
        return (quantization_section(self.quantized, self.chosen, self.config.qat_epochs),)

    def sections(self) -> tuple[Section, ...]:
        """Return the sections of the model card and the report."""
        return (
            Section(
                title="Accuracy",
                note=f"On {self.int8_test.n:,} held-out pictures from the same source. This says nothing "
                "about pictures from elsewhere: measure it with `tinyhost bench --data` on pictures of the real place.",
                figures=(
                    accuracy_figure("int8, as on the board", self.int8_test),
                    *class_figures(self.int8_test),
                    accuracy_figure("float", self.float_test),
                ),
                parts=(Confusion(labels=self.labels, counts=self.int8_test.confusion), *self.judged_parts()),
            ),
            *self._transfer(),
            *self._quantization(),
            Section(
                title="Learned from",
                note=self.config.data_note or f"Pictures: {self.source}.",
                parts=(
                    *self.notes(),
                    Note(
                        text=f"{self.sizes['train']:,} pictures to learn from, {self.sizes['val']:,} to choose the "
                        f"best epoch, {self.sizes['test']:,} kept aside to measure on. Training started from "
                        f"{self._start()}"
                    ),
                    classifier_history(self.history),
                ),
            ),
            Section(
                title="Network",
                note=f"MobileNetV1, alpha {self.config.alpha:g}, {self.n_parameters:,} parameters, "
                f"{len(self.tflite):,} bytes, int8 by {WAYS[self.chosen]}. Input: "
                f"{self.config.size}x{self.config.size}x1, grey level - 128. Output: softmax, one int8 per label, in "
                f"this order: {', '.join(self.labels)}.{self._taught()}",
            ),
        )

    def _transfer(self) -> tuple[Section, ...]:
        """Return the section on each step's accuracy on the new classes and on the start's own."""
        if not self.transfer:
            return ()
        known = any(step.start_test for step in self.transfer)
        rows = [
            (
                f"{step.name}{' (this model)' if self._is_taken(step) else ''}",
                _share(step.test),
                *((_share(step.start_test),) if known else ()),
            )
            for step in self.transfer
        ]
        lost = (
            f"The last column is `{self.config.start_data}`, the start's own test set, answered by its own last layer "
            "on this body: what it lost there is what the body has forgotten."
            if known
            else "How much the network has forgotten of the start's classes was not measured: give the start's test "
            "set with --start-data."
        )
        headings = ("", "these classes", *(("the start's own",) if known else ()))
        return (
            Section(
                title="Transfer",
                note=f"Accuracy in float, with 95 % intervals, of the network on its way from {self._start()}. {lost}",
                parts=(Grid(headings=headings, rows=tuple(rows)),),
            ),
        )

    def _is_taken(self, step: TransferStep) -> bool:
        chosen = next((item for item in self.transfer if item.is_taken), self.transfer[-1])
        return step is chosen

    def _taught(self) -> str:
        teacher = self.config.teacher
        return f" Half of each answer that it learnt was that of `{teacher}`." if teacher else ""

    def _start(self) -> str:
        if self.config.from_scratch:
            return "random weights"
        return f"`{self.config.start_from}`" if self.config.start_from else "the default model (models/vww)"

    def model_figures(self) -> dict[str, Any]:
        """Return the model's entries of metrics.json."""
        return {
            "quantization": self.chosen,
            "operators": sorted({operator.code for operator in read_tflite(self.tflite).operators}),
        }

    def resolved(self) -> dict[str, Any]:
        """Return the labels, which may be those of the data's folders."""
        return {"labels": self.labels}

    def figures(self) -> dict[str, Any]:
        """Return this task's entries of metrics.json."""
        return {
            **super().figures(),
            "test": {
                "float": self.float_test,
                "int8": self.int8_test,
                **({way: item.test for way, item in self.quantized.items()} if len(self.quantized) > 1 else {}),
            },
            "n_pictures": self.sizes,
            "transfer": self.transfer,
        }

    def document(self, files: RunFiles) -> VwwDocument:
        """Return the result for programs."""
        return self._classifier_document(VwwDocument, files, transfer=self.transfer)


def _share(metrics: ClassifierMetrics | None) -> str:
    if metrics is None:
        return "does not know them"
    return f"{percent(metrics.accuracy)} of {metrics.n:,} ({within(metrics.accuracy_interval)})"

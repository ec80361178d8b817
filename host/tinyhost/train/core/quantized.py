"""A classifier quantized after training and with quantization-aware training, compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from tinyhost.metrics.classifier import ClassifierMetrics
from tinyhost.metrics.intervals import PairedTest, mcnemar
from tinyhost.tasks.findings import Grid, Note, Section, percent

__all__ = ["WAYS", "Quantized", "better", "file_names", "models_of_ways", "paired", "quantization_section"]

WAYS = {"ptq": "post-training quantization", "qat": "quantization-aware training"}
_UNLIKELY = 0.05  # a p-value


@dataclass(frozen=True, kw_only=True)
class Quantized:
    """One int8 model and its metrics."""

    tflite: bytes
    val: ClassifierMetrics
    test: ClassifierMetrics
    right: tuple[bool, ...]
    """of each sample for testing"""


AnyQuantized = TypeVar("AnyQuantized", bound=Quantized)


def better(quantized: Mapping[str, Quantized]) -> str:
    """Return the quantization whose model is more accurate on held-out samples; the first of equals."""
    return max(quantized, key=lambda way: quantized[way].val.accuracy)


def paired(quantized: Mapping[str, Quantized]) -> PairedTest | None:
    """Return ptq (first) and qat (second) on the same samples for testing; None if there is only one."""
    return mcnemar(quantized["ptq"].right, quantized["qat"].right) if len(quantized) > 1 else None


def models_of_ways(quantized: Mapping[str, Quantized]) -> dict[str, bytes]:
    """Return the int8 models by their file names, if there is more than one."""
    contents = {way: item.tflite for way, item in quantized.items()}
    return file_names(contents) if len(contents) > 1 else {}


def file_names(contents: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the int8 models, given by quantization, by their file names."""
    if len(contents) == 1:
        return {"model.tflite": next(iter(contents.values()))}
    return {f"{way}.tflite": content for way, content in contents.items()}


def quantization_section(
    quantized: Mapping[str, AnyQuantized],
    chosen: str,
    n_epochs: int,
    headings: tuple[str, ...] = (),
    more: Callable[[AnyQuantized], tuple[str, ...]] = lambda _: (),
) -> Section:
    """Return both quantizations side by side; more: cells of a model below headings of its task."""
    rows = [
        (
            f"{WAYS[way]}{' (this model)' if way == chosen else ''}",
            f"{len(item.tflite):,}",
            percent(item.val.accuracy, 2),
            percent(item.test.accuracy, 2),
            *more(item),
        )
        for way, item in quantized.items()
    ]
    return Section(
        title="Quantization",
        note=f"After training, or with the rounding in the loop of {n_epochs} more epochs. Scores are those of the "
        "firmware's own engine. The model that is more accurate on held-out samples is taken.",
        parts=(Grid(headings=("", "bytes", "held out", "testing", *headings), rows=tuple(rows)), *_paired(quantized)),
    )


def _paired(quantized: Mapping[str, Quantized]) -> Iterator[Note]:
    pair = paired(quantized)
    if pair is not None:
        verdict = "they differ" if pair.p_value < _UNLIKELY else "that may be chance"
        yield Note(
            text=f"On the same samples for testing, {pair.n_only_first} were right after training alone, "
            f"{pair.n_only_second} with rounding in the loop alone: {verdict} (McNemar, p = {pair.p_value:.2g})"
        )

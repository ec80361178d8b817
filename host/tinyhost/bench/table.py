"""Benchmarks of many models on one board, one row of figures each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tinyhost.bench.agreement import measure_agreement
from tinyhost.bench.latency import measure_latency
from tinyhost.bench.operator_costs import OperatorTotal, total_by_operator
from tinyhost.bench.run import model_on_device
from tinyhost.errors import ModelError
from tinyhost.models.file import load_model_file
from tinyhost.models.reference import HostReference
from tinyhost.models.summary import summarize
from tinyhost.tasks.contract import Subject

if TYPE_CHECKING:
    from tinyhost.device import Device

__all__ = ["ModelFigures", "find_models", "measure_models"]


@dataclass(frozen=True, kw_only=True)
class ModelFigures:
    """The cost of one model on the board."""

    name: str
    sha256: str
    """of the .tflite file, hex"""
    macs: int
    live_macs: int
    ticks: int
    """of one inference"""
    arena_bytes: int
    flash_bytes: int
    """of the model image"""
    compared: int
    """random inputs whose output was compared with the engine's on this computer"""
    mismatches: int
    kinds: tuple[OperatorTotal, ...]

    @property
    def ticks_per_mac(self) -> float | None:
        """Ticks per multiply-accumulate of the network, including unused ones; None if it has none."""
        return self.ticks / self.macs if self.macs else None


def find_models(paths: Sequence[Path]) -> list[Path]:
    """Return the .tflite files among `paths` and below the folders among them, by name; raises ModelError for none."""
    found = [path for path in paths if path.is_file()]
    for folder in paths:
        found += sorted(folder.rglob("*.tflite")) if folder.is_dir() else []
    if not found:
        raise ModelError(f"{', '.join(map(str, paths))}: no .tflite file", hint="name files, or folders with some")
    return found


def measure_models(
    device: Device,
    paths: Sequence[Path],
    *,
    n_samples: int = 3,
    passes: bool = True,
    on_model: Callable[[Path], None] = lambda path: None,
) -> Iterable[ModelFigures]:
    """Yield each model's figures; every model is pushed to the device, and the last one remains there."""
    for path in paths:
        on_model(path)
        file = load_model_file(path, passes=passes)
        with model_on_device(device, file, keep=True, on_progress=lambda *_: None) as (image, _):
            model = summarize(image)
            subject = Subject(device=device, image=image, model=model)
            latency = measure_latency(subject, None, runs=1, capture=False)
            agreement = measure_agreement(device, model, HostReference(image), n_samples=n_samples)
        yield ModelFigures(
            name=model.name,
            sha256=model.sha256,
            macs=model.macs,
            live_macs=model.live_macs,
            ticks=latency.invoke.median,
            arena_bytes=model.arena_bytes,
            flash_bytes=model.flash_bytes,
            compared=agreement.compared,
            mismatches=agreement.mismatches,
            kinds=total_by_operator(latency.per_operator),
        )

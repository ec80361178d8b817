"""Configuration of the training of a picture classifier."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from tinyhost.errors import UsageError
from tinyhost.train.core.config import ClassifierConfig, Quantization, option

__all__ = ["VwwTrainConfig"]

_SIZE_STEP = 32  # what the strides divide a side by


@dataclass(frozen=True, kw_only=True)
class VwwTrainConfig(ClassifierConfig):
    """Configuration of training. The defaults suit fifty to some ten thousand pictures per class."""

    labels: tuple[str, ...] = option(
        "--labels", "Classes in the order of the outputs. Default: the data's folders, sorted.", ()
    )
    start_from: Path | None = option(
        "--start-from",
        "Start from this model: the folder of a run, a .tflite, a run's best.weights.h5, or a published .h5 of a "
        "MobileNetV1. Its classes may differ. Default: the default model.",
        None,
    )
    from_scratch: bool = option(
        "--from-scratch", "Start from random weights instead; needs about ten thousand pictures.", False
    )
    head_epochs: int | None = option(
        "--head-epochs",
        "First train only the last layer for this many augmented passes, with all others frozen. Default: 8 if the "
        "classes differ from the start's, otherwise 0.",
        None,
        least=0,
        most=1000,
    )
    freeze: bool = option("--freeze", "Train only the last layer, which takes seconds.", False)
    start_data: Path | None = option(
        "--start-data",
        "A test set of the start's own classes: the report shows how much the network has forgotten of them. "
        "Default: none.",
        None,
    )
    alpha: float = option("--alpha", "Width of the network; fixed unless --from-scratch.", 0.25, least=0.1)
    size: int = option("--size", "Pixels of a picture's side, a multiple of 32.", 96, least=32, most=224)
    quantization: Quantization = option(
        "--quantization",
        "Quantize after training (ptq), train quantization-aware (qat), or do both and take the better model.",
        "ptq",
    )
    teacher: Path | None = option(
        "--teacher",
        "Distil this larger MobileNetV1 of the same classes and size, a .tflite or a run's folder: half of each "
        "training target is its output.",
        None,
    )
    sweep: tuple[str, ...] = option(
        "--sweep",
        "Train several networks, each given as ALPHA@SIZE, as in 0.25@96,0.25@64, and compare their accuracy and "
        "cost; several widths need --from-scratch. The one that is most accurate on held-out pictures becomes the "
        "model.",
        (),
    )
    batch_size: int = 64
    dropout: float = 0.1
    l2: float = 2e-5
    patience: int = option(
        "--patience", "Stop after this many epochs without a better held-out loss.", 8, least=1, most=10_000
    )
    min_per_class: int = 10
    min_steps_per_epoch: int = 30
    """small sets are gone through several times an epoch, augmented anew"""
    qat_epochs: int = 3
    qat_learning_rate: float = 1e-4

    def __post_init__(self) -> None:
        """Raise UsageError for options that exclude each other."""
        super().__post_init__()
        needs_start = {
            "--start-from": self.start_from is not None,
            "--freeze": self.freeze,
            "--head-epochs": bool(self.head_epochs),
            "--start-data": self.start_data is not None,
        }
        given = [name for name, is_given in needs_start.items() if is_given]
        if self.from_scratch and given:
            raise UsageError(
                f"{given[0]} with --from-scratch: random weights have learnt nothing", hint="omit one of them"
            )
        if self.freeze and self.prune is not None:
            raise UsageError("--prune with --freeze: frozen weights cannot make up for the removed ones")
        if self.size % _SIZE_STEP:
            raise UsageError(f"--size {self.size}: expected a multiple of {_SIZE_STEP}", hint="as in: --size 64")
        other = [name for name, item in self.variants().items() if item.alpha != self.alpha]
        if other and not self.from_scratch:
            raise UsageError(
                f"--sweep {other[0]}: the start's weights are for width {self.alpha:g}",
                hint="add --from-scratch, or sweep over sizes only; --alpha says which width the start has",
            )

    def variants(self) -> Mapping[str, VwwTrainConfig]:
        """Return the networks of `--sweep`. Raises UsageError for an unknown one."""
        return {name: self._variant(name) for name in self.sweep}

    def _variant(self, name: str) -> VwwTrainConfig:
        alpha, _, size = name.partition("@")
        try:
            return replace(self, alpha=float(alpha), size=int(size), sweep=(), learning_curve=False)
        except ValueError as exc:
            raise UsageError(f"--sweep {name}: expected ALPHA@SIZE", hint="as in: --sweep 0.25@96,0.25@64") from exc

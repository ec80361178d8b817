"""The files that a training run leaves: model, labels, figures and model card."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tinyhost.metrics.classifier import ClassifierMetrics
from tinyhost.system.durable import write_atomically

if TYPE_CHECKING:
    from tinyhost.train.vww.training import VwwTrainConfig

__all__ = ["RunRecord", "labels_text", "versions", "write_files", "write_run_folder"]

_PACKAGES = ("tensorflow", "keras", "tensorflow-model-optimization", "tf-keras", "numpy", "opencv-python-headless")


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """All that is known about a finished run. sizes: pictures per split."""

    config: VwwTrainConfig
    data_dir: Path
    sizes: dict[str, int]
    history: list[dict[str, float]]
    float_test: ClassifierMetrics
    int8_test: ClassifierMetrics
    n_parameters: int
    operators: tuple[str, ...]
    duration_s: float


def write_run_folder(run_dir: Path, content: bytes, record: RunRecord) -> dict[str, Path]:
    """Write model.tflite, labels.txt, metrics.json and card.md, each in one step; return them.

    The model comes last, so that a folder with a model has everything.
    """
    return write_files(
        run_dir,
        {
            "labels": ("labels.txt", labels_text(record.config.labels)),
            "metrics": ("metrics.json", (json.dumps(_metrics(content, record), indent=2) + "\n").encode()),
            "card": ("card.md", _card(content, record).encode()),
            "model": ("model.tflite", content),
        },
    )


def write_files(run_dir: Path, contents: Mapping[str, tuple[str, bytes]]) -> dict[str, Path]:
    """Write (name, content) each in one step, in their order; return their paths by key."""
    run_dir.mkdir(parents=True, exist_ok=True)
    for name, content in contents.values():
        write_atomically(run_dir / name, content)
    return {key: run_dir / name for key, (name, _) in contents.items()}


def labels_text(labels: Sequence[str]) -> bytes:
    """Return what labels.txt holds: one label a line."""
    return "".join(f"{label}\n" for label in labels).encode()


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that a training depends on."""
    return {"python": platform.python_version()} | {package: _version(package) for package in _PACKAGES}


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def _metrics(content: bytes, record: RunRecord) -> dict[str, Any]:
    """Return what metrics.json holds; its keys are stable."""
    config = asdict(record.config)
    config["start_from"] = str(config["start_from"]) if config["start_from"] else None
    return {
        "task": "vww",
        "labels": list(record.config.labels),
        "model": {
            "sha256": hashlib.sha256(content).hexdigest(),
            "bytes": len(content),
            "n_parameters": record.n_parameters,
            "operators": list(record.operators),
            "input": {"shape": [1, 96, 96, 1], "dtype": "int8", "meaning": "grey level - 128"},
        },
        "test": {"float": asdict(record.float_test), "int8": asdict(record.int8_test)},
        "n_pictures": record.sizes,
        "history": record.history,
        "duration_s": round(record.duration_s, 1),
        "config": config,
        "command": record.config.command,
        "versions": versions(),
    }


def _start(config: VwwTrainConfig) -> str:
    if config.from_scratch:
        return "random weights"
    return f"`{config.start_from}`" if config.start_from else "the model that ships (models/vww)"


def _card(content: bytes, record: RunRecord) -> str:
    """Return the model card: what it is, what it learned from, what it is worth."""
    config, float_test, int8_test = record.config, record.float_test, record.int8_test
    rows = [
        f"| {label} | {' | '.join(map(str, row))} | {recall:.1%} |"
        for label, row, recall in zip(config.labels, int8_test.confusion, int8_test.per_class, strict=True)
    ]
    auc = [f"{m.auc:.4f}" if m.auc is not None else "-" for m in (float_test, int8_test)]
    return "\n".join(
        [
            f"# {config.alpha:g} MobileNetV1: {' / '.join(config.labels)}",
            "",
            f"MobileNetV1, alpha {config.alpha:g}, {record.n_parameters:,} parameters, {len(content):,} bytes, int8.",
            "Input: 96x96x1, grey level - 128. Output: softmax, one int8 per label, in this order: "
            f"{', '.join(config.labels)}.",
            "",
            "## Learned from",
            config.data_note or f"Pictures in `{record.data_dir}`.",
            f"{record.sizes['train']:,} pictures to learn from, {record.sizes['val']:,} to choose the "
            f"best epoch, {record.sizes['test']:,} kept aside to measure on.",
            "",
            "## Worth",
            f"On the {int8_test.n:,} pictures kept aside, which come from the same source:",
            "",
            "| | accuracy | AUC |",
            "|---|---|---|",
            f"| float | {float_test.accuracy:.2%} | {auc[0]} |",
            f"| int8, as on the board | {int8_test.accuracy:.2%} | {auc[1]} |",
            "",
            f"| true, int8 | {' | '.join(f'said {label}' for label in config.labels)} | recall |",
            f"|---|{'---|' * len(config.labels)}---|",
            *rows,
            "",
            "It says nothing about pictures from elsewhere: measure it with `tinyhost bench --data` on "
            "captures of the real place.",
            "",
            "## Made by",
            f"`{config.command or 'tinyhost.train.vww.training.train_vww'}`",
            "",
            f"Started from {_start(config)}. Seed {config.seed}, {len(record.history)} of at most "
            f"{config.n_epochs} epochs, {record.duration_s / 60:.0f} minutes. Details: metrics.json.",
            "",
        ]
    )

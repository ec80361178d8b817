"""The files that a keyword training leaves: models, labels, settings, figures and model card."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tinyhost.compiler.image_format import KwsParams, Task
from tinyhost.compiler.settings_file import SETTINGS_FILE, settings_text
from tinyhost.train.core.run_folder import labels_text, versions, write_files
from tinyhost.train.kws.image import kws_image
from tinyhost.train.kws.training import KwsOutcome, Quantized

__all__ = ["kws_card", "kws_metrics", "write_kws_run"]

_KINDS = {"ptq": "post-training quantization", "qat": "quantization-aware training"}


def write_kws_run(run_dir: Path, outcome: KwsOutcome, *, name: str | None = None) -> dict[str, Path]:
    """Write labels.txt, settings.json, metrics.json, card.md, each int8 model, model.thm and model.tflite.

    name: of the model on the board, by default the folder's. The model comes last, so that a folder with a model has
    everything.
    """
    best = outcome.best
    image = kws_image(best.tflite, name or run_dir.resolve().name, outcome.labels, outcome.defaults)
    contents = {
        "labels": ("labels.txt", labels_text(outcome.labels)),
        "settings": (SETTINGS_FILE, settings_text(outcome.defaults, Task.KWS).encode()),
        "metrics": ("metrics.json", (json.dumps(kws_metrics(outcome, image), indent=2) + "\n").encode()),
        "card": ("card.md", kws_card(outcome).encode()),
    }
    if len(outcome.quantized) > 1:
        contents |= {kind: (f"{kind}.tflite", item.tflite) for kind, item in outcome.quantized.items()}
    contents |= {"image": ("model.thm", image), "model": ("model.tflite", best.tflite)}
    return write_files(run_dir, contents)


def kws_metrics(outcome: KwsOutcome, image: bytes) -> dict[str, Any]:
    """Return what metrics.json holds; its keys are stable."""
    config = asdict(outcome.config)
    config["cache"] = str(config["cache"]) if config["cache"] else None
    return {
        "task": "kws",
        "labels": list(outcome.labels),
        "model": {
            "sha256": hashlib.sha256(outcome.best.tflite).hexdigest(),
            "bytes": len(outcome.best.tflite),
            "image_bytes": len(image),
            "n_parameters": outcome.n_parameters,
            "quantization": outcome.chosen,
            "input": {"shape": [1, 49, 40, 1], "dtype": "int8", "meaning": "features of the audio micro-frontend"},
        },
        "threshold": outcome.defaults.threshold,
        "kws": asdict(KwsParams.unpack(outcome.defaults.task_data)),
        "test": {
            "float": asdict(outcome.float_test),
            **{kind: asdict(item.test) for kind, item in outcome.quantized.items()},
        },
        "validation": {kind: _validation(item) for kind, item in outcome.quantized.items()},
        "n_clips": outcome.counts,
        "n_skipped": outcome.n_skipped,
        "history": outcome.history,
        "duration_s": round(outcome.duration_s, 1),
        "config": config,
        "command": outcome.config.command,
        "versions": versions(),
    }


def _validation(item: Quantized) -> dict[str, Any]:
    """Return an int8 model's figures on the held-out clips, and the curve from which its threshold was chosen."""
    curve = [[point.threshold, point.false_accept_rate, point.false_reject_rate] for point in item.curve.points]
    return {
        **asdict(item.val),
        "chosen": asdict(item.point),
        "curve_columns": ["threshold", "false_accept_rate", "false_reject_rate"],
        "curve": curve,
    }


def kws_card(outcome: KwsOutcome) -> str:
    """Return the model card: what it is, what it learned from, what it is worth."""
    config, best = outcome.config, outcome.best
    network = f"DS-CNN, {config.width} channels" if config.arch == "ds_cnn" else "tiny_conv"
    return "\n".join(
        [
            f"# Keywords: {', '.join(config.words)}",
            "",
            f"{network}, {outcome.n_parameters:,} parameters, {len(best.tflite):,} bytes, int8 by "
            f"{_KINDS[outcome.chosen]}.",
            "Input: 49x40, a second of the audio micro-frontend's features (30 ms window, 20 ms stride, 40 channels), "
            f"int8. Output: softmax, one int8 per label, in this order: {', '.join(outcome.labels)}.",
            "",
            "## Learned from",
            config.data_note or f"Clips in `{outcome.data_dir}`.",
            *_clip_table(outcome),
            "",
            "## Worth",
            *_worth(outcome),
            "",
            "It says nothing about other voices and rooms: measure it with `tinyhost bench --data` on clips of "
            "the real place, and with `tinyhost bench --stream` on a long recording.",
            "",
            "## Made by",
            f"`{config.command or 'tinyhost.train.kws.training.train_kws'}`",
            "",
            f"Seed {config.seed}, {len(outcome.history)} of at most {config.n_epochs} epochs, "
            f"{outcome.duration_s / 60:.0f} minutes. Details: metrics.json.",
            "",
        ]
    )


def _clip_table(outcome: KwsOutcome) -> list[str]:
    return [
        "",
        f"| clips | {' | '.join(outcome.labels)} |",
        f"|---|{'---|' * len(outcome.labels)}",
        *(
            f"| {part} | {' | '.join(f'{counts[label]:,}' for label in outcome.labels)} |"
            for part, counts in outcome.counts.items()
        ),
        "",
        "No speaker is in two parts. In training every clip is changed anew: moved, sped up or slowed down, coloured, "
        "put in a room, and mixed with noise.",
    ]


def _worth(outcome: KwsOutcome) -> list[str]:
    best, n = outcome.best, outcome.best.test.n
    kinds = [
        f"| int8, {_KINDS[kind]}{' (this model)' if kind == outcome.chosen else ''} | {item.test.accuracy:.2%} |"
        for kind, item in outcome.quantized.items()
    ]
    point = best.point
    return [
        f"On the {n:,} clips for testing, as they are:",
        "",
        "| | accuracy |",
        "|---|---|",
        f"| float | {outcome.float_test.accuracy:.2%} |",
        *kinds,
        "",
        f"| true | {' | '.join(f'said {label}' for label in outcome.labels)} | recall |",
        f"|---|{'---|' * len(outcome.labels)}---|",
        *(
            f"| {label} | {' | '.join(map(str, row))} | {recall:.1%} |"
            for label, row, recall in zip(outcome.labels, best.test.confusion, best.test.per_class, strict=True)
        ),
        "",
        f"Threshold {point.threshold:.3f}: on the held-out clips (as they are, and changed as in training) it accepts "
        f"{point.false_accept_rate or 0:.2%} of what is no word, and misses {point.false_reject_rate or 0:.2%} of the "
        "words.",
    ]

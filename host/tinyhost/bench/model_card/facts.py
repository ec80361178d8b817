"""Facts on a model for its card: from its file and those beside it, from measurements, and from about.toml."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinyhost.bench.model_card.measures import Measure, bench_measures, training_measures
from tinyhost.datasets.data_card.facts import ABOUT_NAME, read_about
from tinyhost.datasets.people.provenance import RunData, read_run_data
from tinyhost.errors import ModelError
from tinyhost.models.file import load_model_file
from tinyhost.models.summary import ModelSummary
from tinyhost.system.json_reading import read_json
from tinyhost.system.reading import read_text
from tinyhost.tasks.contract import Task
from tinyhost.tasks.registry import tasks

__all__ = ["ABOUT_NAME", "MEASURED", "MODEL_QUESTIONS", "ModelFacts", "model_facts"]

MODEL_QUESTIONS: Mapping[str, str] = {
    "title": "What is it called?",
    "description": "What does it do, in a sentence or two?",
    "license": "What is its licence, as an SPDX identifier or URL?",
    "developers": "Who made it?",
    "contact": "Where can errors be reported?",
    "url": "Where can it be found?",
    "citation": "How should it be cited?",
    "users": "Who are its intended users?",
    "uses": "What are its intended uses?",
    "out_of_scope": "What should it not be used for?",
    "training_data": "What was it trained on?",
    "procedure": "How was it trained?",
    "evaluation_data": "What was it evaluated on, and is that similar to where it will be used?",
    "factors": "Which people, places, devices and conditions affect its performance?",
    "biases": "For whom or what does it perform worse?",
    "limitations": "What are its limitations?",
    "ethics": "What harm may its use cause to people, and how is it prevented?",
    "environment": "How much energy did its training need, and how much does its use need?",
}
"""Keys of an about.toml beside a model, and the question of each (Mitchell et al., Model Cards, 2019)."""
MEASURED: Mapping[str, str] = {
    "performance": "accuracy, with an interval: tinyhost bench --data",
    "groups": "accuracy by group: tinyhost bench --data --groups",
    "robustness": "accuracy on degraded samples: tinyhost bench --data --robustness",
    "cost": "cost of an inference on a board: tinyhost bench",
}
"""Figures that a benchmark's document can contain."""
_OF_CARD = {
    "learned from": "training_data",
    "made by": "procedure",
    "worth": "evaluation_data",
    "use it for": "uses",
}
"""Headings of a card written by `tinyhost train` or by hand, and the keys that they answer."""
_MAX_CARD, _MAX_JSON = 1 << 20, 1 << 27
_BENCH = "tinyhost.bench/1"


@dataclass(frozen=True, kw_only=True)
class ModelFacts:
    """All facts on a model."""

    summary: ModelSummary
    answers: Mapping[str, str]
    """by key of MODEL_QUESTIONS"""
    measures: tuple[Measure, ...]
    """of its training and of benchmarks"""
    data: RunData | None
    """the training data"""
    metrics: Mapping[str, Any]
    """of its training; empty if unknown"""

    @property
    def name(self) -> str:
        """The model's title, or else its name."""
        return self.answers.get("title") or self.summary.name

    @property
    def task(self) -> Task | None:
        """The task that it is for; None if it is for none."""
        return next((task for task in tasks() if task.app == self.summary.task), None)

    @property
    def missing(self) -> tuple[str, ...]:
        """Keys of the unanswered questions."""
        return tuple(key for key in MODEL_QUESTIONS if key not in self.answers)

    @property
    def not_measured(self) -> tuple[str, ...]:
        """Keys of MEASURED about which there is no figure."""
        return tuple(sorted(MEASURED.keys() - {measure.kind for measure in self.measures}))

    @property
    def ancestors(self) -> tuple[str, ...]:
        """Its base models: the one that its training started from, and published ones."""
        start = self.data.start_from if self.data else None
        made_of = self.metrics.get("made_of")
        published = made_of.get("package") if isinstance(made_of, dict) else None
        return tuple(str(item) for item in (start and f"{start.parent.name}/{start.name}", published) if item)


def model_facts(path: Path, benches: Iterable[Path]) -> ModelFacts:
    """Return the facts on a model. path: of its file, or of a run's folder. benches: documents of `bench --json`.

    Raises ModelError for a document of another model; ModelError, DatasetError, ConfigError for damaged files.
    """
    file = load_model_file(path / "model.tflite" if path.is_dir() else path)
    folder, summary = file.path.parent, file.summary
    metrics = _own_metrics(folder, summary)
    data = read_run_data(folder) if metrics else None
    measures = [*training_measures(metrics)]
    for bench in benches:
        measures += bench_measures(_bench_of(bench, summary))
    about = read_about(folder / ABOUT_NAME, MODEL_QUESTIONS)
    known = {**_training_data(data), **(_card_answers(folder / "card.md") if metrics else {})}
    return ModelFacts(
        summary=summary,
        answers={**known, **about},
        measures=tuple(measures),
        data=data,
        metrics=metrics,
    )


def _own_metrics(folder: Path, summary: ModelSummary) -> Mapping[str, Any]:
    """Return the metrics.json in a model's folder, if it is of this model."""
    path = folder / "metrics.json"
    if not path.exists():
        return {}
    values = read_json(path, max_bytes=_MAX_JSON, error=ModelError, hint="it is written by tinyhost train").values
    model = values.get("model")
    return values if isinstance(model, dict) and model.get("sha256") == summary.sha256 else {}


def _bench_of(path: Path, summary: ModelSummary) -> Mapping[str, Any]:
    found = read_json(path, max_bytes=_MAX_JSON, error=ModelError, hint="give a file of tinyhost bench --json")
    if found.text("schema") != _BENCH:
        raise found.wrong("schema", _BENCH)
    model = found.object("model")
    if summary.sha256 != model.text("sha256") and summary.image_sha256 != model.text("image_sha256"):
        raise ModelError(
            f"{path}: it measures {model.text('name')} ({model.text('sha256')[:12]}), "
            f"not {summary.name} ({summary.sha256[:12]})",
            hint="measure this model: tinyhost bench --model FILE --json FILE",
        )
    return found.values


def _training_data(data: RunData | None) -> dict[str, str]:
    if data is None:
        return {}
    digest = hashlib.sha256("".join(sorted(data.samples.values())).encode()).hexdigest()
    return {"training_data": f"{len(data.samples):,} files of {data.folder.name}; SHA-256 of their hashes: {digest}."}


def _card_answers(path: Path) -> dict[str, str]:
    """Return the answers in the sections of a card.md."""
    if not path.exists():
        return {}
    text = re.sub(r"<!--.*?-->\n*", "", read_text(path, max_bytes=_MAX_CARD, error=ModelError), flags=re.DOTALL)
    _, *sections = re.split(r"^#{2,3} +", text, flags=re.MULTILINE)
    parts = (section.partition("\n") for section in sections)
    found = {_OF_CARD.get(heading.strip().lower()): body.strip() for heading, _, body in parts}
    return {key: body for key, body in found.items() if key and body}

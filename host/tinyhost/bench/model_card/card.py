"""A model's README.md: front matter for Hugging Face, and the sections of a model card."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import tinyhost
from tinyhost.bench.model_card.facts import MEASURED, MODEL_QUESTIONS, ModelFacts
from tinyhost.bench.model_card.measures import Measure
from tinyhost.system.wording import counted

__all__ = ["model_card"]

_SECTIONS = {
    "Uses": ("users", "uses", "out_of_scope"),
    "Bias, risks and limitations": ("biases", "limitations", "ethics"),
    "Training": ("training_data", "procedure"),
    "Evaluation": ("evaluation_data", "factors"),
}
_HUB_METRICS = {"accuracy", "f1", "roc_auc", "recall", "precision", "average_precision"}
_MAX_RESULTS = 100


def model_card(facts: ModelFacts) -> str:
    """Return the text as Markdown. Missing facts and figures are asked for, and counted at the top."""
    lines = [*_front_matter(facts), *_head(facts), *_details(facts)]
    for heading, keys in _SECTIONS.items():
        lines += [f"## {heading}", "", *(line for key in keys for line in _answer(facts, key))]
    lines += [*_results(facts), "## Environmental impact", "", *_answer(facts, "environment")]
    lines += [*_specifications(facts), "## Citation", "", *_answer(facts, "citation")]
    return "\n".join(lines).rstrip() + "\n"


def _front_matter(facts: ModelFacts) -> Iterator[str]:
    """Yield the lines between two of dashes: YAML, whose values here are JSON, which is YAML."""
    values: dict[str, Any] = {"license": facts.answers.get("license", "unknown").lower(), "library_name": "tflite"}
    pipeline = facts.task.pipeline if facts.task else ""
    if pipeline:
        values["pipeline_tag"] = pipeline
    values["tags"] = ["tinyml", "microcontroller", facts.summary.input.dtype, facts.summary.task]
    results = [item for item in facts.measures if item.name in _HUB_METRICS and item.kind == "performance"]
    if results:
        values["metrics"] = sorted({item.name for item in results})
        values["model-index"] = [{"name": facts.name, "results": list(_hub_results(results, pipeline or "other"))}]
    yield "---"
    yield from (f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in values.items())
    yield from ("---", "")


def _hub_results(measures: Sequence[Measure], task: str) -> Iterator[dict[str, Any]]:
    whole = [item for item in measures if not item.part][:_MAX_RESULTS]
    for of, items in groupby(whole, lambda item: item.of):
        metrics = [{"type": item.name, "value": item.value, "name": item.name} for item in items]
        dataset = {"type": "private", "name": of}
        yield {"task": {"type": task}, "dataset": dataset, "metrics": metrics}


def _head(facts: ModelFacts) -> Iterator[str]:
    yield from (f"# {facts.name}", "")
    yield from (facts.answers.get("description", f"*{MODEL_QUESTIONS['description']}*"), "")
    if facts.missing:
        yield f"{len(facts.missing)} of {len(MODEL_QUESTIONS)} questions are not answered: {', '.join(facts.missing)}."
        yield from ("Write the answers into `about.toml` beside the model.", "")
    if facts.not_measured:
        yield "Not measured:"
        yield from ("", *(f"- {key}: {MEASURED[key]}" for key in facts.not_measured), "")
    yield f"Written by tinyhost {tinyhost.__version__} from the model, the files beside it, and benchmarks."
    yield ""


def _details(facts: ModelFacts) -> Iterator[str]:
    yield from ("## Model details", "")
    for key in ("developers", "license", "contact", "url"):
        yield f"- {key.capitalize()}: {facts.answers.get(key, f'*not said. {MODEL_QUESTIONS[key]}*')}"
    yield from (f"- Made of: {name}" for name in facts.ancestors)
    yield from (f"- SHA-256 of the .tflite: `{facts.summary.sha256}`", "")


def _answer(facts: ModelFacts, key: str) -> Iterator[str]:
    yield from (f"### {key.replace('_', ' ').capitalize()}", "")
    yield from (facts.answers.get(key, f"*Not answered. {MODEL_QUESTIONS[key]}*"), "")


def _results(facts: ModelFacts) -> Iterator[str]:
    yield from ("### Results", "")
    if not facts.measures:
        yield from ("*Nothing was measured.*", "")
        return
    yield from ("| of | part | figure | value | 95 % | n |", "| --- | --- | --- | ---: | ---: | ---: |")
    for item in facts.measures:
        n = "" if item.n is None else f"{item.n:,}"
        cells = (item.of, item.part, item.name.replace("_", " "), item.text, item.range_text, n)
        yield f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
    yield ""


def _specifications(facts: ModelFacts) -> Iterator[str]:
    model = facts.summary
    labels = f": {', '.join(model.labels)}" if model.labels else ""
    yield from ("## Technical specifications", "")
    yield f"- Input: {_tensor(model.input.shape, model.input.dtype)}"
    yield f"- Output: {_tensor(model.output.shape, model.output.dtype)}{labels}"
    yield f"- {model.n_params:,} parameters, {model.macs:,} MACs, of which {model.live_macs:,} remain on the board"
    yield f"- {model.flash_bytes:,} B of flash, {model.arena_bytes:,} B of working memory"
    operators = {item.code for item in model.operators}
    yield f"- {counted(len(model.operators), 'operator')}: {', '.join(sorted(operators))}"
    yield ""


def _tensor(shape: Sequence[int], dtype: str) -> str:
    return f"{'x'.join(map(str, shape))} {dtype}"

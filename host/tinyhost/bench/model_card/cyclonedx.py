"""A model as a bill of materials: CycloneDX 1.6 with a model card (ML-BOM, OWASP; ECMA-424)."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import tinyhost
from tinyhost.bench.model_card.facts import ModelFacts
from tinyhost.bench.model_card.measures import Measure

__all__ = ["ml_bom"]

_SPDX = {name.lower(): name for name in (
    "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC-BY-4.0", "CC-BY-NC-4.0", "CC-BY-SA-4.0", "CC0-1.0",
    "GPL-2.0-or-later", "GPL-3.0-or-later", "MIT", "MPL-2.0", "Zlib",
)}  # fmt: skip
"""SPDX identifiers of models' licences; others are given by name."""
_DATA_REF = "training-data"


def ml_bom(facts: ModelFacts, *, time: str) -> dict[str, Any]:
    """Return the document. time: when it was written, ISO 8601 with its zone."""
    model = facts.summary
    component = {
        "type": "machine-learning-model",
        "bom-ref": "model",
        "name": facts.name,
        "version": model.sha256[:12],
        **_said(facts.answers, {"description": "description", "developers": "publisher"}),
        "hashes": [{"alg": "SHA-256", "content": model.sha256}],
        **_licences(facts.answers.get("license", "")),
        **_ancestors(facts),
        "modelCard": _card(facts),
        "properties": [
            {"name": f"tinyhost:{name}", "value": str(getattr(model, name))}
            for name in ("image_sha256", "n_params", "macs", "live_macs", "arena_bytes", "flash_bytes")
        ],
    }
    data = [_data(facts)] if facts.data else []
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{model.sha256} {time}')}",
        "version": 1,
        "metadata": {
            "timestamp": time,
            "tools": {"components": [{"type": "application", "name": "tinyhost", "version": tinyhost.__version__}]},
            "component": component,
        },
        "components": data,
        "dependencies": [{"ref": "model", **({"dependsOn": [_DATA_REF]} if data else {})}],
    }


def _card(facts: ModelFacts) -> dict[str, Any]:
    model, task = facts.summary, facts.task
    ends = (("inputs", model.inputs), ("outputs", model.outputs))
    parameters: dict[str, Any] = {
        "approach": {"type": task.approach if task else "supervised"},
        "task": (task and task.pipeline) or model.task,
        "modelArchitecture": ", ".join(dict.fromkeys(item.code for item in model.operators)),
        **({"datasets": [{"ref": _DATA_REF}]} if facts.data else {}),
        **{
            name: [{"format": f"{'x'.join(map(str, item.shape))} {item.dtype}"} for item in items]
            for name, items in ends
        },
    }
    return {
        "bom-ref": "card",
        "modelParameters": parameters,
        "quantitativeAnalysis": {"performanceMetrics": [_metric(item) for item in facts.measures]},
        "considerations": _considerations(facts),
        "properties": [
            {"name": "tinyhost:not_said", "value": ", ".join(facts.missing)},
            {"name": "tinyhost:not_measured", "value": ", ".join(facts.not_measured)},
        ],
    }


def _metric(item: Measure) -> dict[str, Any]:
    counted = f", n = {item.n}" if item.n is not None else ""
    metric: dict[str, Any] = {
        "type": f"{item.name}, {item.unit}" if item.unit else item.name,
        "value": f"{item.value:.10g}",
        "slice": f"{item.of}{f'; {item.part}' if item.part else ''}{counted}",
    }
    if item.interval:
        low, high = item.interval.low, item.interval.high
        metric["confidenceInterval"] = {"lowerBound": f"{low:.6g}", "upperBound": f"{high:.6g}"}
    return metric


def _considerations(facts: ModelFacts) -> dict[str, Any]:
    said = facts.answers
    found: dict[str, Any] = {
        name: [said[key]]
        for key, name in (("users", "users"), ("uses", "useCases"), ("limitations", "technicalLimitations"))
        if key in said
    }
    risks = [(key, said[key]) for key in ("ethics", "out_of_scope") if key in said]
    if risks:
        found["ethicalConsiderations"] = [{"name": f"{key.replace('_', ' ')}: {text}"} for key, text in risks]
    if "environment" in said:
        found["environmentalConsiderations"] = {"properties": [{"name": "said", "value": said["environment"]}]}
    assessed = [*_assessments(facts)]
    if assessed:
        found["fairnessAssessments"] = assessed
    return found


def _assessments(facts: ModelFacts) -> Iterator[dict[str, str]]:
    if "biases" in facts.answers:
        yield {"groupAtRisk": "according to its developers", "harms": facts.answers["biases"]}
    groups = [item for item in facts.measures if item.kind == "groups" and item.part]
    for part in dict.fromkeys(item.part for item in groups):
        rates = (f"{item.name} {item.text} (95 %: {item.range_text})" for item in groups if item.part == part)
        yield {"groupAtRisk": part, "harms": f"measured: {'; '.join(rates)}"}


def _data(facts: ModelFacts) -> dict[str, Any]:
    """Return the component of the training data."""
    name = facts.data.folder.name if facts.data else ""
    described = {"description": facts.answers["training_data"]} if "training_data" in facts.answers else {}
    return {
        "type": "data",
        "bom-ref": _DATA_REF,
        "name": name,
        **described,
        "data": [{"type": "dataset", "name": name}],
    }


def _ancestors(facts: ModelFacts) -> dict[str, Any]:
    components = [{"type": "machine-learning-model", "name": name} for name in facts.ancestors]
    return {"pedigree": {"ancestors": components}} if components else {}


def _licences(name: str) -> dict[str, Any]:
    if not name:
        return {}
    known = _SPDX.get(name.lower())
    return {"licenses": [{"license": {"id": known} if known else {"name": name}}]}


def _said(answers: Mapping[str, str], names: Mapping[str, str]) -> dict[str, str]:
    return {name: answers[key] for key, name in names.items() if key in answers}

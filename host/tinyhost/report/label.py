"""Nutrition labels of data sets and models: badges, alerts for their uses, facts (datanutrition.org, second generation,
2020)."""

from __future__ import annotations

from collections.abc import Iterator

from tinyhost.bench.model_card.facts import MEASURED, MODEL_QUESTIONS, ModelFacts
from tinyhost.datasets.checking.findings import ISSUES
from tinyhost.datasets.data_card.facts import QUESTIONS, CardFacts
from tinyhost.metrics.fairness import LEAST_OF_GROUP
from tinyhost.report.render import render
from tinyhost.system.wording import counted
from tinyhost.tasks.findings import percent

__all__ = ["model_label", "nutrition_label"]


def nutrition_label(facts: CardFacts) -> str:
    """Return the HTML of a data set's label."""
    check, subjects = facts.check, len(facts.distinct("subject"))
    n_bad = sum(item.level == "bad" for item in check.findings)
    n_faults = sum(item.level != "note" for item in check.findings)
    consents = f"{facts.n_consents} records of consent"
    return render(
        "label.html",
        title=facts.name,
        subtitle="Data set nutrition label",
        heading="Data set facts",
        stats=(
            ("Files", f"{check.n_files:,}", "", f"{len(check.labels)} labels of {check.kind}", ""),
            ("People", f"{subjects:,}", "", consents, "bad" if subjects > facts.n_consents else ""),
            ("Faults", f"{n_faults:,}", "", "found by data check", "bad" if n_bad else ""),
            _questions(len(facts.missing), len(QUESTIONS)),
        ),
        badges=list(_badges(facts)),
        alerts=list(_alerts(facts)),
        answers=facts.answers,
        questions=QUESTIONS,
        table=(("label", "files"), *((label, f"{n:,}") for label, n in check.labels.items())),
        notes=[f"Not checked: {', '.join(item.issues)}: {item.reason}." for item in check.not_checked],
    )


def model_label(facts: ModelFacts) -> str:
    """Return the HTML of a model's label."""
    model = facts.summary
    best = next((item for item in reversed(facts.measures) if item.name == "accuracy" and not item.part), None)
    right = (percent(best.value), "", f"{best.of}; 95 %: {best.range_text}", "") if best else ("–", "", "", "bad")
    figures = [
        (item.of, item.part, item.name.replace("_", " "), item.text, item.range_text, f"{item.n or ''}")
        for item in facts.measures
    ]
    return render(
        "label.html",
        title=facts.name,
        subtitle="Model nutrition label",
        heading="Model facts",
        stats=(
            ("Accuracy", *right),
            ("Flash", f"{model.flash_bytes:,}", "B", f"{model.n_params:,} parameters", ""),
            ("Working memory", f"{model.arena_bytes:,}", "B", f"{model.live_macs:,} MACs", ""),
            _questions(len(facts.missing), len(MODEL_QUESTIONS)),
        ),
        badges=list(_model_badges(facts)),
        alerts=list(_model_alerts(facts)),
        answers=facts.answers,
        questions=MODEL_QUESTIONS,
        table=(("measured on", "part", "figure", "value", "95 %", "n"), *figures),
        notes=[f"Not measured: {key}, {MEASURED[key]}." for key in facts.not_measured],
    )


def _questions(n_missing: int, n: int) -> tuple[str, str, str, str, str]:
    return "Questions", str(n_missing), f"of {n}", "not answered", "bad" if n_missing else "good"


def _badges(facts: CardFacts) -> Iterator[tuple[str, str]]:
    subjects = len(facts.distinct("subject"))
    yield (f"{counted(subjects, 'subject')} named" if subjects else "no subjects named"), ""
    yield ("consents recorded", "good") if facts.n_consents else ("no consent recorded", "bad" if subjects else "")
    yield ("licence said", "good") if "license" in facts.answers else ("no licence given", "bad")
    yield ("has splits", "good") if facts.check.parts else ("not divided", "")
    synthetic = "synthetic" in facts.distinct("sensor")
    yield ("contains synthetic samples" if synthetic else "no samples marked as synthetic"), ""


def _alerts(facts: CardFacts) -> Iterator[tuple[str, str]]:
    for issue, n in facts.check.issues.items():
        yield f"{issue}: {n:,}", ISSUES[issue]
    if "biases" not in facts.answers:
        yield "biases not stated", "it is not known who is over- or underrepresented: do not use it to judge people"
    if facts.distinct("subject") and not facts.n_consents:
        yield "people without consent", "samples are of named subjects without a record of consent"


def _model_badges(facts: ModelFacts) -> Iterator[tuple[str, str]]:
    yield ("licence said", "good") if "license" in facts.answers else ("no licence given", "bad")
    yield ("training data known", "good") if "training_data" in facts.answers else ("training data not known", "bad")
    for key in MEASURED:
        yield (f"{key} not measured", "bad") if key in facts.not_measured else (f"{key} measured", "good")


def _model_alerts(facts: ModelFacts) -> Iterator[tuple[str, str]]:
    if failure := facts.metrics.get("failure"):
        yield "unsuitable uses", str(failure)
    if "performance" in facts.not_measured:
        yield "performance not measured", "its accuracy is not known: do not use it for anything important"
    if "groups" in facts.not_measured:
        yield "groups not measured", "its accuracy by group is not known: do not use it for decisions about people"
    if any("too few" in item.part for item in facts.measures):
        yield "groups too small", f"fewer than {LEAST_OF_GROUP} samples of a class: their rates are unreliable"
    if "robustness" in facts.not_measured:
        yield "robustness not measured", "the effect of light, noise or another place is not known"

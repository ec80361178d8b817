"""A data set's nutrition label: badges, alerts for its uses, facts (datanutrition.org, second generation, 2020)."""

from __future__ import annotations

from collections.abc import Iterator

from tinyhost.datasets.checking.findings import ISSUES
from tinyhost.datasets.papers.facts import QUESTIONS, CardFacts
from tinyhost.report.render import render
from tinyhost.system.wording import counted

__all__ = ["nutrition_label"]


def nutrition_label(facts: CardFacts) -> str:
    """Return the HTML."""
    return render(
        "label.html",
        title=facts.name,
        subtitle="Data set nutrition label",
        facts=facts,
        questions=QUESTIONS,
        subjects=len(facts.distinct("subject")),
        n_bad=sum(item.level == "bad" for item in facts.check.findings),
        badges=list(_badges(facts)),
        alerts=list(_alerts(facts)),
    )


def _badges(facts: CardFacts) -> Iterator[tuple[str, str]]:
    subjects = len(facts.distinct("subject"))
    yield (f"{counted(subjects, 'subject')} named" if subjects else "nobody named as subject"), ""
    yield ("consents recorded", "good") if facts.n_consents else ("no consent recorded", "bad" if subjects else "")
    yield ("licence said", "good") if "license" in facts.answers else ("no licence said", "bad")
    yield ("divided into parts", "good") if facts.check.parts else ("not divided", "")
    synthetic = "synthetic" in facts.distinct("sensor")
    yield ("synthetic samples among them" if synthetic else "no sample said to be synthetic"), ""


def _alerts(facts: CardFacts) -> Iterator[tuple[str, str]]:
    for issue, n in facts.check.issues.items():
        yield f"{issue}: {n:,}", ISSUES[issue]
    if "biases" not in facts.answers:
        yield "biases not said", "whom it shows more often, or better, is not known: do not judge people by it"
    if facts.distinct("subject") and not facts.n_consents:
        yield "people without consent", "samples are of named subjects, and no record says that they agreed"

"""A data set's README.md: front matter for Hugging Face, figures, and the seven headings of a datasheet."""

from __future__ import annotations

import json
from collections.abc import Iterator

import tinyhost
from tinyhost.datasets.data_card.facts import QUESTIONS, CardFacts
from tinyhost.system.wording import counted

__all__ = ["datasheet"]

_TASKS = {"pictures": "image-classification", "clips": "audio-classification", "motion": "time-series-forecasting"}
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_HEADINGS = (
    "motivation",
    "composition",
    "collection",
    "preprocessing",
    "uses",
    "distribution",
    "maintenance",
)


def datasheet(facts: CardFacts) -> str:
    """Return the text as Markdown. Missing answers are asked for, and counted at the top."""
    return "\n".join([*_front_matter(facts), *_head(facts), *_figures(facts), *_sheet(facts)]) + "\n"


def _front_matter(facts: CardFacts) -> Iterator[str]:
    check = facts.check
    size = next((name for limit, name in _SIZES if check.n_files < limit), "n>1M")
    yield from ("---", f"pretty_name: {json.dumps(facts.name, ensure_ascii=False)}")
    yield f"license: {json.dumps(facts.answers.get('license', 'unknown').lower(), ensure_ascii=False)}"
    yield from ("task_categories:", f"- {_TASKS[check.kind]}", "size_categories:", f"- {size}")
    yield from ("tags:", "- tinyml", f"- {check.kind}")
    yield from ("configs:", "- config_name: default", "  data_files: files.csv", "---", "")


def _head(facts: CardFacts) -> Iterator[str]:
    yield from (f"# {facts.name}", "")
    yield from (facts.answers.get("description", f"*{QUESTIONS['description']}*"), "")
    missing = facts.missing
    if missing:
        yield f"{len(missing)} of {len(QUESTIONS)} questions are not answered: {', '.join(missing)}."
        yield from ("Answers belong into `about.toml`, beside the label folders.", "")
    yield f"Written by tinyhost {tinyhost.__version__} from the files, their manifest and `about.toml`."
    yield ""


def _figures(facts: CardFacts) -> Iterator[str]:
    check = facts.check
    yield from ("## Figures", "", "| label | files |", "| --- | --- |")
    yield from (f"| {label} | {n:,} |" for label, n in check.labels.items())
    yield ""
    parts = ", ".join(f"{n:,} for {part}" for part, n in check.parts.items()) if check.parts else "not divided"
    yield f"- Parts: {parts}{f', by {check.split_by}' if check.split_by else ''}."
    yield f"- Size: {facts.n_bytes:,} bytes; {counted(len(check.skipped), 'file')} left out that cannot be read."
    if facts.days:
        yield f"- Taken from {facts.days[0]} to {facts.days[1]}."
    for name, field in (("Sensors", "sensor"), ("Boards", "board"), ("Devices", "device"), ("Purposes", "purpose")):
        if values := facts.distinct(field):
            yield f"- {name}: {', '.join(values[:12])}{f' and {len(values) - 12:,} more' if len(values) > 12 else ''}."
    people = len(facts.distinct("subject"))
    yield (
        f"- People: {counted(people, 'subject')}, {counted(len(facts.distinct('speaker')), 'speaker')}, "
        f"{counted(facts.n_consents, 'record')} of consent (ISO/IEC TS 27560)."
    )
    if until := facts.distinct("retain_until"):
        yield f"- To be kept until {until[0]}{f' to {until[-1]}' if len(until) > 1 else ''} at the longest."
    found = ", ".join(f"{name} {n:,}" for name, n in check.issues.items()) or "nothing"
    yield f"- `tinyhost data check` looked for {counted(len(check.checked), 'kind')} of fault and found: {found}."
    yield from (f"- Not checked: {', '.join(item.issues)}: {item.reason}." for item in check.not_checked)
    yield ""


def _sheet(facts: CardFacts) -> Iterator[str]:
    for key in _HEADINGS:
        yield from (f"## {key.capitalize()}", "", facts.answers.get(key, f"*Not said. {QUESTIONS[key]}*"), "")
    others = [
        key for key in ("biases", "sensitive", "social_impact", "citation", "creator", "url") if key in facts.answers
    ]
    for key in others:
        yield from (f"## {key.replace('_', ' ').capitalize()}", "", facts.answers[key], "")

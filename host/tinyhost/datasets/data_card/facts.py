"""Facts on a data set for its datasheet: counted, from its manifest, and from its about.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tinyhost.datasets.checking.check import check_samples
from tinyhost.datasets.checking.findings import DataCheck
from tinyhost.datasets.manifest import Sample, read_manifest
from tinyhost.datasets.people.consent import read_consents
from tinyhost.datasets.people.provenance import file_digest
from tinyhost.errors import DatasetError
from tinyhost.system.toml_source import read_toml

__all__ = ["ABOUT_NAME", "QUESTIONS", "CardFacts", "FileRow", "card_facts", "read_about"]

ABOUT_NAME = "about.toml"
"""file with the author's answers, beside the label folders"""
QUESTIONS: Mapping[str, str] = {
    "title": "What is it called?",
    "description": "What is in it, in a sentence or two?",
    "license": "Under which licence may it be used, as an SPDX name or URL?",
    "url": "Where is it to be found?",
    "creator": "Who made it?",
    "citation": "How is it to be cited?",
    "motivation": "For what purpose was it made, by whom, and who paid for it?",
    "composition": "What do the samples stand for, and what is missing among them?",
    "collection": "How was it collected, by whom, over which time, and did the people in it agree?",
    "preprocessing": "How was it cleaned and labelled, and are the raw samples kept?",
    "uses": "What has it been used for, and what should it not be used for?",
    "distribution": "Who gets it, how, and under which terms?",
    "maintenance": "Who looks after it, how are errors reported, and how long are older versions kept?",
    "biases": "Whom or what does it show more often, or better, than others?",
    "sensitive": "What in it is personal or sensitive?",
    "social_impact": "What may go wrong for people when it is used?",
}
"""Keys of about.toml, and the question of each; seven are the headings of a datasheet (Gebru et al., 2021)."""
_MAX_ANSWER = 20_000


@dataclass(frozen=True, kw_only=True)
class FileRow:
    """One sample."""

    file: str
    label: str
    part: str
    """empty if the set is not divided"""
    sha256: str


@dataclass(frozen=True, kw_only=True)
class CardFacts:
    """All facts on a set."""

    folder: Path
    check: DataCheck
    rows: tuple[FileRow, ...]
    n_bytes: int
    lines: tuple[Sample, ...]
    """of the manifest"""
    n_consents: int
    answers: Mapping[str, str]
    """of about.toml, by key"""

    @property
    def name(self) -> str:
        """The set's title, or else its folder's name."""
        return self.answers.get("title") or self.folder.resolve().name

    @property
    def missing(self) -> tuple[str, ...]:
        """Keys of the unanswered questions."""
        return tuple(key for key in QUESTIONS if key not in self.answers)

    @property
    def days(self) -> tuple[str, str] | None:
        """First and last day on which samples were taken; None without a manifest."""
        times = sorted(line.time[:10] for line in self.lines if line.time)
        return (times[0], times[-1]) if times else None

    def distinct(self, field: str) -> list[str]:
        """Return the different values of a field of the manifest, sorted, without empty ones."""
        return sorted({str(value) for line in self.lines if (value := getattr(line, field))})


def card_facts(folder: Path) -> CardFacts:
    """Return the facts on a set. Raises DatasetError if it is none, or its about.toml is damaged."""
    check, samples = check_samples(folder)
    lines = {line.file: line for line in read_manifest(folder)}
    rows = tuple(
        FileRow(file=item.file, label=item.label, part=str(item.part or ""), sha256=_digest(folder, item.file, lines))
        for item in sorted(samples, key=lambda item: item.file)
    )
    return CardFacts(
        folder=folder,
        check=check,
        rows=rows,
        n_bytes=sum((folder / row.file).stat().st_size for row in rows),
        lines=tuple(lines.values()),
        n_consents=len(read_consents(folder)),
        answers=read_about(folder / ABOUT_NAME, QUESTIONS),
    )


def _digest(folder: Path, file: str, lines: Mapping[str, Sample]) -> str:
    line = lines.get(file)
    return line.sha256 if line and line.sha256 else file_digest(folder / file)


def read_about(path: Path, questions: Mapping[str, str]) -> dict[str, str]:
    """Return the answers of an about.toml, none without one. Raises ConfigError, DatasetError if it is damaged."""
    if not path.exists():
        return {}
    source, hint = read_toml(path), f"keys of {ABOUT_NAME}: {', '.join(questions)}"
    for key, value in source.data.items():
        if key not in questions:
            raise DatasetError(f"{path}: unknown key {key}", hint=hint)
        if not isinstance(value, str) or len(value) > _MAX_ANSWER:
            raise DatasetError(f"{path}: {key}: expected text of at most {_MAX_ANSWER:,} letters", hint=hint)
    return {key: value.strip() for key, value in source.data.items() if value.strip()}

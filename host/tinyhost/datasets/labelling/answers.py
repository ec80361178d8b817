"""Answers of annotators: `labels.jsonl` in a data set's folder, one line per answer."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from itertools import combinations
from pathlib import Path
from typing import Literal

from tinyhost.errors import DatasetError
from tinyhost.metrics.agreement import Agreement, cohen_kappa
from tinyhost.system.durable import append_line
from tinyhost.system.json_reading import JsonObject, parse_json
from tinyhost.system.reading import read_file

__all__ = [
    "ANSWERS_NAME",
    "Answer",
    "PairAgreement",
    "ReviewDocument",
    "add_answer",
    "agreements",
    "disputed_files",
    "read_answers",
]

ANSWERS_NAME = "labels.jsonl"
_MAX_BYTES = 1 << 30
_HINT = "fix or delete this line; the samples themselves are unchanged"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One label, by one annotator."""

    file: str
    """label/file in the set at the time of the answer"""
    source_sha256: str
    """of the file that was shown, hex"""
    annotator: str
    """a person's pseudonym, or a model"""
    label: str
    score: float | None = None
    """how sure a model was"""
    time: str = ""
    """UTC, ISO 8601"""


@dataclass(frozen=True, kw_only=True)
class PairAgreement(Agreement):
    """Cohen's kappa of two annotators over the samples that both labelled."""

    annotators: tuple[str, str]


def add_answer(root: Path, answer: Answer) -> None:
    """Append an answer to those of a set. Raises OSError."""
    values = asdict(answer) | {"time": datetime.now(timezone.utc).isoformat(timespec="seconds")}
    append_line(root / ANSWERS_NAME, json.dumps(values, ensure_ascii=False) + "\n")


def read_answers(root: Path) -> list[Answer]:
    """Return the answers of a set, the oldest first. Raises DatasetError with the line's number if one is damaged."""
    path = root / ANSWERS_NAME
    if not path.exists():
        return []
    answers = []
    for number, line in enumerate(read_file(path, max_bytes=_MAX_BYTES).split(b"\n"), 1):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        values = parse_json(line, where, error=DatasetError, hint=_HINT)
        row = JsonObject.of(values, where, error=DatasetError, hint=_HINT)
        texts = {key: row.text(key) for key in ("file", "source_sha256", "annotator", "label", "time")}
        score = None if row.values.get("score") is None else row.number("score", -1e9, 1e9)
        answers.append(Answer(**texts, score=score))
    return answers


def agreements(answers: Sequence[Answer]) -> tuple[PairAgreement, ...]:
    """Return the agreement of each two annotators, by their last answers about the same file."""
    said: dict[str, dict[str, str]] = defaultdict(dict)
    for answer in answers:
        said[answer.annotator][answer.source_sha256] = answer.label
    found = []
    for one, other in combinations(sorted(said), 2):
        both = sorted(said[one].keys() & said[other].keys())
        if both:
            own = cohen_kappa([said[one][key] for key in both], [said[other][key] for key in both])
            found.append(PairAgreement(**vars(own), annotators=(one, other)))
    return tuple(found)


def disputed_files(answers: Sequence[Answer]) -> tuple[str, ...]:
    """Return the files to which annotators gave different labels, by their last answers."""
    last = {(answer.source_sha256, answer.annotator): answer for answer in answers}
    said: dict[str, set[str]] = defaultdict(set)
    files = {}
    for answer in last.values():
        said[answer.source_sha256].add(answer.label)
        files[answer.source_sha256] = answer.file
    return tuple(sorted(files[key] for key, labels in said.items() if len(labels) > 1))


@dataclass(frozen=True, kw_only=True)
class ReviewDocument:
    """`tinyhost data review SET --json FILE`."""

    schema: Literal["tinyhost.data_review/1"] = "tinyhost.data_review/1"
    folder: Path
    """the data set"""
    answered: int
    """samples that were labelled now"""
    agreements: tuple[PairAgreement, ...]
    """of each two annotators who labelled the same samples; `the set` is the folders' labels"""
    disputed: tuple[str, ...]
    """samples to which annotators gave different labels"""

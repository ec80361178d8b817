"""Exports of Label Studio, JSON and JSON-MIN: samples with one choice each, and stretches of sound.

Sources: labelstud.io/guide/task_format, labelstud.io/guide/export. Files are found by the end of their address below
the folder of the export: with it, in `files` or where they were uploaded from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tinyhost.audio.speakers import PARTS, Part
from tinyhost.datasets.folder import MOTION, PICTURES, SOUNDS
from tinyhost.datasets.importers.contract import FoundSample, Importer, PassedOver, ReadAs, unreadable
from tinyhost.datasets.importers.files import NamedFiles, content_reader, original_of, stretch_readers
from tinyhost.datasets.skipped import Skipped
from tinyhost.errors import DatasetError
from tinyhost.system.folders import visible
from tinyhost.system.json_reading import JsonObject, parse_json
from tinyhost.system.reading import open_file, read_file

__all__ = ["LABEL_STUDIO"]

_SUFFIXES = PICTURES.suffixes | SOUNDS.suffixes | MOTION.suffixes
_MAX_BYTES = 1 << 29
_MAX_ITEMS = 1_000_000
_MAX_SECONDS = 1e6
_UPLOADED = re.compile(r"^[0-9a-f]{8}-")
_NO_ANSWER = {"id", "annotator", "annotation_id", "created_at", "updated_at", "lead_time", "part", "speaker"}
_BEGIN = re.compile(rb'\s*\[\s*\{.{0,4000}"(annotations|completions|annotation_id)"', re.DOTALL)
_HINT = "expected Label Studio's export as JSON or JSON-MIN, with the files below the same folder"
_NOBODY, _SEVERAL, _DISAGREE = "nobody has labelled it", "it has several choices", "its annotators disagree"


def _lists(source: Path) -> list[Path]:
    if source.is_file():
        return [source] if source.suffix == ".json" and _is_export(source) else []
    if not source.is_dir():
        return []
    return [path for path in visible(source) if path.suffix == ".json" and path.is_file() and _is_export(path)]


def _is_export(path: Path) -> bool:
    with open_file(path, max_bytes=_MAX_BYTES) as file:
        return bool(_BEGIN.match(file.read(8192).removeprefix(b"\xef\xbb\xbf")))


def _find(source: Path, read_as: ReadAs) -> Iterator[FoundSample | PassedOver]:
    lists, root = _lists(source), source if source.is_dir() else source.parent
    if not lists:
        raise DatasetError(f"{source}: no export of Label Studio", hint=_HINT)
    files = NamedFiles(root, _SUFFIXES)
    for path in lists:
        tasks = parse_json(read_file(path, max_bytes=_MAX_BYTES), str(path), error=DatasetError, hint=_HINT)
        if not isinstance(tasks, list) or len(tasks) > _MAX_ITEMS:
            raise DatasetError(f"{path}: expected a list of at most {_MAX_ITEMS:,} tasks", hint=_HINT)
        for number, values in enumerate(tasks):
            task = JsonObject.of(values, f"{path}: task [{number}]", error=DatasetError, hint=_HINT)
            yield from _samples(task, files, root, read_as)


def _samples(task: JsonObject, files: NamedFiles, root: Path, read_as: ReadAs) -> Iterator[FoundSample | PassedOver]:
    data = task.object("data").values if "data" in task else task.values
    address = next((value for value in data.values() if isinstance(value, str) and _is_sample(value)), "")
    if not address:
        raise task.wrong("data", "the address of a picture, a sound or a CSV file")
    answers = list(_answers(task)) if "data" in task else [_minimal(task)]
    if not any(answers):
        yield PassedOver(reason=_NOBODY)
        return
    path = files.find(_local(address)) or files.find(_UPLOADED.sub("", _local(address).rsplit("/", 1)[-1]))
    what = _local(address).rsplit("/", 1)[-1]
    if path is None:
        yield unreadable(Skipped(what=what, reason=f"{what}: {task.where} names it, but it does not exist"))
        return
    part: Part | None = next((part for part in PARTS if part == data.get("part")), None)
    speaker = data.get("speaker")
    whole = FoundSample(
        what=path.relative_to(root).as_posix(),
        label="",
        speaker=speaker if isinstance(speaker, str) else "",
        part=part,
        attributes={"annotators": str(len(answers))},
        read=content_reader(path, read_as),
        original=original_of(path),
    )
    stretches = [item for answer in answers for item in answer.values() if isinstance(item, tuple)]
    if stretches:
        yield from _stretches(whole, stretches, path, read_as)
        return
    choices = [tuple(sorted(label for label in answer.values() if isinstance(label, str))) for answer in answers]
    if len(set(choices)) > 1:
        yield PassedOver(reason=_DISAGREE)
    elif len(choices[0]) != 1:
        yield PassedOver(reason=_SEVERAL)
    else:
        yield _with(whole, choices[0][0])


def _with(sample: FoundSample, label: str, **changes: Any) -> FoundSample:
    return replace(sample, label=label, **changes)


_Stretch = tuple[str, float, float]
_Answer = dict[str, "str | _Stretch"]
"""what one annotator said: choices, or label, start and end of stretches"""


def _stretches(
    whole: FoundSample, stretches: list[_Stretch], path: Path, read_as: ReadAs
) -> Iterator[FoundSample | PassedOver]:
    stretch = stretch_readers(path, read_as)
    for number, (label, start_s, end_s) in enumerate(stretches):
        times = {"start_s": f"{start_s:.3f}", "end_s": f"{end_s:.3f}"}
        yield _with(
            whole,
            label,
            what=f"{whole.what} {start_s:.3f} s",
            read=stretch(start_s, end_s),
            attributes={**whole.attributes, **times},
            original=None if number else whole.original,
        )


def _answers(task: JsonObject) -> Iterator[_Answer]:
    """Yield what each annotator said; only the ground truth, if there is one."""
    key = "annotations" if "annotations" in task else "completions"
    rows = task.objects(key, max_items=1000) if key in task else []
    rows = [row for row in rows if row.values.get("was_cancelled") is not True]
    for row in [row for row in rows if row.values.get("ground_truth") is True] or rows:
        answer: _Answer = {}
        for number, item in enumerate(row.objects("result", max_items=_MAX_ITEMS)):
            if item.values.get("type") in ("choices", "labels"):
                answer |= _said(item.object("value"), str(number))
        if answer:
            yield answer


def _said(value: JsonObject, key: str) -> _Answer:
    """Return choices, or a label with its stretch of sound."""
    if "start" in value and ("labels" in value or "choices" in value):
        labels = _texts(value, "labels" if "labels" in value else "choices")
        times = (value.number("start", 0, _MAX_SECONDS), value.number("end", 0, _MAX_SECONDS))
        return {f"{key}.{number}": (label, *times) for number, label in enumerate(labels)}
    return {f"{key}.{number}": label for number, label in enumerate(_texts(value, "choices"))}


def _texts(value: JsonObject, key: str) -> list[str]:
    found = value.values.get(key)
    if not isinstance(found, list) or not all(isinstance(item, str) and item for item in found):
        raise value.wrong(key, "a list of labels")
    return found


def _minimal(task: JsonObject) -> _Answer:
    """Return what a line of JSON-MIN says: a choice is a text, or several are a list of their own."""
    answer: _Answer = {}
    for key, value in task.values.items():
        if key in _NO_ANSWER or (isinstance(value, str) and _is_sample(value)):
            continue
        if isinstance(value, str) and value:
            answer[key] = value
        elif isinstance(value, dict) and "choices" in value:
            answer |= _said(JsonObject.of(value, f"{task.where}: {key}", error=DatasetError, hint=_HINT), key)
        elif isinstance(value, list):
            for number, item in enumerate(value):
                row = JsonObject.of(item, f"{task.where}: {key}[{number}]", error=DatasetError, hint=_HINT)
                answer |= _said(row, f"{key}.{number}")
    return answer


def _is_sample(address: str) -> bool:
    return Path(_local(address)).suffix.lower() in _SUFFIXES


def _local(address: str) -> str:
    """Return the path in an address; one of local storage has it in `d`."""
    try:
        split = urlsplit(address)
    except ValueError:
        return address
    query: Mapping[str, list[str]] = parse_qs(split.query)
    return query["d"][0] if query.get("d") else unquote(split.path)


LABEL_STUDIO = Importer(
    name="label-studio",
    what="an export of Label Studio as JSON or JSON-MIN, with the files beside it",
    recognises=lambda source: bool(_lists(source)),
    find=_find,
)

"""The choice of samples for a second annotator, and their labels in the set."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np

from tinyhost.datasets.folder import kind_of, label_of, labelled_files
from tinyhost.datasets.labelling.answers import Answer, read_answers
from tinyhost.errors import DatasetError
from tinyhost.system.reading import read_file

__all__ = ["THE_SET", "drawn", "labels_of_set"]

THE_SET = "the set"
_MAX_BYTES = 1 << 30


def labels_of_set(folder: Path) -> list[Answer]:
    """Return what the folders of a set say of each sample. Raises DatasetError if it is no data set.

    A sample that `data label` put there is known by the file that it was made of.
    """
    kind = kind_of(folder)
    if kind is None:
        raise DatasetError(f"{folder}: no data set", hint="name a folder with LABEL/FILE below it")
    sources = {answer.file: answer.source_sha256 for answer in read_answers(folder) if answer.file}
    found = []
    for path in labelled_files(folder, kind).files:
        file = path.relative_to(folder).as_posix()
        sha256 = sources.get(file) or hashlib.sha256(read_file(path, max_bytes=_MAX_BYTES)).hexdigest()
        found.append(Answer(file=file, source_sha256=sha256, annotator=THE_SET, label=label_of(path)))
    return found


def drawn(samples: Sequence[Answer], known: Collection[str], count: int, seed: int) -> list[Answer]:
    """Return a random choice of samples, without known ones; equal seeds give equal choices."""
    order = np.random.default_rng(seed).permutation(len(samples))
    return [samples[index] for index in order if samples[index].source_sha256 not in known][:count]

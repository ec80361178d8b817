"""The recorded answers of the `tflite-micro` wheel, by name: for Pythons without it; elsewhere they are checked again.

`python -m tests.oracle.record_wheel_answers` writes the answers and, with --draw, the random models.
"""

from __future__ import annotations

import io
import json
import tarfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tinyhost.compiler import compile_tflite

from tests.oracle.net import Model
from tests.oracle.oracle import (
    ORACLE_IS_TFLM,
    assert_oracle_gives,
    open_oracle,
    run_kernels,
    run_sequence,
    run_sequence_of_tflm,
)

__all__ = [
    "ANSWERS",
    "MODELS",
    "Answers",
    "Asked",
    "Recorder",
    "assert_equals_wheel",
    "assert_sequences_equal_wheel",
    "recorded_models",
    "write_models",
]

Asked = tuple[bytes, Sequence[NDArray[np.generic]]]
"""A .tflite file and inputs."""

_FOLDER = Path(__file__).resolve().parent
ANSWERS = _FOLDER / "wheel_answers.json"
MODELS = _FOLDER / "wheel_models.tar.xz"
_INDEX = "models.json"
_HINT = "with Python 3.10 or 3.11, run: python -m tests.oracle.record_wheel_answers"


@dataclass(frozen=True, kw_only=True)
class Answers:
    """Checksums, CRC-32, of what was asked and of the answers to it."""

    asked: int
    """of all inputs; a model file's bytes depend on the version of flatbuffers"""
    answered: list[int]
    """of the outputs of each model"""


class Recorder:
    """While one is open, `assert_equals_wheel` keeps the wheel's answers instead of comparing."""

    current: Recorder | None = None

    def __init__(self) -> None:
        self.answers: dict[str, Answers] = {}

    def __enter__(self) -> Recorder:
        Recorder.current = self
        return self

    def __exit__(self, *_: object) -> None:
        Recorder.current = None

    def write(self, *, keep_others: bool = False) -> None:
        """Write what was kept, one name a line; keep_others: with the answers that are there already."""
        if keep_others:
            self.answers = {**_read_answers(), **self.answers}
        lines = (f"{json.dumps(name)}: {json.dumps(asdict(answers))}" for name, answers in sorted(self.answers.items()))
        ANSWERS.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def assert_equals_wheel(name: str, asked: Sequence[Asked]) -> None:
    """Assert that the engine answers as the wheel did when it was recorded, and as the wheel if it is installed."""
    asked_crc = _crc(part for _, inputs in asked for part in _bytes_of(inputs))
    if Recorder.current is not None:
        answered = [_crc(map(open_oracle(tflite).run, _bytes_of(inputs))) for tflite, inputs in asked]
        Recorder.current.answers[name] = Answers(asked=asked_crc, answered=answered)
        return
    recorded = _recorded(name, asked_crc)
    answered = []
    for tflite, inputs in asked:
        outputs = run_kernels(compile_tflite(tflite, name="recorded", winograd=True), inputs)
        answered.append(_crc(_bytes_of(outputs)))
        if ORACLE_IS_TFLM:
            assert_oracle_gives(tflite, inputs, outputs)
    assert answered == recorded.answered, f"{name}: the wheel answered otherwise; if the models are others now, {_HINT}"


def assert_sequences_equal_wheel(name: str, asked: Sequence[Asked]) -> None:
    """Assert as assert_equals_wheel, of each model's inputs one after another, with what it keeps in between."""
    asked_crc = _crc(part for _, inputs in asked for part in _bytes_of(inputs))
    answered: list[int] = []
    if ORACLE_IS_TFLM:
        answered = [_crc(run_sequence_of_tflm(tflite, inputs)) for tflite, inputs in asked]
        if Recorder.current is not None:
            Recorder.current.answers[name] = Answers(asked=asked_crc, answered=answered)
            return
    recorded = _recorded(name, asked_crc)
    for simd in (False, True):
        ours = [_crc(run_sequence(compile_tflite(t, name="recorded"), inputs, simd=simd)) for t, inputs in asked]
        assert ours == recorded.answered, f"{name}: the wheel answered otherwise"
        if ORACLE_IS_TFLM:
            assert ours == answered, f"{name}: the installed wheel answers otherwise"


def _recorded(name: str, asked_crc: int) -> Answers:
    """Return the wheel's recorded answers; a failure if it was asked something else."""
    recorded = _read_answers().get(name)
    if recorded is None or recorded.asked != asked_crc:
        pytest.fail(f"{name}: the wheel was not asked this when it was recorded; {_HINT}")
    return recorded


def recorded_models(operator: str) -> list[Model]:
    """Return the random models of an operator, drawn where the wheel is the oracle: without LiteRT's limits."""
    return _read_models().get(operator, [])


def write_models(models: Mapping[str, Sequence[Model]]) -> None:
    """Write random models, by operator."""
    flat = [(operator, model) for operator, group in models.items() for model in group]
    index = [
        {"operator": operator, "shape": model.shape, "dtype": model.dtype, "seed": model.seed}
        for operator, model in flat
    ]
    with tarfile.open(MODELS, "w:xz", preset=9) as archive:
        for name, data in ((_INDEX, json.dumps(index).encode()), *((f"{i}", m.data) for i, (_, m) in enumerate(flat))):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    _read_models.cache_clear()


@cache
def _read_models() -> dict[str, list[Model]]:
    with tarfile.open(MODELS, "r:xz") as archive:
        files = {member.name: _content(archive, member) for member in archive.getmembers()}
    models: dict[str, list[Model]] = {}
    for i, entry in enumerate(json.loads(files[_INDEX])):
        model = Model(data=files[str(i)], shape=tuple(entry["shape"]), dtype=entry["dtype"], seed=entry["seed"])
        models.setdefault(entry["operator"], []).append(model)
    return models


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member)
    return file.read() if file else b""


@cache
def _read_answers() -> dict[str, Answers]:
    return {name: Answers(**entry) for name, entry in json.loads(ANSWERS.read_text(encoding="utf-8")).items()}


def _bytes_of(arrays: Iterable[NDArray[np.generic]]) -> Iterable[bytes]:
    return (values.tobytes() for values in arrays)


def _crc(parts: Iterable[bytes]) -> int:
    crc = 0
    for part in parts:
        crc = zlib.crc32(part, crc)
    return crc

"""Data sets of MLPerf Tiny: files of raw inputs, and y_labels.csv with their classes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tinyhost.bench.mlperf.benchmarks import Benchmark
from tinyhost.errors import DatasetError
from tinyhost.system.reading import read_file

__all__ = ["GROUND_TRUTH_NAME", "GroundTruthFile", "GroundTruthSet", "is_plain_name", "read_ground_truth"]

GROUND_TRUTH_NAME = "y_labels.csv"
_MAX_TRUTH_BYTES, _MAX_FILE_BYTES, _MAX_CLASS, _MAX_FILES = 1 << 24, 1 << 26, 1000, 1_000_000
_MAX_NAME_BYTES = 255
_HINT = "expected lines as in tst_000000_Stop_7.bin,12,7: file, number of classes, class[, bytes, stride]"


@dataclass(frozen=True, kw_only=True)
class GroundTruthFile:
    """One line of y_labels.csv."""

    file: str
    n_classes: int
    label: int
    """its class"""
    window_bytes: int
    """bytes of each input that slides over the file; 0: the file is one input"""
    stride_bytes: int


@dataclass(frozen=True, kw_only=True)
class GroundTruthSet:
    """A complete data set: all files exist with the right size."""

    folder: Path
    files: tuple[GroundTruthFile, ...]
    input_bytes: int
    truth_sha256: str
    """of y_labels.csv"""

    def inputs(self, item: GroundTruthFile) -> Iterator[bytes]:
        """Yield the inputs of a file, in order. Raises DatasetError for a wrong length."""
        path = self.folder / item.file
        content = read_file(path, max_bytes=_MAX_FILE_BYTES)
        size = self.input_bytes
        if len(content) < size or (not item.window_bytes and len(content) != size):
            more = " or more" if item.window_bytes else ""
            raise DatasetError(
                f"{path}: {len(content):,} bytes, expected {size:,}{more}",
                hint="check that it is the data set of this benchmark",
            )
        step = item.stride_bytes or size
        for start in range(0, len(content) - size + 1, step):
            yield content[start : start + size]


def read_ground_truth(folder: Path, benchmark: Benchmark) -> GroundTruthSet:
    """Return a data set. Raises DatasetError for a malformed line, or a missing file."""
    path = folder / GROUND_TRUTH_NAME
    content = read_file(path, max_bytes=_MAX_TRUTH_BYTES)
    lines = content.decode("utf-8-sig", errors="replace").splitlines()
    files = tuple(
        _parse(line, f"{path}, line {number}", benchmark)
        for number, line in enumerate(lines[:_MAX_FILES], 1)
        if line.strip()
    )
    if not files:
        raise DatasetError(f"{path}: empty", hint=_HINT)
    missing = [item.file for item in files if not (folder / item.file).is_file()]
    if missing:
        raise DatasetError(
            f"{folder}: {len(missing):,} of {len(files):,} files of {GROUND_TRUTH_NAME} are missing, "
            f"first {missing[0]}",
            hint="fetch the whole data set; see docs/reference/mlperf-tiny.md",
        )
    return GroundTruthSet(
        folder=folder,
        files=files,
        input_bytes=benchmark.input_bytes,
        truth_sha256=hashlib.sha256(content).hexdigest(),
    )


def is_plain_name(file: str) -> bool:
    """Return whether this can be a file's name in the folder of a data set."""
    return bool(file) and Path(file).name == file and len(file.encode(errors="replace")) <= _MAX_NAME_BYTES


def _parse(line: str, where: str, benchmark: Benchmark) -> GroundTruthFile:
    file, *texts = (part.strip() for part in line.split(","))
    numbers = [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 10]
    if len(numbers) != len(texts) or len(numbers) not in (2, 4) or not is_plain_name(file):
        raise DatasetError(f"{where}: invalid line {line[:60]!r}", hint=_HINT)
    n_classes, label, window, stride = (*numbers, 0, 0)[:4]
    if not label < n_classes <= _MAX_CLASS:
        raise DatasetError(f"{where}: class {label} of {n_classes}", hint="classes are counted from 0")
    if window and (window != benchmark.input_bytes or stride == 0):
        raise DatasetError(
            f"{where}: windows of {window} bytes every {stride}, expected {benchmark.input_bytes} for {benchmark.name}",
            hint="check that it is the data set of this benchmark",
        )
    return GroundTruthFile(file=file, n_classes=n_classes, label=label, window_bytes=window, stride_bytes=stride)

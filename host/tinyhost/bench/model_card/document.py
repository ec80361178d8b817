"""The JSON document of a model card."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

__all__ = ["ModelCardDocument"]


@dataclass(frozen=True, kw_only=True)
class ModelCardDocument:
    """`tinyhost model card MODEL DIR --json FILE`."""

    schema: Literal["tinyhost.model_card/1"] = "tinyhost.model_card/1"
    model: Path
    sha256: str
    """of the .tflite file"""
    papers: tuple[Path, ...]
    """files that were written"""
    questions: int
    """questions that about.toml can answer"""
    missing: tuple[str, ...]
    """questions without an answer"""
    measures: int
    """figures, of its training and of benchmarks"""
    not_measured: tuple[str, ...]
    """those of `performance`, `groups`, `robustness`, `cost` that were not measured"""

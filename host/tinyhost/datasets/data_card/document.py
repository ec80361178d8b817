"""The JSON document of a datasheet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

__all__ = ["DataCardDocument"]


@dataclass(frozen=True, kw_only=True)
class DataCardDocument:
    """`tinyhost data card SET DIR --json FILE`."""

    schema: Literal["tinyhost.data_card/1"] = "tinyhost.data_card/1"
    folder: Path
    papers: tuple[Path, ...]
    """files that were written"""
    questions: int
    """that about.toml can answer"""
    missing: tuple[str, ...]
    """those that nobody answered"""

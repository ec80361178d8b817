"""Figures commit by commit, in a JSON file that is part of the repository."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tinyhost.bench.table import ModelFigures
from tinyhost.errors import UsageError

__all__ = ["Change", "Entry", "append_entry", "changes", "last_figures", "read_history"]

_FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Figures of one state of the repository."""

    date: str
    """UTC, ISO 8601"""
    commit: str
    """checked out when measuring; with + if files differed from it"""
    build_id: str
    """of the firmware"""
    engine_bytes: int
    """of flash, all operators"""
    models: dict[str, dict[str, Any]]
    """by name: sha256, macs, live_macs, ticks, arena_bytes, flash_bytes, kinds (ticks by kind of operator)"""
    vww_engine_bytes: int = 0
    """of flash, with no other operators than vww's; 0 in old entries"""
    engine_hash: str = ""
    """of what decides the figures: scripts/engine_hash.py; empty in old entries"""

    @classmethod
    def of(
        cls,
        figures: Sequence[ModelFigures],
        *,
        date: str,
        commit: str,
        build_id: str,
        engine_bytes: int,
        vww_engine_bytes: int,
        engine_hash: str = "",
    ) -> Entry:
        """Return the entry of a table."""
        models = {
            item.name: {
                "sha256": item.sha256,
                "macs": item.macs,
                "live_macs": item.live_macs,
                "ticks": item.ticks,
                "arena_bytes": item.arena_bytes,
                "flash_bytes": item.flash_bytes,
                "kinds": {kind.name: kind.ticks for kind in item.kinds},
            }
            for item in figures
        }
        return cls(
            date=date,
            commit=commit,
            build_id=build_id,
            engine_bytes=engine_bytes,
            vww_engine_bytes=vww_engine_bytes,
            engine_hash=engine_hash,
            models=models,
        )


@dataclass(frozen=True, kw_only=True)
class Change:
    """One figure of one model against the last entry that has this very model."""

    model: str
    what: str
    before: int
    now: int

    @property
    def ratio(self) -> float:
        """now / before."""
        return self.now / self.before if self.before else 1.0


def read_history(path: Path) -> list[Entry]:
    """Return the entries, oldest first; none if there is no file. Raises UsageError if it is no history."""
    if not path.is_file():
        return []
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["format"] != _FORMAT:
            raise UsageError(f"{path}: expected format {_FORMAT}, got {document['format']}")
        return [Entry(**entry) for entry in document["entries"]]
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path}: not a history of figures: {error}", hint="name another file") from error


def append_entry(path: Path, entry: Entry) -> None:
    """Add an entry to the file, which is made if it is not there; one of the same commit and models is replaced."""
    entries = [old for old in read_history(path) if (old.commit, set(old.models)) != (entry.commit, set(entry.models))]
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {"format": _FORMAT, "entries": [asdict(item) for item in (*entries, entry)]}
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def last_figures(entries: Sequence[Entry], sha256: str) -> dict[str, Any] | None:
    """Return the latest figures of a model, known by its file's hash."""
    for entry in reversed(entries):
        for figures in entry.models.values():
            if figures["sha256"] == sha256:
                return figures
    return None


def changes(entries: Sequence[Entry], figures: Sequence[ModelFigures]) -> list[Change]:
    """Return what differs from the last entries: ticks, arena and flash, in the table's order."""
    found = []
    for item in figures:
        before = last_figures(entries, item.sha256)
        for what in ("ticks", "arena_bytes", "flash_bytes"):
            now = int(getattr(item, what))
            if before is not None and before[what] != now:
                found.append(Change(model=item.name, what=what, before=int(before[what]), now=now))
    return found

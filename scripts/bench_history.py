"""Figures commit by commit, in a JSON file that is part of the repository."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tinyhost.bench.table import ModelFigures
from tinyhost.system.durable import write_atomically
from tinyhost.system.json_reading import JsonObject, read_json

__all__ = ["Change", "Entry", "append_entry", "changes", "last_figures", "read_history"]

_FORMAT = 1
_MAX_BYTES, _MAX_ENTRIES, _MAX_FIGURE = 1 << 28, 100_000, 2**63 - 1
_FIGURES = ("macs", "live_macs", "ticks", "arena_bytes", "flash_bytes")


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
                **{name: getattr(item, name) for name in _FIGURES},
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
    """One figure of a model compared with the last entry of the same model."""

    model: str
    what: str
    before: int
    now: int

    @property
    def ratio(self) -> float:
        """now / before."""
        return self.now / self.before if self.before else 1.0


def read_history(path: Path) -> list[Entry]:
    """Return the entries, oldest first; none if there is no file. Raises ConfigError if it is no history."""
    if not path.exists():
        return []
    document = read_json(path, max_bytes=_MAX_BYTES, hint="a history of figures is expected: name another file")
    document.integer("format", _FORMAT, _FORMAT)
    return [_entry(values) for values in document.objects("entries", max_items=_MAX_ENTRIES)]


def _entry(values: JsonObject) -> Entry:
    values.check_keys(("date", "commit", "build_id", "engine_bytes", "models"), ("vww_engine_bytes", "engine_hash"))
    models = values.object("models")
    return Entry(
        date=values.text("date"),
        commit=values.text("commit"),
        build_id=values.text("build_id"),
        engine_bytes=values.integer("engine_bytes", 0, _MAX_FIGURE),
        models={name: _figures(models.object(name)) for name in models.values},
        vww_engine_bytes=values.integer("vww_engine_bytes", 0, _MAX_FIGURE) if "vww_engine_bytes" in values else 0,
        engine_hash=values.text("engine_hash") if "engine_hash" in values else "",
    )


def _figures(values: JsonObject) -> dict[str, Any]:
    kinds = values.object("kinds")
    return {
        "sha256": values.text("sha256"),
        **{name: values.integer(name, 0, _MAX_FIGURE) for name in _FIGURES},
        "kinds": {kind: kinds.integer(kind, 0, _MAX_FIGURE) for kind in kinds.values},
    }


def append_entry(path: Path, entry: Entry) -> None:
    """Add an entry to the file, which is made if it is not there; one of the same commit and models is replaced."""
    entries = [old for old in read_history(path) if (old.commit, set(old.models)) != (entry.commit, set(entry.models))]
    document = {"format": _FORMAT, "entries": [asdict(item) for item in (*entries, entry)]}
    write_atomically(path, (json.dumps(document, indent=1) + "\n").encode(), sync=False)


def last_figures(entries: Sequence[Entry], sha256: str) -> dict[str, Any] | None:
    """Return the latest figures of a model, known by its file's hash."""
    for entry in reversed(entries):
        for figures in entry.models.values():
            if figures["sha256"] == sha256:
                return figures
    return None


def changes(entries: Sequence[Entry], figures: Sequence[ModelFigures]) -> list[Change]:
    """Return the changes since the last entries, in ticks, arena and flash, in the table's order."""
    found = []
    for item in figures:
        before = last_figures(entries, item.sha256)
        for what in ("ticks", "arena_bytes", "flash_bytes"):
            now = int(getattr(item, what))
            if before is not None and before[what] != now:
                found.append(Change(model=item.name, what=what, before=int(before[what]), now=now))
    return found

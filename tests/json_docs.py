"""Checks JSON documents against the tables of docs/reference/json.md, which therefore cannot go stale."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["check_document", "documented"]

_PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "json.md"
_ROW = re.compile(r"\| `([^`]+)` \| ([a-z ]+) \| (.*)\|")
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "bool": (bool,),
    "list": (list,),
    "object": (dict,),
    "map": (dict,),
}


@cache
def documented() -> dict[str, dict[str, str]]:
    """Return, for each schema of the page, the type of each key; a key of type `model` has that section's keys."""
    pages: dict[str, dict[str, str]] = {}
    shared: dict[str, str] = {}
    for section in _PAGE.read_text().split("\n## ")[1:]:
        rows = [match for line in section.splitlines() if (match := _ROW.fullmatch(line))]
        types = {row[1]: row[2].strip() for row in rows}
        if section.startswith("A model"):
            shared = types
        elif rows:
            assert rows[0][1] == "schema", f"{section.splitlines()[0]}: the first key must be schema"
            pages[rows[0][3].strip("` ")] = types
    return {schema: _expand(types, shared) for schema, types in pages.items()}


def _expand(types: dict[str, str], shared: dict[str, str]) -> dict[str, str]:
    expanded: dict[str, str] = {}
    for key, kind in types.items():
        if kind == "model":
            expanded[key] = "object"
            expanded.update({f"{key}.{inner}": inner_kind for inner, inner_kind in shared.items()})
        else:
            expanded[key] = kind
    return expanded


def check_document(document: dict[str, Any]) -> None:
    """Assert that the page describes every key of a document, with its type, and that no described key is missing."""
    types = documented()[document["schema"]]
    for path, value in _walk(json.loads(json.dumps(document)), "", types):
        assert path in types, f"{document['schema']}: {path} is not in docs/reference/json.md"
        names = types[path].split(" or ")
        if value is None:
            assert "null" in names, f"{path}: null, documented as {types[path]}"
            continue
        allowed = tuple(kind for name in names if name != "null" for kind in _TYPES[name])
        fits = isinstance(value, allowed) and (bool in allowed or not isinstance(value, bool))
        assert fits, f"{path}: {value!r}, documented as {types[path]}"


def _walk(value: Any, path: str, types: dict[str, str]) -> Iterator[tuple[str, Any]]:
    """Yield every path below a value, with its value; assert that no documented key of an object is missing."""
    if isinstance(value, dict):
        is_map = "map" in types.get(path, "")
        prefix = f"{path}." if path else ""
        if not is_map:
            wanted = {key[len(prefix) :] for key in types if key.startswith(prefix)}
            missing = {key for key in wanted if not re.search(r"[.\[]", key)} - set(value)
            assert not missing, f"{path or 'document'}: {sorted(missing)} are documented and missing"
        for key, item in value.items():
            inner = f"{prefix}*" if is_map else f"{prefix}{key}"
            yield inner, item
            yield from _walk(item, inner, types)
    elif isinstance(value, list):
        for item in value:
            yield f"{path}[]", item
            yield from _walk(item, f"{path}[]", types)

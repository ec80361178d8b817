"""Checks JSON documents against the dataclasses that docs/reference/json.md is made of: every key, and its type."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from scripts.document_tables import documents, table

__all__ = ["check_document"]

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
def _documented(schema: str) -> dict[str, str]:
    """Return the type of each key of a document."""
    return {row.key: row.kind for row in table(documents()[schema])}


def check_document(document: dict[str, Any]) -> None:
    """Assert that every key of a document is declared, with its type, and that no declared key is missing."""
    schema = document["schema"]
    types = _documented(schema)
    for path, value in _walk(json.loads(json.dumps(document)), "", types):
        assert path in types, f"{schema}: {path} is not declared"
        names = types[path].split(" or ")
        if value is None:
            assert "null" in names, f"{path}: null, declared as {types[path]}"
            continue
        allowed = tuple(kind for name in names if name != "null" for kind in _TYPES[name])
        fits = isinstance(value, allowed) and (bool in allowed or not isinstance(value, bool))
        assert fits, f"{path}: {value!r}, declared as {types[path]}"


def _walk(value: Any, path: str, types: dict[str, str]) -> Iterator[tuple[str, Any]]:
    """Yield every path below a value, with its value; assert that no declared key of an object is missing."""
    if isinstance(value, dict):
        if path and "schema" in value:  # another document, whole
            return check_document(value)
        is_map = "map" in types.get(path, "")
        prefix = f"{path}." if path else ""
        if not is_map:
            wanted = {key[len(prefix) :] for key in types if key.startswith(prefix)}
            missing = {key for key in wanted if not re.search(r"[.\[]", key)} - set(value)
            assert not missing, f"{path or 'document'}: {sorted(missing)} are declared and missing"
        for key, item in value.items():
            inner = f"{prefix}*" if is_map else f"{prefix}{key}"
            yield inner, item
            yield from _walk(item, inner, types)
    elif isinstance(value, list):
        for item in value:
            yield f"{path}[]", item
            yield from _walk(item, f"{path}[]", types)

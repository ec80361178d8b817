"""The documents that commands write, as tables: each key with its type and its meaning, read from the dataclasses."""

from __future__ import annotations

import ast
import importlib
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from functools import cache
from pathlib import Path, PurePath
from types import NoneType, UnionType
from typing import Any, Literal, TypeGuard, Union, get_args, get_origin, get_type_hints

import tinyhost
from tinyhost.bench.document import BenchDocument, finding_documents

__all__ = ["Row", "documents", "field_meanings", "first_line", "table", "wrapped"]

_PACKAGE = Path(tinyhost.__file__).parent
_SCALARS = {bool: "bool", int: "integer", float: "number", str: "string", NoneType: "null"}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One key of a document. In `key`, `[]` stands for each item of a list and `*` for each key of a map."""

    key: str
    kind: str
    """string, integer, number, bool, list, map, object or null; several with "or" """
    meaning: str


@cache
def documents() -> dict[str, type]:
    """Return every document of the package by its schema."""
    found = {}
    for path in sorted(_PACKAGE.rglob("*.py")):
        names = [node.name for node in ast.parse(path.read_text(encoding="utf-8")).body if _is_document(node)]
        if names:
            parts = path.relative_to(_PACKAGE).with_suffix("").parts
            module = importlib.import_module(".".join(("tinyhost", *parts)))
            for kind in (getattr(module, name) for name in names):
                (schema,) = get_args(get_type_hints(kind)["schema"])
                found[schema] = kind
    return found


def _is_document(node: ast.stmt) -> TypeGuard[ast.ClassDef]:
    """Return whether a statement is a class that names its schema."""
    return isinstance(node, ast.ClassDef) and any(
        isinstance(item, ast.AnnAssign) and ast.unparse(item).startswith("schema: Literal[") for item in node.body
    )


def table(document: type) -> list[Row]:
    """Return the keys of a document, each object's own keys below it; of a benchmark, those of the findings too."""
    rows = list(_rows(document, ""))
    if document is BenchDocument:
        for key, finding in finding_documents().items():
            rows += _key(key, finding | None, "")
    return rows


def _rows(kind: type, prefix: str) -> Iterator[Row]:
    hints, meanings = get_type_hints(kind), field_meanings(kind)
    for field in fields(kind):
        yield from _key(f"{prefix}{field.name}", hints[field.name], meanings.get(field.name, ""))


def _key(key: str, hint: Any, meaning: str) -> Iterator[Row]:
    """Yield the row of one key, and those of what is in it."""
    branches = _branches(hint)
    names = list(dict.fromkeys(_name(branch) for branch in branches))
    values = [f"`{value}`" for branch in branches if get_origin(branch) is Literal for value in get_args(branch)]
    if values and not any(value in meaning for value in values):
        meaning = f"{meaning}: {', '.join(values)}" if meaning else ", ".join(values)
    inner = [branch for branch in branches if is_dataclass(branch)]
    yield Row(key=key, kind=" or ".join(names), meaning=meaning or next(map(first_line, inner), ""))
    for branch in branches:
        if _name(branch) == "list":
            yield from _key(f"{key}[]", get_args(branch)[0], "")
        elif _name(branch) == "map":
            yield from _key(f"{key}.*", get_args(branch)[1], "")
        elif is_dataclass(branch) and "schema" not in branch.__dataclass_fields__:  # a whole document is told once
            yield from _rows(branch, f"{key}.")  # type: ignore[arg-type]


def _branches(hint: Any) -> list[Any]:
    """Return the types that a key may have, null last."""
    if get_origin(hint) in (Union, UnionType):
        branches = [branch for part in get_args(hint) for branch in _branches(part)]
        return sorted(branches, key=lambda branch: branch is NoneType)
    return [hint]


def _name(kind: Any) -> str:
    """Return JSON's name of a type."""
    origin = get_origin(kind) or kind
    if origin is Literal:
        return "string"
    if origin in _SCALARS:
        return _SCALARS[origin]
    if origin in (tuple, list):
        return "list"
    if is_dataclass(origin):
        return "object"
    if issubclass(origin, Mapping):
        return "map"
    if issubclass(origin, (Enum, PurePath)):
        return "string"
    raise TypeError(f"a document cannot hold {kind}")


def field_meanings(kind: type) -> dict[str, str]:
    """Return the docstring of each field of a class, base classes included, in JSON's terms."""
    found: dict[str, str] = {}
    for owner in (base for base in reversed(kind.__mro__) if base.__module__.startswith("tinyhost.")):
        (node,) = ast.parse(textwrap.dedent(inspect.getsource(owner))).body
        assert isinstance(node, ast.ClassDef)
        for item, below in zip(node.body, node.body[1:], strict=False):
            targets = [item.target] if isinstance(item, ast.AnnAssign) else getattr(item, "targets", [])
            if targets and isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
                found[ast.unparse(targets[0])] = " ".join(str(below.value.value).split()).replace("None", "null")
    return found


def first_line(kind: object) -> str:
    """Return the beginning of a class's docstring for a cell of a table."""
    text = " ".join((inspect.getdoc(kind) or "").partition("\n\n")[0].split())
    return text[:1].lower() + text[1:].rstrip(".")


def wrapped(text: str | None) -> str:
    """Return the paragraphs of a docstring, each wrapped like the pages."""
    paragraphs = inspect.cleandoc(text or "").split("\n\n")
    return "\n\n".join(textwrap.fill(" ".join(part.split()), 100, break_on_hyphens=False) for part in paragraphs)

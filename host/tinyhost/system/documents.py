"""Documents: the JSON output of commands, as dataclasses with the keys as fields.

A document is a frozen keyword-only dataclass. Its docstring says what it is; its first field is `schema`, such as
`schema: Literal["tinyhost.push/1"] = "tinyhost.push/1"`; the string below a field says what the key means.
`scripts/generate_docs.py` makes docs/reference/json.md of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar

if TYPE_CHECKING:
    from dataclasses import Field

__all__ = ["Document", "narrowed", "to_json"]


class Document(Protocol):
    """A dataclass whose fields are the keys of a JSON object."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


D = TypeVar("D", bound=Document)


def to_json(value: object) -> Any:
    """Return a value as JSON types: dataclasses and mappings become objects, tuples lists, paths strings.

    Properties of a dataclass are left out. Raises TypeError for other types.
    """
    if isinstance(value, Enum):
        return to_json(value.value)
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, Mapping):
        return {str(to_json(key)): to_json(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [to_json(item) for item in value]
    if is_dataclass(value):
        return {field.name: to_json(getattr(value, field.name)) for field in fields(value)}
    raise TypeError(f"{type(value).__name__} has no form in JSON: {value!r}")


def narrowed(kind: type[D], value: D) -> D:
    """Return a value with the fields of its base class `kind` only: the document in a result."""
    return kind(**{field.name: getattr(value, field.name) for field in fields(kind)})

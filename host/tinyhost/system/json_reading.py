"""Untrusted JSON, parsed into typed values: every error names file, key, expected and found value."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinyhost.errors import ConfigError, TinyhostError
from tinyhost.system.reading import read_file

__all__ = ["JsonObject", "parse_json", "read_json", "shown"]

_MAX_DEPTH = 32
_MAX_SHOWN = 60
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


def read_json(
    path: Path, *, max_bytes: int, error: type[TinyhostError] = ConfigError, hint: str = "check or delete the file"
) -> JsonObject:
    """Return the object in a file named or edited by a user. Raises `error`; see parse_json."""
    content = read_file(path, max_bytes=max_bytes, error=error)
    return JsonObject.of(parse_json(content, str(path), error=error, hint=hint), str(path), error=error, hint=hint)


def parse_json(content: bytes, where: str, *, error: type[TinyhostError] = ConfigError, hint: str) -> Any:
    """Return the value of JSON text, with or without a byte order mark; `where` names it in messages.

    Raises `error` for text that is no JSON or no UTF-8, numbers that are not finite, duplicate keys, lone surrogates,
    and more than 32 levels of objects and lists.
    """
    strict = _Strict()
    try:
        value = json.loads(
            content.decode("utf-8-sig"),
            parse_constant=strict.number,
            parse_float=strict.number,
            object_pairs_hook=strict.pairs,
        )
        strict.check("")
        if _SURROGATE.search(content):
            json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as exc:
        raise error(f"{where}:{exc.lineno}:{exc.colno}: no JSON: {exc.msg}", hint=hint) from exc
    except UnicodeDecodeError as exc:
        got = f"got {content[exc.start]:#04x} at byte {exc.start}"
        raise error(f"{where}: no JSON: expected UTF-8, {got}", hint=hint) from exc
    except UnicodeEncodeError as exc:
        raise error(f"{where}: no JSON: half a surrogate pair, {exc.object[exc.start]!a}", hint=hint) from exc
    except RecursionError as exc:
        raise _too_deep(where, error, hint) from exc
    except ValueError as exc:  # of _Strict, or an integer of thousands of digits
        raise error(f"{where}: {str(exc)[:120]}", hint=hint) from exc
    if _is_deep(value):
        raise _too_deep(where, error, hint)
    return value


def shown(value: object) -> str:
    """Return a value as JSON for a message, shortened."""
    text = json.dumps(value, ensure_ascii=True)
    return text if len(text) <= _MAX_SHOWN else f"{text[: _MAX_SHOWN - 3]}..."


class _Strict:
    """Hooks for json.loads that refuse numbers that are not finite, and duplicate keys."""

    def __init__(self) -> None:
        self._refused = ""

    def number(self, text: str) -> float:
        value = float(text)
        if not math.isfinite(value):
            self._refused = text[:40]  # the error is raised later, where the key is known
        return value

    def pairs(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if self._refused:  # in these pairs, or in those of an object around them
            for key in (key for key, value in pairs if not _is_finite(value)):
                self.check(f"{key}: ")
        values = dict(pairs)
        if len(values) < len(pairs):
            keys = [key for key, _ in pairs]
            raise ValueError(f"{next(key for key in keys if keys.count(key) > 1)}: the key appears twice")
        return values

    def check(self, key: str) -> None:
        if self._refused:
            raise ValueError(f"{key}expected a finite number, got {self._refused}")


def _is_finite(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_is_finite, value))
    return not isinstance(value, float) or math.isfinite(value)


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(_MAX_DEPTH):
        level = [item for container in level for item in _items(container) if isinstance(item, (dict, list))]
        if not level:
            return False
    return True


def _items(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _too_deep(where: str, error: type[TinyhostError], hint: str) -> TinyhostError:
    return error(f"{where}: more than {_MAX_DEPTH} levels of objects and lists", hint=hint)


@dataclass(frozen=True, kw_only=True)
class JsonObject:
    """An object of a JSON document. Its getters return checked values or raise its error."""

    values: dict[str, Any]
    where: str
    """the file, and the path of keys to this object"""
    error: type[TinyhostError]
    hint: str

    @classmethod
    def of(cls, value: Any, where: str, *, error: type[TinyhostError] = ConfigError, hint: str) -> JsonObject:
        """Return the reader of a value that must be an object."""
        if not isinstance(value, dict):
            raise error(f"{where}: expected an object, got {shown(value)}", hint=hint)
        return cls(values=value, where=where, error=error, hint=hint)

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def check_keys(self, required: Collection[str], optional: Collection[str] = ()) -> None:
        """Raise unless all required keys are present, and no unknown ones."""
        missing = sorted(set(required) - set(self.values))
        if missing:
            raise self.error(f"{self.where}: {shown(missing[0])} is missing", hint=self.hint)
        unknown = sorted(set(self.values) - set(required) - set(optional))
        if unknown:
            expected = ", ".join(sorted({*required, *optional}))
            message = f"{self.where}: unknown key {shown(unknown[0])}, expected {expected}"
            raise self.error(message, hint=self.hint)

    def text(self, key: str) -> str:
        """Return text."""
        value = self._get(key)
        if not isinstance(value, str):
            raise self.wrong(key, "text")
        return value

    def choice(self, key: str, choices: Collection[str]) -> str:
        """Return text that must be one of the choices."""
        value = self.text(key)
        if value not in choices:
            raise self.wrong(key, f"one of {', '.join(choices)}")
        return value

    def flag(self, key: str) -> bool:
        """Return true or false."""
        value = self._get(key)
        if not isinstance(value, bool):
            raise self.wrong(key, "true or false")
        return value

    def number(self, key: str, low: float, high: float) -> float:
        """Return a number from low to high."""
        value = self._get(key)
        if not _is_number(value, low, high):
            raise self.wrong(key, f"a number from {low:g} to {high:g}")
        return float(value)

    def integer(self, key: str, low: int, high: int) -> int:
        """Return a whole number from low to high."""
        value = self._get(key)
        if not _is_integer(value, low, high):
            raise self.wrong(key, f"a whole number from {low} to {high}")
        return int(value)

    def numbers(self, key: str, low: float, high: float, *, n_items: int) -> list[float]:
        """Return a list of exactly n_items numbers from low to high."""
        value = self._get(key)
        is_row = isinstance(value, list) and len(value) == n_items
        if not (is_row and all(_is_number(item, low, high) for item in value)):
            raise self.wrong(key, f"{n_items} numbers from {low:g} to {high:g}")
        return [float(item) for item in value]

    def integers(self, key: str, low: int, high: int, *, max_items: int) -> list[int]:
        """Return a list of at most max_items whole numbers from low to high."""
        value = self._get(key)
        if not _is_row(value, low, high, max_items):
            raise self.wrong(key, f"at most {max_items} whole numbers from {low} to {high}")
        return list(value)

    def integer_rows(self, key: str, low: int, high: int, *, max_rows: int, max_items: int) -> list[list[int]]:
        """Return a list of equally long lists of whole numbers, at least one row."""
        value = self._get(key)
        is_table = isinstance(value, list) and 1 <= len(value) <= max_rows
        if not (is_table and all(_is_row(row, low, high, max_items) and len(row) == len(value[0]) for row in value)):
            raise self.wrong(key, f"1 to {max_rows} equally long lists of whole numbers from {low} to {high}")
        return [list(row) for row in value]

    def object(self, key: str) -> JsonObject:
        """Return an object."""
        return JsonObject.of(self._get(key), f"{self.where}: {key}", error=self.error, hint=self.hint)

    def objects(self, key: str, *, max_items: int) -> list[JsonObject]:
        """Return a list of objects."""
        value = self._get(key)
        if not isinstance(value, list) or len(value) > max_items:
            raise self.wrong(key, f"a list of at most {max_items:,} objects")
        return [
            JsonObject.of(item, f"{self.where}: {key}[{n}]", error=self.error, hint=self.hint)
            for n, item in enumerate(value)
        ]

    def wrong(self, key: str, expected: str) -> TinyhostError:
        """Return the error for a key with a wrong value."""
        message = f"{self.where}: {key}: expected {expected}, got {shown(self.values.get(key))}"
        return self.error(message, hint=self.hint)

    def _get(self, key: str) -> Any:
        if key not in self.values:
            raise self.error(f"{self.where}: {shown(key)} is missing", hint=self.hint)
        return self.values[key]


def _is_integer(value: Any, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _is_number(value: Any, low: float, high: float) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and low <= value <= high


def _is_row(value: Any, low: int, high: int, max_items: int) -> bool:
    return isinstance(value, list) and len(value) <= max_items and all(_is_integer(item, low, high) for item in value)

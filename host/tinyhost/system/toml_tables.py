"""A typed reader of one TOML table: every error has file, line, expected and found value."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from tinyhost.errors import ConfigError
from tinyhost.system.toml_source import KeyPath, TomlSource

__all__ = ["Table", "nearest"]


class Table:
    """Reads the keys of one table; `finish` refuses unread ones."""

    def __init__(self, source: TomlSource, where: KeyPath, values: dict[str, Any], label: str) -> None:
        self._source = source
        self._where = where
        self._values = values
        self._label = label
        self._known: list[str] = []

    def text(self, key: str) -> str:
        """Return a required, non-empty string."""
        value = self.optional_text(key)
        if value is None:
            raise self.error(None, f'"{key}" is missing', hint=f'add a line {key} = "..."')
        return value

    def optional_text(self, key: str) -> str | None:
        """Return a non-empty printable string, or None if the key is missing."""
        value = self._read(key)
        if value is None:
            return None
        if not isinstance(value, str) or not value.strip() or not value.isprintable():
            raise self.error(key, f"expected a non-empty string, got {_shown(value)}", hint=f'{key} = "..."')
        return value

    def choice(self, key: str, choices: Iterable[str], default: str | None = None) -> str:
        """Return a string that must be one of the choices; without a default, the key is required."""
        value, allowed = self.optional_text(key) or default or self.text(key), list(choices)
        if value not in allowed:
            raise self.error(
                key, f"expected one of {', '.join(allowed)}; got {_shown(value)}", hint=nearest(value, allowed)
            )
        return value

    def texts(self, key: str) -> tuple[str, ...] | None:
        """Return a non-empty list of non-empty strings, or None if the key is missing."""
        value = self._read(key)
        if value is None:
            return None
        if not isinstance(value, list) or not value or not all(isinstance(v, str) and v.strip() for v in value):
            raise self.error(key, f"expected a list of strings, got {_shown(value)}", hint=f'{key} = ["...", "..."]')
        return tuple(value)

    def positive(self, key: str, default: float) -> float:
        """Return a number above 0, or the default if the key is missing."""
        value = self._read(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 1e6:
            raise self.error(
                key, f"expected a number above 0 and below 1e6, got {_shown(value)}", hint=f"{key} = {default:g}"
            )
        return float(value)

    def count(self, key: str, default: int, most: int) -> int:
        """Return a whole number from 1 to `most`, or the default if the key is missing."""
        value = self._read(key)
        if value is None:
            return default
        if type(value) is not int or not 1 <= value <= most:
            message = f"expected a whole number from 1 to {most:,}, got {_shown(value)}"
            raise self.error(key, message, hint=f"{key} = {default}")
        return value

    def span(self, key: str, default: tuple[float, float]) -> tuple[float, float]:
        """Return a list of two numbers, the least and the most, or the default if the key is missing."""
        value = self._read(key)
        if value is None:
            return default
        are_numbers = isinstance(value, list) and all(type(each) in (int, float) for each in value)
        if not are_numbers or len(value) != 2 or not -1e9 < value[0] <= value[1] < 1e9:
            raise self.error(key, f"expected [LEAST, MOST], got {_shown(value)}", hint=f"{key} = {list(default)}")
        return float(value[0]), float(value[1])

    def integers(self, key: str, default: tuple[int, ...]) -> tuple[int, ...]:
        """Return a list of whole numbers from 0 on, or the default if the key is missing."""
        value = self._read(key)
        if value is None:
            return default
        if not isinstance(value, list) or not all(type(each) is int and 0 <= each < 1 << 31 for each in value):
            raise self.error(key, f"expected whole numbers, got {_shown(value)}", hint=f"{key} = {list(default)}")
        return tuple(value)

    def day(self, key: str) -> date:
        """Return a required date."""
        value = self._read(key)
        if isinstance(value, datetime) or not isinstance(value, date):
            found = f'"{key}" is missing' if value is None else f"expected a day, got {_shown(value)}"
            raise self.error(None if value is None else key, found, hint=f"{key} = 2026-12-31, without quotes")
        return value

    def table(self, key: str) -> Table:
        """Return the table at a key; an empty one if the key is missing."""
        value = self._read(key)
        if value is not None and not isinstance(value, dict):
            raise self.error(key, f"expected a table, got {_shown(value)}", hint=f"open it with [{key}]")
        return Table(self._source, (*self._where, key), value or {}, f"[{key}]")

    def inner(self, key: str) -> Table | None:
        """Return the table at a key, or None if the key is missing."""
        value = self._read(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self.error(key, f"expected a table, got {_shown(value)}", hint=f"{key} = {{ ... }}")
        return Table(self._source, (*self._where, key), value, f"{self._label}, {key}")

    def tables(self, key: str) -> list[tuple[KeyPath, dict[str, Any]]]:
        """Return the tables of a non-empty array of tables, each with its position."""
        value = self._read(key)
        if value is None:
            raise self.error(None, f"no [[{key}]] table", hint=f"add at least one [[{key}]]")
        if not isinstance(value, list) or not value or not all(isinstance(v, dict) for v in value):
            raise self.error(key, f"expected [[{key}]] tables, got {_shown(value)}", hint=f"open each with [[{key}]]")
        return [((*self._where, key, n), table) for n, table in enumerate(value)]

    def finish(self) -> None:
        """Raise for the first unread key."""
        for key in self._values:
            if key not in self._known:
                expected = ", ".join(self._known)
                raise self.error(key, f"unknown key; expected one of {expected}", hint=nearest(key, self._known))

    def error(self, key: str | None, message: str, *, hint: str = "") -> ConfigError:
        """Return a ConfigError at a key, or at the table itself."""
        where = self._where if key is None else (*self._where, key)
        name = self._label if key is None else f"{self._label}, {_shown(key)}"
        return self._source.error(where, f"{name}: {message}", hint=hint)

    def _read(self, key: str) -> Any:
        self._known.append(key)
        return self._values.get(key)


def nearest(word: str, words: Iterable[str]) -> str:
    """Return a hint with the nearest word, or with all of them."""
    words = list(words)
    close = difflib.get_close_matches(word, words, n=1)
    return f"did you mean {close[0]}?" if close else f"use one of {', '.join(words)}"


def _shown(value: object) -> str:
    """Return a value for a message, quoted and shortened."""
    text = f'"{value}"' if isinstance(value, str) and value.isprintable() else repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."

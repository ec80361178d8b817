"""Parsing of a scene's name: `clips/?snr=10&seed=3`, a path or kind and options after a question mark."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from tinyhost.errors import ConfigError

__all__ = ["SceneSpec"]

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class SceneSpec:
    """The parts of a scene's name."""

    text: str
    """as it was typed"""
    name: str
    """what is before the question mark"""
    options: dict[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> SceneSpec:
        """Return the parts of `text`; a path that exists as it is has no options. Raises ConfigError."""
        name, mark, query = text.partition("?")
        if not mark or _exists(text):
            return cls(text=text, name=text)
        options: dict[str, str] = {}
        for part in filter(None, query.split("&")):
            key, equals, value = part.partition("=")
            if not equals or not key or key in options:
                raise ConfigError(
                    f"scene {text!r}: {part!r} is not an option",
                    hint="options look like folder?snr=10&seed=3, each once",
                )
            options[key] = value
        return cls(text=text, name=name, options=options)

    def check_options(self, *known: str) -> None:
        """Raise ConfigError if there is an option that the scene does not know."""
        unknown = [key for key in self.options if key not in known]
        if unknown:
            expected = ", ".join(known) if known else "none"
            raise ConfigError(
                f"scene {self.text!r}: no option {', '.join(unknown)} here (expected {expected})",
                hint="see docs/reference/scenes.md",
            )

    def option(self, key: str, convert: Callable[[str], T], default: T, expected: str) -> T:
        """Return an option's value. Raises ConfigError, which says what was expected, if `convert` cannot read it.

        convert: raises ValueError then.
        """
        if key not in self.options:
            return default
        try:
            return convert(self.options[key])
        except ValueError as exc:
            raise ConfigError(
                f"scene {self.text!r}: {key}={self.options[key]} (expected {expected})",
                hint="see docs/reference/scenes.md",
            ) from exc

    def number(self, key: str, default: float, low: float, high: float) -> float:
        """Return an option in low..high."""

        def convert(text: str) -> float:
            value = float(text)
            if not low <= value <= high:
                raise ValueError(value)
            return value

        return self.option(key, convert, default, f"{low:g} to {high:g}")

    def integer(self, key: str, default: int) -> int:
        """Return an integer option from 0, below 2^32."""

        def convert(text: str) -> int:
            if not (text.isascii() and text.isdigit() and len(text) <= 9):
                raise ValueError(text)
            return int(text)

        return self.option(key, convert, default, "a whole number of at most 9 digits")

    def flag(self, key: str, default: bool) -> bool:
        """Return an option that is 0 or 1."""
        return self.option(key, lambda text: ("0", "1").index(text) == 1, default, "0 or 1")


def _exists(text: str) -> bool:
    try:
        return Path(text).expanduser().exists()
    except (OSError, ValueError, RuntimeError):  # too long, a zero byte, no such user: no path that could be there
        return False

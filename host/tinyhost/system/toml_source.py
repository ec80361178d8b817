"""TOML with the line of every key, so that an error can point at it."""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

from tinyhost.errors import ConfigError
from tinyhost.system.reading import read_text

__all__ = ["KeyPath", "TomlSource", "parse_toml", "read_toml"]

KeyPath = tuple[str | int, ...]
_MAX_BYTES = 1 << 20

_MAX_PARTS = 32
_BETWEEN_KEYS = frozenset("[]{}=,\n")
_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}'  # multi-line strings first: they may contain anything
    r"|'''.*?'{3,5}"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|\#[^\n]*"
    r"|[\[\]{}=.,\n]"
    r"|[^\s\[\]{}=.,#\"']+",
    re.DOTALL,
)


@dataclass(frozen=True, kw_only=True)
class TomlSource:
    """A parsed TOML file. `lines` has the line (from 1) of every table and of every key outside inline tables."""

    path: Path
    data: dict[str, Any]
    lines: dict[KeyPath, int]
    sha256: str
    """of the text"""

    def line(self, where: KeyPath) -> int:
        """Return the line of a key, else of the nearest table around it."""
        while where and where not in self.lines:
            where = where[:-1]
        return self.lines.get(where, 1)

    def error(self, where: KeyPath, message: str, *, hint: str = "") -> ConfigError:
        """Return a ConfigError that begins with file and line."""
        return ConfigError(f"{self.path}:{self.line(where)}: {message}", hint=hint)


def read_toml(path: Path) -> TomlSource:
    """Return the parsed file. Raises ConfigError for a file that cannot be read, is no UTF-8 or no TOML."""
    return parse_toml(read_text(path, max_bytes=_MAX_BYTES, error=ConfigError), path)


def parse_toml(text: str, path: Path) -> TomlSource:
    """Return the parsed text; `path` is for messages. Raises ConfigError with the line of a syntax error."""
    sha256 = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    text = text.replace("\r\n", "\n")
    if line := _line_of_long_key(text):
        raise ConfigError(
            f"{path}:{line}: expected a key of at most {_MAX_PARTS} parts, got more",
            hint="keys are single words",
        )
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        found = re.search(r"line (\d+), column (\d+)", str(exc))
        line = int(found[1]) if found else max(1, len(text.rstrip().splitlines()))
        what = re.sub(r" \(at .*\)$", "", str(exc))
        raise ConfigError(f"{path}:{line}: not valid TOML: {what}", hint="https://toml.io shows the syntax") from exc
    except (ValueError, RecursionError) as exc:  # an impossible date, or brackets nested too deeply
        raise ConfigError(f"{path}:1: not valid TOML: {exc}", hint="https://toml.io shows the syntax") from exc
    return TomlSource(path=path, data=data, lines=_key_lines(text), sha256=sha256)


def _line_of_long_key(text: str) -> int:
    """Return the line of a key with too many parts, for which parsers take very long; 0 if there is none."""
    line, dots = 1, 0
    for match in _TOKEN.finditer(text):
        dots = dots + 1 if match[0] == "." else 0 if match[0] in _BETWEEN_KEYS else dots
        if dots >= _MAX_PARTS:
            return line
        line += match[0].count("\n")
    return 0


def _key_lines(text: str) -> dict[KeyPath, int]:
    """Return the line of every header and key of valid TOML text."""
    lines: dict[KeyPath, int] = {}
    counts: dict[KeyPath, int] = {}
    table: KeyPath = ()
    for line, tokens in _statements(text):
        brackets = 2 if tokens[:2] == ["[", "["] else 1 if tokens[0] == "[" else 0
        keys: KeyPath = tuple(_unquoted(token) for token in tokens[brackets:] if token not in {".", "]"})
        if brackets:
            table = _inside_arrays(keys[:-1], counts) + keys[-1:]
            if brackets == 2:
                counts[table] = counts.get(table, -1) + 1
            table = _inside_arrays(keys, counts)
        else:
            keys = table + keys
        full = table if brackets else keys
        for n in range(len(full), 0, -1):
            lines.setdefault(full[:n], line)
    return lines


def _statements(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield (line, tokens) of every header and of every key up to its `=`."""
    line, depth, parts, in_value = 1, 0, list[str](), False
    for match in _TOKEN.finditer(text):
        part = match[0]
        if part == "\n" and depth == 0:
            if parts and parts[0] == "[":
                yield line, parts
            parts, in_value = [], False
        elif part == "=" and not in_value:
            yield line, parts
            in_value = True
        elif in_value:
            depth += (part in {"[", "{"}) - (part in {"]", "}"})
        elif part != "\n" and not part.startswith("#"):
            parts.append(part)
        line += part.count("\n")
    if parts and parts[0] == "[":
        yield line, parts


def _inside_arrays(keys: KeyPath, counts: dict[KeyPath, int]) -> KeyPath:
    """Return the keys with the index of its newest element after each array of tables."""
    path: KeyPath = ()
    for key in keys:
        path += (key,)
        if path in counts:
            path += (counts[path],)
    return path


def _unquoted(token: str) -> str:
    """Return the key of a bare or quoted key token."""
    if token[0] in "\"'":
        return str(next(iter(tomllib.loads(f"{token} = 0"))))
    return token

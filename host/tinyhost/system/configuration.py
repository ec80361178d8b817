"""tinyhost.toml: a project's defaults for options of the command line."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tinyhost.errors import ConfigError

__all__ = ["KEYS", "Configuration", "configuration", "configuration_file"]

_NAME = "tinyhost.toml"
_VARIABLE = "TINYHOST_CONFIG"
_MAX_LETTERS = 1000
KEYS: Mapping[str, tuple[str, str]] = {
    "board": ("text", "the board of every command, as for --board"),
    "state": ("path", "the folder in which virtual boards keep their flash"),
    "data": ("path", "the data set that train, bench and capture use"),
    "rig": ("path", "the rig of hil run"),
    "gate.fail_if": ("text", "what bench --baseline fails at, as --fail-if takes it"),
}
"""The keys: their type and meaning. Paths are relative to the file's folder."""


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """A file's values, checked."""

    path: Path | None
    """the file; None: there is none"""
    values: Mapping[str, str]
    """values by key, with absolute paths"""
    lines: Mapping[str, int]

    def place(self, key: str) -> str:
        """Return a key's position as `file:line`."""
        return f"{self.path}:{self.lines[key]}"


def configuration() -> Configuration:
    """Return the content of tinyhost.toml in the working folder or the nearest one above it, or of $TINYHOST_CONFIG.

    Raises ConfigError for an unreadable file, for unknown keys and wrong types, and for another user's file.
    """
    return _read(configuration_file())


def configuration_file() -> Path | None:
    """Return the file that configuration() reads, if there is one; if the environment names it, it may be missing."""
    given = os.environ.get(_VARIABLE)
    return Path(given).absolute() if given else _find(Path.cwd())


def _find(folder: Path) -> Path | None:
    """Return the nearest file; the search ends at the home folder."""
    home = Path("~").expanduser()
    for place in (folder, *folder.parents):
        if os.path.lexists(place / _NAME):
            return place / _NAME
        if place == home:
            return None
    return None


def _read(path: Path | None) -> Configuration:
    if path is None:
        return Configuration(path=None, values={}, lines={})
    from tinyhost.system.toml_source import read_toml
    from tinyhost.system.toml_tables import Table
    from tinyhost.system.user_folders import is_of_another_user

    if is_of_another_user(path):
        raise ConfigError(
            f"{path}: belongs to another user, who could choose what this command does",
            hint=f"check the file, then allow it with {_VARIABLE}={path}, or work in another folder",
        )
    source = read_toml(path)
    values: dict[str, str] = {}
    tables = {"": Table(source, (), source.data, "configuration")}
    for key, (kind, _) in KEYS.items():
        group, _, name = key.rpartition(".")
        if group not in tables:
            tables[group] = tables[""].table(group)
        value = tables[group].optional_text(name)
        if value is None:
            continue
        if len(value) > _MAX_LETTERS:
            raise tables[group].error(name, f"expected at most {_MAX_LETTERS} letters, got {len(value):,}")
        values[key] = str(path.parent / Path(value).expanduser()) if kind == "path" else value
    for table in tables.values():
        table.finish()
    return Configuration(path=path, values=values, lines={key: source.line(tuple(key.split("."))) for key in values})

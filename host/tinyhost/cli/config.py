"""`tinyhost config`: the configured values, and where each comes from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import click
from click.core import ParameterSource

from tinyhost.cli.bench_checks import FailIfOption
from tinyhost.cli.declare import Command, make_command, option
from tinyhost.cli.options import VIRTUAL_RIG, BoardOption, JsonOption, RigOption, StateOption
from tinyhost.cli.output import note, print_table, write_json
from tinyhost.cli.parameters import configured

__all__ = ["command"]

Source = Literal["option", "environment", "file", "default"]
_SOURCES: dict[ParameterSource, Source] = {
    ParameterSource.COMMANDLINE: "option",
    ParameterSource.ENVIRONMENT: "environment",
    ParameterSource.DEFAULT_MAP: "file",
    ParameterSource.DEFAULT: "default",
}
DataOption = Annotated[Path | None, option("--data", key="data", help="The data set for train, bench and capture.")]


@dataclass(frozen=True, kw_only=True)
class ConfiguredValue:
    """A configured value."""

    key: str
    """as written in tinyhost.toml"""
    value: str
    """empty if there is none"""
    source: Source
    place: str
    """of the file: path and line; of the environment: the variable"""


@dataclass(frozen=True, kw_only=True)
class ConfigDocument:
    """`tinyhost config --json FILE`."""

    schema: Literal["tinyhost.config/1"] = "tinyhost.config/1"
    file: str | None
    """the tinyhost.toml that is in force, if there is one"""
    values: tuple[ConfiguredValue, ...]


def command() -> Command:
    """Return `config`."""
    return make_command(config, examples=("tinyhost config", "tinyhost config --board m4 --json -"))


def config(
    *,
    board: BoardOption = None,
    state: StateOption = None,
    data: DataOption = None,
    rig: RigOption = VIRTUAL_RIG,
    fail_if: FailIfOption = None,
    json: JsonOption = None,
) -> None:
    """Show the configuration, and where each value comes from.

    An option takes precedence over the environment, then tinyhost.toml, then the default. tinyhost.toml is searched for
    in the working folder and its parents, up to the home folder; TINYHOST_CONFIG names another file.
    """
    from tinyhost.system.configuration import KEYS
    from tinyhost.system.user_folders import state_folder
    from tinyhost.views.tables import plain_table

    given = {"board": board, "state": state or state_folder(), "data": data, "rig": rig, "gate.fail_if": fail_if}
    context = click.get_current_context()
    values = tuple(_value(context, key, value) for key, value in given.items())
    file = configured(context).path
    if json:
        write_json(ConfigDocument(file=str(file) if file else None, values=values), json)
    if json == "-":
        return
    table = plain_table("key", "value", "from", "what it is")
    for one in values:
        table.add_row(one.key, (one.value, "bold"), one.place or one.source, (KEYS[one.key][1], "dim"))
    print_table(table)
    note((str(file) if file else "no tinyhost.toml in this folder or its parents", "dim"))


def _value(context: click.Context, key: str, value: object) -> ConfiguredValue:
    """Return a value with where it comes from."""
    name = key.rpartition(".")[2]
    source = _SOURCES[context.get_parameter_source(name) or ParameterSource.DEFAULT]
    place = ""
    if source == "file":
        place = configured(context).place(key)
    elif source == "environment":
        place = next(str(param.envvar) for param in context.command.params if param.name == name)
    return ConfiguredValue(key=key, value="" if value is None else str(value), source=source, place=place)

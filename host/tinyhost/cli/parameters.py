"""What a command takes: arguments and options, declared by the annotations of its function's parameters."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin

import click
from click.core import ParameterSource

from tinyhost.cli.completing import completer

if TYPE_CHECKING:
    from tinyhost.system.configuration import Configuration

__all__ = [
    "Declaration",
    "argument",
    "configured",
    "is_configured",
    "option",
    "parameters_of",
    "unannotated",
    "used_lines",
]

_META = "tinyhost.configuration"
_USED = "tinyhost.configuration.used"


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """What is declared of a parameter, beside its type and its default."""

    is_option: bool
    help: str
    names: tuple[str, ...] = ()
    min: float | None = None
    max: float | None = None
    metavar: str | None = None
    envvar: str | None = None
    show_default: bool = True
    key: str | None = None
    """of tinyhost.toml"""
    values: str | None = None
    """what a shell completes: a kind of completing.VALUES"""


def option(
    *names: str,
    help: str,
    min: float | None = None,
    max: float | None = None,
    metavar: str | None = None,
    envvar: str | None = None,
    show_default: bool = True,
    key: str | None = None,
    values: str | None = None,
) -> Declaration:
    """Return what declares an option. names: `--like-this`, by default made from the parameter's. min, max: bounds.

    key: that of tinyhost.toml which gives the value if the command line and the environment give none.
    values: the kind of them, for a shell that completes.
    """
    return Declaration(
        is_option=True,
        names=names,
        help=help,
        metavar=metavar,
        envvar=envvar,
        show_default=show_default,
        key=key,
        min=min,
        max=max,
        values=values,
    )


def argument(*, help: str, metavar: str | None = None, values: str | None = None) -> Declaration:
    """Return what declares an argument: what a command takes without a name before it."""
    return Declaration(is_option=False, help=help, metavar=metavar, values=values)


class _Argument(click.Argument):
    """An argument with a line in the help."""

    def __init__(self, name: str, *, help: str, **more: Any) -> None:
        super().__init__([name], **more)
        self.meaning = help

    def get_help_record(self, ctx: click.Context) -> tuple[str, str]:
        """Return its place in the usage, and its help."""
        return self.make_metavar(ctx), self.meaning


class _Option(click.Option):
    """An option that tinyhost.toml may give."""

    def __init__(self, names: list[str], *, key: str | None, **more: Any) -> None:
        super().__init__(names, **more)
        self.key = key

    def consume_value(self, ctx: click.Context, opts: Mapping[str, Any]) -> tuple[Any, ParameterSource]:
        """Return the value and where it comes from; DEFAULT_MAP is tinyhost.toml."""
        value, source = super().consume_value(ctx, opts)
        if self.key is None or source is not ParameterSource.DEFAULT or ctx.resilient_parsing:
            return value, source
        file = configured(ctx)
        if self.key not in file.values:
            return value, source
        ctx.meta.setdefault(_USED, []).append(f"{file.place(self.key)}: {self.key} = {file.values[self.key]}")
        return file.values[self.key], ParameterSource.DEFAULT_MAP

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Return its names, and its help with the key."""
        record = super().get_help_record(ctx)
        return (
            record if record is None or self.key is None else (record[0], f"{record[1]}  [tinyhost.toml: {self.key}]")
        )


def configured(ctx: click.Context) -> Configuration:
    """Return what tinyhost.toml says; the file is read once for a command line. Raises ConfigError."""
    from tinyhost.system.configuration import configuration

    found: Configuration = ctx.meta.setdefault(_META, None) or configuration()
    ctx.meta[_META] = found
    return found


def used_lines(ctx: click.Context) -> list[str]:
    """Return the lines of tinyhost.toml that a command took its values from, so that an error can show them."""
    lines: list[str] = ctx.meta.get(_USED, [])
    return lines


def is_configured(name: str) -> bool:
    """Return whether tinyhost.toml gave the value of this parameter of the command that runs."""
    ctx = click.get_current_context(silent=True)
    return ctx is not None and ctx.get_parameter_source(name) is ParameterSource.DEFAULT_MAP


class _Integer(click.IntRange):
    name = "integer"


class _Number(click.FloatRange):
    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number; NaN is within no bounds."""
        number = float(super().convert(value, param, ctx))
        if math.isnan(number):
            self.fail(f"{value} is not a number.", param, ctx)
        return number


class _OneOf(click.Choice):  # type: ignore[type-arg]
    """A member of an enumeration, by its value."""

    def __init__(self, kind: type[Enum]) -> None:
        super().__init__([str(item.value) for item in kind])
        self._kind = kind

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the member."""
        return self._kind(super().convert(value.value if isinstance(value, Enum) else value, param, ctx))


def unannotated(hint: Any) -> tuple[Any, Declaration]:
    """Return the type of a parameter, without None, and what is declared of it."""
    kind, declared = get_args(hint) if get_origin(hint) is Annotated else (None, None)
    if not isinstance(declared, Declaration):
        raise TypeError(f"{hint}: expected Annotated[type, option(...) or argument(...)]")
    known = [part for part in get_args(kind) if part is not NoneType] if NoneType in get_args(kind) else [kind]
    return known[0], declared


def parameters_of(function: Callable[..., None]) -> list[click.Parameter]:
    """Return what click must know of a function's parameters, each `Annotated` with its type and its declaration."""
    found = inspect.signature(function, eval_str=True).parameters.values()
    return [_parameter(one) for one in found]


def _parameter(parameter: inspect.Parameter) -> click.Parameter:
    kind, declared = unannotated(parameter.annotation)
    is_list = get_origin(kind) is list
    required = parameter.default is inspect.Parameter.empty
    default = parameter.default.value if isinstance(parameter.default, Enum) else parameter.default
    shared: dict[str, Any] = {"required": required, "metavar": declared.metavar}
    if not required:
        shared["default"] = default
    if declared.values is not None:
        shared["shell_complete"] = completer(declared.values)
    kind_of_value = _type_of(get_args(kind)[0] if is_list else kind, declared)
    if not declared.is_option:
        nargs = -1 if is_list else 1
        return _Argument(parameter.name, help=declared.help, nargs=nargs, type=kind_of_value, **shared)
    names = declared.names or (f"--{parameter.name.replace('_', '-')}",)
    if kind is bool:
        shared.pop("metavar")
        shared["is_flag"] = True
        kind_of_value = click.BOOL
    return _Option(
        [*names, parameter.name],
        key=declared.key,
        help=declared.help,
        type=kind_of_value,
        multiple=is_list,
        envvar=declared.envvar,
        show_envvar=declared.envvar is not None,
        show_default=declared.show_default and default not in (None, "") and not isinstance(default, bool),
        **shared,
    )


def _type_of(kind: Any, declared: Declaration) -> click.ParamType:  # type: ignore[type-arg]
    """Return what turns a word into a value."""
    if get_origin(kind) is Literal:
        return click.Choice(get_args(kind))
    if kind is int:
        least, most = (None if bound is None else int(bound) for bound in (declared.min, declared.max))
        return _Integer(least, most)
    if kind is float:
        return _Number(declared.min, declared.max)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _OneOf(kind)
    if kind is Path:
        return click.Path(path_type=Path)
    return click.BOOL if kind is bool else click.STRING

"""How a function becomes a command: its signature says the arguments and options, each `Annotated` with one of these.

def reset(*, bootloader: Annotated[bool, option("--bootloader", help="...")] = False) -> None: ...
make_command(reset, examples=("tinyhost reset",))
"""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

import click

__all__ = [
    "Command",
    "Declaration",
    "Group",
    "argument",
    "make_command",
    "make_group",
    "option",
    "unannotated",
]

HELP_NAMES = {"help_option_names": ["--help", "-h"], "max_content_width": 100}


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """What is said of a parameter beside its type and its default."""

    is_option: bool
    help: str
    names: tuple[str, ...] = ()
    min: float | None = None
    max: float | None = None
    metavar: str | None = None
    envvar: str | None = None
    show_default: bool = True


def option(
    *names: str,
    help: str,
    min: float | None = None,
    max: float | None = None,
    metavar: str | None = None,
    envvar: str | None = None,
    show_default: bool = True,
) -> Declaration:
    """Return what declares an option. names: `--like-this`, by default made from the parameter's. min, max: bounds."""
    bounds = {"min": min, "max": max}
    return Declaration(
        is_option=True, names=names, help=help, metavar=metavar, envvar=envvar, show_default=show_default, **bounds
    )


def argument(*, help: str, metavar: str | None = None) -> Declaration:
    """Return what declares an argument: what a command takes without a name before it."""
    return Declaration(is_option=False, help=help, metavar=metavar)


def _epilog(examples: tuple[str, ...]) -> str:
    """Return what `--help` shows of a command below its options, and docs/reference/cli.md too."""
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in examples)])


class _Argument(click.Argument):
    """An argument with a line in the help."""

    def __init__(self, name: str, *, help: str, **more: Any) -> None:
        super().__init__([name], **more)
        self.meaning = help

    def get_help_record(self, ctx: click.Context) -> tuple[str, str]:
        """Return its place in the usage, and its help."""
        return self.make_metavar(ctx), self.meaning


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


class Command(click.Command):
    """A command whose help has its arguments before its options."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what it takes."""
        for title, is_option in (("Arguments", False), ("Options", True)):
            shown = [param for param in self.get_params(ctx) if isinstance(param, click.Option) is is_option]
            if records := [record for param in shown if (record := param.get_help_record(ctx)) is not None]:
                with formatter.section(title):
                    formatter.write_dl(records)

    def format_arguments(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write nothing: click has a place of its own for arguments only from 8.5 on."""


class Group(click.Group, Command):
    """Commands below a name, in the order in which they were given."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return their names."""
        return list(self.commands)

    def below(self) -> dict[str, click.Command]:
        """Return the commands by their names; all of them are imported."""
        ctx = click.Context(self)
        found = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}
        return {name: command for name, command in found.items() if command is not None}

    def first_line(self, ctx: click.Context, name: str) -> str:
        """Return what the list of commands says of one."""
        command = self.get_command(ctx, name)
        return (command.help or "").partition("\n")[0] if command else ""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what it takes, then the commands."""
        Command.format_options(self, ctx, formatter)
        with formatter.section("Commands"):
            formatter.write_dl([(name, self.first_line(ctx, name)) for name in self.list_commands(ctx)])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that is named; if there is none, say which is nearest."""
        name, known = args[0], self.list_commands(ctx)
        if name not in known and not ctx.resilient_parsing:
            from difflib import get_close_matches

            near = " or ".join(repr(one) for one in get_close_matches(name, known))
            raise click.UsageError(f"No such command {name!r}.{f' Did you mean {near}?' if near else ''}", ctx)
        return super().resolve_command(ctx, args)


def make_command(function: Callable[..., None], *, examples: tuple[str, ...], help: str = "") -> Command:
    """Return the command of a function. help: by default the function's docstring."""
    return Command(
        name=None,
        callback=function,
        params=_parameters(function),
        help=help or inspect.getdoc(function),
        epilog=_epilog(examples),
        context_settings=HELP_NAMES,
    )


def make_group(
    help: str,
    commands: Mapping[str, click.Command],
    *,
    alone: Callable[..., None] | None = None,
    examples: tuple[str, ...] = (),
) -> Group:
    """Return a group of commands. alone: what it does if none of them is named."""
    return Group(
        name=None,
        commands=dict(commands),
        help=help,
        callback=_only_alone(alone) if alone else None,
        params=_parameters(alone) if alone else [],
        invoke_without_command=alone is not None,
        no_args_is_help=alone is None,
        epilog=_epilog(examples) if examples else None,
        context_settings=HELP_NAMES,
    )


def _only_alone(function: Callable[..., None]) -> Callable[..., None]:
    """Return a function that does nothing if a command below its group is named."""

    @functools.wraps(function)
    def run(**values: Any) -> None:
        if click.get_current_context().invoked_subcommand is None:
            function(**values)

    return run


def unannotated(hint: Any) -> tuple[Any, Declaration]:
    """Return the type of a parameter, without None, and what is declared of it."""
    kind, declared = get_args(hint) if get_origin(hint) is Annotated else (None, None)
    if not isinstance(declared, Declaration):
        raise TypeError(f"{hint}: expected Annotated[type, option(...) or argument(...)]")
    known = [part for part in get_args(kind) if part is not NoneType] if NoneType in get_args(kind) else [kind]
    return known[0], declared


def _parameters(function: Callable[..., None]) -> list[click.Parameter]:
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
    kind_of_value = _type_of(get_args(kind)[0] if is_list else kind, declared)
    if not declared.is_option:
        nargs = -1 if is_list else 1
        return _Argument(parameter.name, help=declared.help, nargs=nargs, type=kind_of_value, **shared)
    names = declared.names or (f"--{parameter.name.replace('_', '-')}",)
    if kind is bool:
        shared.pop("metavar")
        shared["is_flag"] = True
        kind_of_value = click.BOOL
    return click.Option(
        [*names, parameter.name],
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

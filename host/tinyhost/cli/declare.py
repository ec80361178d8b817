"""Commands from functions: the signature gives the arguments and options, each `Annotated` with one of these.

def reset(*, bootloader: Annotated[bool, option("--bootloader", help="...")] = False) -> None: ...
make_command(reset, examples=("tinyhost reset",))
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import click

from tinyhost.cli.loudness import loudness_options
from tinyhost.cli.parameters import Declaration, argument, is_configured, option, parameters_of, unannotated

__all__ = [
    "Command",
    "Declaration",
    "Group",
    "argument",
    "is_configured",
    "make_command",
    "make_group",
    "option",
    "unannotated",
]

HELP_NAMES = {"help_option_names": ["--help", "-h"], "max_content_width": 100}


def _epilog(examples: tuple[str, ...]) -> str:
    """Return a command's help below its options, for `--help` and docs/reference/cli.md."""
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in examples)])


class Command(click.Command):
    """A command whose help has its arguments before its options."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the arguments and options."""
        for title, is_option in (("Arguments", False), ("Options", True)):
            shown = [param for param in self.get_params(ctx) if isinstance(param, click.Option) is is_option]
            if records := [record for param in shown if (record := param.get_help_record(ctx)) is not None]:
                with formatter.section(title):
                    formatter.write_dl(records)

    def format_arguments(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write nothing: click has a place of its own for arguments only from 8.5 on."""


class Group(click.Group, Command):
    """A group of commands, in the given order."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return their names."""
        return list(self.commands)

    def below(self) -> dict[str, click.Command]:
        """Return the commands by name; all are imported."""
        ctx = click.Context(self)
        found = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}
        return {name: command for name, command in found.items() if command is not None}

    def first_line(self, ctx: click.Context, name: str) -> str:
        """Return a command's line in the list of commands."""
        command = self.get_command(ctx, name)
        return (command.help or "").partition("\n")[0] if command else ""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the arguments and options, then the commands."""
        Command.format_options(self, ctx, formatter)
        with formatter.section("Commands"):
            formatter.write_dl([(name, self.first_line(ctx, name)) for name in self.list_commands(ctx)])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the named command; if there is none, raise an error with the nearest name."""
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
        params=[*parameters_of(function), *loudness_options()],
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
    """Return a group of commands. alone: function called without a subcommand."""
    return Group(
        name=None,
        commands=dict(commands),
        help=help,
        callback=_only_alone(alone) if alone else None,
        params=[*parameters_of(alone), *loudness_options()] if alone else [],
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

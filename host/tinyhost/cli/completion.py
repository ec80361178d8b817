"""`tinyhost completion`: completion scripts for shells."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

from tinyhost.cli.commands import COMPLETE_VARIABLE
from tinyhost.cli.declare import Command, argument, make_command

__all__ = ["command"]


class Shell(str, Enum):
    """The supported shells."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def command() -> Command:
    """Return `completion`."""
    return make_command(
        completion,
        examples=(
            "tinyhost completion bash > ~/.local/share/bash-completion/completions/tinyhost",
            "tinyhost completion zsh > ~/.zfunc/_tinyhost",
            "tinyhost completion fish > ~/.config/fish/completions/tinyhost.fish",
        ),
    )


def completion(
    shell: Annotated[Shell, argument(help="The shell: bash (4.4 or later), zsh or fish.")],
) -> None:
    """Print a shell's completion script.

    It completes commands, options, and values that exist on this computer: boards, ports, apps, settings, scenes, rigs,
    models and data sets.

    zsh searches the folders in its variable fpath; add ~/.zfunc to it before compinit.
    """
    import click
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell.value)
    assert found is not None
    click.echo(found(click.get_current_context().find_root().command, {}, "tinyhost", COMPLETE_VARIABLE).source())

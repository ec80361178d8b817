"""`tinyhost completion`: how a shell learns to complete command lines."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

from tinyhost.cli.commands import COMPLETE_VARIABLE
from tinyhost.cli.declare import Command, argument, make_command

__all__ = ["command"]


class Shell(str, Enum):
    """Shells that can be taught."""

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
    """Print what teaches a shell to complete command lines.

    Values too: boards, ports, apps, settings, scenes, rigs, models and data sets, as they are on this computer.

    zsh looks in the folders of its variable fpath, to which ~/.zfunc must be added before compinit.
    """
    import click
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell.value)
    assert found is not None
    click.echo(found(click.get_current_context().find_root().command, {}, "tinyhost", COMPLETE_VARIABLE).source())

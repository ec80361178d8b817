"""The commands of `tinyhost`: their names, in the order of use, and what `tinyhost --help` says of each.

A command's module, of the same name, is imported when the command is asked for. A test holds the lines here against
the commands' own help.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from tinyhost.cli.declare import Group

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

__all__ = ["COMMANDS", "COMPLETE_VARIABLE", "Commands"]

COMPLETE_VARIABLE = "_TINYHOST_COMPLETE"
"""environment variable by which a shell requests completions"""

COMMANDS = {
    "doctor": "Check this computer, or a board's sensor, and show how to fix problems.",
    "boards": "List the boards that are plugged in, and the virtual ones.",
    "flash": "Flash an app's firmware and push its model.",
    "synth": "Generate synthetic labelled data.",
    "capture": "Capture labelled samples from the board's sensor.",
    "data": "Fetch, import, label, check, split and export data sets.",
    "monitor": "Show live predictions and the sensor's data.",
    "collect": "Collect the samples that the board's model was unsure of, and erase them there.",
    "train": "Train a model; needs TensorFlow, the extra `train`.",
    "model": "List, download, adapt and compare models, and write model cards.",
    "inspect": "Show a model's memory and compute costs, and whether it fits the board.",
    "compile": "Compile a model into a model image for the board.",
    "push": "Send a model to the board and activate it.",
    "models": "Show the board's model slots, or roll back.",
    "bench": "Measure a model on the board: latency, memory, accuracy.",
    "mlperf": "MLPerf Tiny: the official benchmarks.",
    "diff": "Run one sample on the host and on the board, and compare the results.",
    "hil": "Run hardware-in-the-loop tests on the boards of a rig.",
    "rig": "Export a rig's boards to a lab: labgrid or jumpstarter.",
    "settings": "Show or change the board's settings.",
    "reset": "Restart the board's firmware and wait until it answers.",
    "board": "Keep a board powered, or serve it on the network.",
    "config": "Show the configuration, and where each value comes from.",
    "report-bug": "Collect the information for a bug report, without personal data.",
    "completion": "Print a shell's completion script.",
}


class Commands(Group):
    """All commands; each is imported when it is asked for."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self._loaded: dict[str, click.Command] = {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands' names."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, or None if there is none of this name."""
        if cmd_name in COMMANDS and cmd_name not in self._loaded:
            self._loaded[cmd_name] = import_module(f"tinyhost.cli.{cmd_name.replace('-', '_')}").command()
        return self._loaded.get(cmd_name)

    def first_line(self, ctx: click.Context, name: str) -> str:
        """Return a command's line in the list of commands."""
        return COMMANDS[name]

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return the commands with this prefix, or the options."""
        from click.shell_completion import CompletionItem

        if incomplete.startswith("-"):
            return click.Command.shell_complete(self, ctx, incomplete)
        return [CompletionItem(name, help=line) for name, line in COMMANDS.items() if name.startswith(incomplete)]

"""Completion of values on a command line, from this computer's boards, files and so on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click
    from click.shell_completion import CompletionItem

__all__ = ["VALUES", "completer"]


def completer(kind: str) -> Callable[[click.Context, click.Parameter, str], list[CompletionItem]]:
    """Return click's completer for the values of a kind in VALUES; for some, file names are possible too."""
    values, or_file = VALUES[kind]

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        from tinyhost.errors import TinyhostError

        try:
            found = [value for value in values() if value.startswith(incomplete)]
        except (TinyhostError, OSError, ImportError):  # the command itself will say what is wrong
            found = []
        files = [CompletionItem(incomplete, type="file")] if or_file else []
        return [*files, *(CompletionItem(value) for value in found)]

    return complete


def _apps() -> Iterable[str]:
    from tinyhost.protocol.limits import APP_LIMITS

    return APP_LIMITS


def _boards() -> Iterator[str]:
    from tinyhost.boards import list_boards
    from tinyhost.boards.usb_ports import system_ports

    yield from (board.name for board in list_boards())
    yield from sorted(port.device for port in system_ports())
    yield from ("socket://", "rfc2217://")


def _settings() -> Iterator[str]:
    from tinyhost.protocol.messages import Setting

    return (f"{setting.name.lower()}=" for setting in Setting)


def _scenes() -> Iterator[str]:
    from tinyhost.synth.machine.faults import FAULTS

    yield from ("webcam:0", "mic:", "speech:yes,no")
    yield from (f"machine:{fault}" for fault in FAULTS)


def _faults() -> Iterable[str]:
    from tinyhost.synth.machine.faults import FAULTS

    return FAULTS


def _rigs() -> Iterator[str]:
    from tinyhost.boards.project import find_shipped

    shipped = Path("hil/rigs")
    return (str(shipped / file.name) for file in sorted(find_shipped(shipped).glob("*.toml")))


def _models() -> Iterable[str]:
    from tinyhost.models.catalogue import MODELS

    return MODELS


def _datasets() -> Iterable[str]:
    from tinyhost.datasets.catalogue import DATASETS

    return DATASETS


VALUES: dict[str, tuple[Callable[[], Iterable[str]], bool]] = {
    "app": (_apps, False),
    "board": (_boards, True),
    "setting": (_settings, False),
    "scene": (_scenes, True),
    "fault": (_faults, False),
    "rig": (_rigs, True),
    "model": (_models, False),
    "dataset": (_datasets, False),
}
"""Source of the values of a kind, and whether a file is possible too"""

"""`tinyhost settings`: show or change the board's settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

from tinyhost.cli.declare import Command, argument, make_command, option
from tinyhost.cli.options import BoardOption, JsonOption, StateOption
from tinyhost.cli.output import note, print_table, write_json
from tinyhost.errors import UsageError

if TYPE_CHECKING:
    from tinyhost.protocol.messages import SettingInfo

__all__ = ["command"]


def command() -> Command:
    """Return `settings`."""
    return make_command(
        settings,
        examples=(
            "tinyhost settings",
            "tinyhost settings period_ms=200 threshold=70 --persist",
        ),
    )


def settings(
    changes: Annotated[
        list[str] | None,
        argument(
            metavar="[NAME=VALUE]...", values="setting", help="The settings to change. Default: show all settings."
        ),
    ] = None,
    persist: Annotated[
        bool | None,
        option(
            "--persist/--no-persist",
            help="Make the change permanent. Default: only on a board that is powered off after the command.",
        ),
    ] = None,
    board: BoardOption = None,
    state: StateOption = None,
    json: JsonOption = None,
) -> None:
    """Show or change the board's settings.

    A change lasts until the board restarts, or permanently with --persist. A virtual board is powered off after each
    command, unless `tinyhost board run` keeps it on, so changes there are permanent.
    """
    from tinyhost.cli.connect import connected
    from tinyhost.device.settings import SettingsDocument

    wanted = [_parse(change) for change in changes or ()]
    with connected(board, None, state) as connection:
        is_kept = not connection.board.stays_on if persist is None else persist
        for name, value in wanted:
            connection.device.set_setting(name, value, persist=is_kept)
        infos = connection.device.settings()
    if wanted:
        where = "on" if connection.board.stays_on else "off now"
        how_long = "permanently, in its flash" if is_kept else "until it restarts; --persist makes it permanent"
        note((f"set {how_long}: {connection.board_name} is {where}", "dim"))
    if json:
        write_json(SettingsDocument.of(infos), json)
    if json != "-":
        _print(infos, {name for name, _ in wanted})


def _parse(change: str) -> tuple[str, int]:
    name, _, value = change.partition("=")
    try:
        return name.strip(), int(value, 0)
    except ValueError as exc:
        raise UsageError(
            f"{change!r} is not NAME=VALUE with a whole number", hint="tinyhost settings period_ms=200"
        ) from exc


def _print(infos: Mapping[str, SettingInfo], changed: set[str]) -> None:
    from tinyhost.views.tables import plain_table

    table = plain_table("setting", "value", "default", "from", "to")
    for name, info in infos.items():
        style = "green" if name in changed else "yellow" if info.value != info.default_value else ""
        table.add_row(name, str(info.value), str(info.default_value), str(info.minimum), str(info.maximum), style=style)
    print_table(table)

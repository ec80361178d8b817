"""`tinyhost doctor`: what is missing on this machine, and the exact fix."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from tinyhost.cli.options import JsonOption
from tinyhost.cli.output import console, escape, plain_table, write_json
from tinyhost.errors import CheckFailedError

__all__ = ["register"]

_MARKS = {"ok": "[green]ok[/]", "missing": "[bold red]missing[/]", "warning": "[yellow]look[/]"}


def register(app: typer.Typer) -> None:
    """Add `doctor`."""
    app.command("doctor")(doctor)


def doctor(
    *,
    udev: Annotated[
        bool, typer.Option("--udev", help="Print the udev rules for the board, to be put into /etc/udev/rules.d.")
    ] = False,
    json: JsonOption = None,
) -> None:
    """Check this machine, and say how to get what is missing.

    Exits 1 if something is missing that the virtual boards need; a real board's and `train`'s needs are told only.
    """
    if udev:
        from tinyhost.cli.usb_checks import UDEV_RULES

        console().print(UDEV_RULES, end="", markup=False, soft_wrap=True)
        return
    from tinyhost.cli.checks import run_checks

    checks = list(run_checks())
    blocking = [check for check in checks if check.blocks]
    if json:
        write_json({"schema": "tinyhost.doctor/1", "ok": not blocking, "checks": [asdict(c) for c in checks]}, json)
    if json != "-":
        table = plain_table("", "what", "for", "found")
        for check in checks:
            table.add_row(_MARKS[check.state], check.name, f"[dim]{check.needed_for}[/]", escape(check.detail))
        console().print(table)
        for check in checks:
            if check.fix:
                console().print(f"[bold]{escape(check.name)}[/]: [cyan]{escape(check.fix)}[/]", soft_wrap=True)
    if blocking:
        raise CheckFailedError(
            f"{len(blocking)} of {len(checks)} checks failed: {', '.join(check.name for check in blocking)}",
            hint=blocking[0].fix,
        )

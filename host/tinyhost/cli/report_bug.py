"""`tinyhost report-bug`: collect the information for a bug report, without personal data."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from tinyhost.cli.declare import Command, make_command, option
from tinyhost.cli.output import note, say, write_file

__all__ = ["command"]

_MAX_LOGS = 3
_MAX_BYTES = 2 << 20
_README = """\
What tinyhost report-bug gathered. The names of home folder, user and computer are replaced by ~, USER and HOST;
serial numbers of boards are in it, samples and models are not. Nothing was sent anywhere.
"""


def command() -> Command:
    """Return `report-bug`."""
    return make_command(report_bug, examples=("tinyhost report-bug", "tinyhost report-bug --output camera-hangs.zip"))


def report_bug(
    *,
    output: Annotated[Path, option("--output", "-o", metavar="FILE", help="The zip file to write.")] = Path(
        "tinyhost-report.zip"
    ),
) -> None:
    """Collect the information for a bug report, without personal data.

    The file contains versions, the results of doctor, the boards, the configuration, the logs of the last commands with
    --verbose, and flash.log. The names of the home folder, user and computer are replaced. Nothing is sent: read the
    file, then attach it to your report.
    """
    from tinyhost.system.privacy import identifying_names, redacted

    names = identifying_names()
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in _parts():
            clean = redacted(text, names)
            archive.writestr(name, clean)
            say(f"{name:24}", (f"{len(clean.encode()):>9,} B", "dim"))
    write_file(output, content.getvalue())
    note(f"wrote {output}; nothing was sent. Look through it, then attach it to your report")


def _parts() -> Iterator[tuple[str, str]]:
    """Yield each file's name and text."""
    from tinyhost.boards import BoardsDocument, list_boards
    from tinyhost.boards.checks import DoctorDocument, machine_checks, tensorflow_check, usb_checks
    from tinyhost.system.configuration import configuration_file
    from tinyhost.system.documents import to_json
    from tinyhost.system.logbook import log_files
    from tinyhost.system.user_folders import state_folder
    from tinyhost.system.versions import versions

    checks = [*machine_checks(), *usb_checks(lambda status: status), tensorflow_check()]
    yield "README.txt", _README
    yield "versions.json", _shown(versions())
    yield "doctor.json", _shown(to_json(DoctorDocument.of(checks)))
    yield "boards.json", _shown(to_json(BoardsDocument(boards=tuple(list_boards()))))
    if (found := configuration_file()) is not None:
        yield "tinyhost.toml", _text_of(found)
    for path in [*log_files()[:_MAX_LOGS], state_folder() / "flash.log"]:
        if path.is_file():
            yield f"log/{path.name}", _text_of(path)


def _shown(value: object) -> str:
    return json.dumps(value, indent=2) + "\n"


def _text_of(path: Path) -> str:
    """Return a file's text, or why it cannot be read: a bug report is made when things are broken."""
    from tinyhost.errors import TinyhostError
    from tinyhost.system.reading import read_file

    try:
        return read_file(path, max_bytes=_MAX_BYTES, error=TinyhostError).decode("utf-8", "replace")
    except TinyhostError as error:
        return f"{error.message}\n"

"""Options and commands about the people in a data set."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tinyhost.cli.declare import option
from tinyhost.cli.options import JsonOption
from tinyhost.cli.output import note, say, warn, write_json
from tinyhost.errors import CheckFailedError, UsageError
from tinyhost.system.wording import counted

if TYPE_CHECKING:
    from tinyhost.datasets.people.erasure import Erasure, Places

__all__ = ["ConsentOption", "PurposeOption", "RetainOption", "SubjectOption", "erase", "expire"]

SubjectOption = Annotated[
    str,
    option("--subject", metavar="NAME", help="The person in the samples: a pseudonym, by which they can be erased."),
]
ConsentOption = Annotated[
    str,
    option(
        "--consent",
        metavar="TEXT",
        help="How, and to what, this person consented; a record of it is stored with the set.",
    ),
]
PurposeOption = Annotated[str, option("--purpose", metavar="TEXT", help="What this person's samples may be used for.")]
RetainOption = Annotated[
    str,
    option(
        "--retain-until", metavar="DATE", help="The last day on which the samples may be stored, such as 2027-06-30."
    ),
]
DataOption = Annotated[Path, option("--data", help="The folder with the data sets.")]
RunsOption = Annotated[Path, option("--runs", help="The folder with training runs.")]
ModelsOption = Annotated[Path, option("--models", help="The folder with other models.")]
_SHOWN = 8


def erase(
    *,
    subject: Annotated[str, option("--subject", metavar="NAME", help="The person whose samples are erased.")],
    data: DataOption = Path("data"),
    runs: RunsOption = Path("runs"),
    models: ModelsOption = Path("models"),
    json: JsonOption = None,
) -> None:
    """Erase a person's data from data sets, lists, copies and reports.

    Lists the models that were trained on the data, which push then refuses. Exits 1 if a trace remains. An interrupted
    run continues when the command is repeated.
    """
    from tinyhost.datasets.people.erasure import erase_subject

    places = _places(data, runs, models)
    _tell(erase_subject(places, subject), json)


def expire(
    *,
    data: DataOption = Path("data"),
    runs: RunsOption = Path("runs"),
    models: ModelsOption = Path("models"),
    today: Annotated[str, option("--today", metavar="DATE", help="Use this date as today's.")] = "",
    json: JsonOption = None,
) -> None:
    """Erase the samples whose --retain-until has passed, as `tinyhost data erase` does."""
    from tinyhost.datasets.people.erasure import erase_expired

    try:
        now = date.fromisoformat(today) if today else date.today()
    except ValueError as exc:
        raise UsageError(f"--today {today}: expected a date, such as 2027-06-30") from exc
    _tell(erase_expired(_places(data, runs, models), now), json)


def _places(data: Path, runs: Path, models: Path) -> Places:
    from tinyhost.datasets.people.erasure import Places

    if not data.is_dir():
        raise UsageError(f"--data {data}: no such folder", hint="name the folder that holds the data sets")
    return Places(data=data, runs=runs, models=models)


def _tell(done: Erasure, json: str | None) -> None:
    if json:
        write_json(done, json)
    if json != "-":
        say(
            f"{counted(len(done.samples), 'sample')} erased, {counted(len(done.copies), 'file')} beside them, "
            f"{counted(done.consents, 'record')} of consent; {counted(len(done.written_over), 'text')} changed"
        )
    for path in done.models:
        warn(f"{path} was trained on erased samples; push refuses it. Train it again")
    for path in done.unknown_runs[:_SHOWN]:
        note(f"{path}: it is not known which samples this model was trained on")
    if done.remaining:
        raise CheckFailedError(
            f"{done.remaining[0]}: something of it is left, in {counted(len(done.remaining), 'file')}",
            hint="check these files, delete them if they are not needed, and repeat the command",
        )

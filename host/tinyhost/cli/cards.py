"""Common parts of the commands that write datasheets and model cards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

from tinyhost.cli.declare import argument, option
from tinyhost.cli.output import note, say, write_file
from tinyhost.errors import UsageError

__all__ = ["CardsFolder", "TodayOption", "day_of", "note_missing", "say_cards", "write_cards"]

CardsFolder = Annotated[Path, argument(help="The folder for the documents.")]
TodayOption = Annotated[str, option("--today", metavar="DATE", help="The publication date. Default: today.")]


def day_of(today: str) -> date:
    """Return the day of --today. Raises UsageError."""
    try:
        return date.fromisoformat(today) if today else date.today()
    except ValueError as exc:
        raise UsageError(f"--today {today}: expected a date, such as 2027-06-30") from exc


def write_cards(target: Path, papers: Mapping[str, str]) -> tuple[Path, ...]:
    """Write documents into a folder, by name; return their paths."""
    target.mkdir(parents=True, exist_ok=True)
    for name, text in papers.items():
        write_file(target / name, text)
    return tuple(target / name for name in papers)


def say_cards(target: Path, papers: Mapping[str, str], json: str | None) -> None:
    """Print the written files, unless a document goes to stdout."""
    if json != "-":
        say(f"{target}: {', '.join(papers)}")


def note_missing(missing: Sequence[str], n_questions: int, about: Path) -> None:
    """Print the unanswered questions."""
    if missing:
        note(f"{len(missing)} of {n_questions} questions not answered in {about}: {', '.join(missing)}")

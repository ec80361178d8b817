"""`tinyhost data card`: the papers of a data set."""

from __future__ import annotations

import json as json_text
from datetime import date
from pathlib import Path
from typing import Annotated

from tinyhost.cli.declare import argument, option
from tinyhost.cli.options import JsonOption
from tinyhost.cli.output import note, say, write_file, write_json
from tinyhost.errors import UsageError

__all__ = ["card"]


def card(
    folder: Annotated[Path, argument(help="The data set: a folder with one folder for each label.")],
    target: Annotated[Path, argument(help="The folder for its papers.")],
    *,
    today: Annotated[str, option("--today", metavar="DATE", help="The date of publication. Default: today.")] = "",
    json: JsonOption = None,
) -> None:
    """Write the papers of a data set, from what is known and what its about.toml says.

    README.md is a datasheet with front matter for Hugging Face, label.html a nutrition label, croissant.json the set as
    Croissant 1.1 with RAI, whose records are the rows of files.csv. What nobody said is counted.
    """
    from tinyhost.datasets.papers.croissant import FILES_NAME, croissant, files_table
    from tinyhost.datasets.papers.datasheet import datasheet
    from tinyhost.datasets.papers.document import DataCardDocument
    from tinyhost.datasets.papers.facts import ABOUT_NAME, QUESTIONS, card_facts
    from tinyhost.report.label import nutrition_label

    try:
        day = date.fromisoformat(today) if today else date.today()
    except ValueError as exc:
        raise UsageError(f"--today {today}: expected a date, such as 2027-06-30") from exc
    facts = card_facts(folder)
    table = files_table(facts)
    jsonld = json_text.dumps(croissant(facts, table, today=day.isoformat()), indent=1, ensure_ascii=False)
    papers = {
        "README.md": datasheet(facts),
        "label.html": nutrition_label(facts),
        "croissant.json": jsonld + "\n",
        FILES_NAME: table.decode("utf-8"),
    }
    target.mkdir(parents=True, exist_ok=True)
    for name, text in papers.items():
        write_file(target / name, text)
    if json:
        write_json(
            DataCardDocument(
                folder=folder,
                papers=tuple(target / name for name in papers),
                questions=len(QUESTIONS),
                missing=facts.missing,
            ),
            json,
        )
    if json != "-":
        say(f"{target}: {', '.join(papers)}")
    if facts.missing:
        note(
            f"{len(facts.missing)} of {len(QUESTIONS)} questions not answered in {folder / ABOUT_NAME}: "
            f"{', '.join(facts.missing)}"
        )

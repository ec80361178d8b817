"""`tinyhost data card`: write the datasheet of a data set."""

from __future__ import annotations

import json as json_text
from pathlib import Path
from typing import Annotated

from tinyhost.cli.cards import CardsFolder, TodayOption, day_of, note_missing, say_cards, write_cards
from tinyhost.cli.declare import argument
from tinyhost.cli.options import JsonOption
from tinyhost.cli.output import write_json

__all__ = ["card"]


def card(
    folder: Annotated[Path, argument(help="The data set: a folder with one folder for each label.")],
    target: CardsFolder,
    *,
    today: TodayOption = "",
    json: JsonOption = None,
) -> None:
    """Write the datasheet of a data set, from its files and its about.toml.

    Writes README.md, a datasheet with front matter for Hugging Face; label.html, a nutrition label; and croissant.json,
    the set in Croissant 1.1 with RAI, whose records are the rows of files.csv. Unanswered questions are counted.
    """
    from tinyhost.datasets.data_card.croissant import FILES_NAME, croissant, files_table
    from tinyhost.datasets.data_card.datasheet import datasheet
    from tinyhost.datasets.data_card.document import DataCardDocument
    from tinyhost.datasets.data_card.facts import ABOUT_NAME, QUESTIONS, card_facts
    from tinyhost.report.label import nutrition_label

    day = day_of(today)
    facts = card_facts(folder)
    table = files_table(facts)
    jsonld = json_text.dumps(croissant(facts, table, today=day.isoformat()), indent=1, ensure_ascii=False)
    papers = {
        "README.md": datasheet(facts),
        "label.html": nutrition_label(facts),
        "croissant.json": jsonld + "\n",
        FILES_NAME: table.decode("utf-8"),
    }
    written = write_cards(target, papers)
    if json:
        document = DataCardDocument(folder=folder, papers=written, questions=len(QUESTIONS), missing=facts.missing)
        write_json(document, json)
    say_cards(target, papers, json)
    note_missing(facts.missing, len(QUESTIONS), folder / ABOUT_NAME)

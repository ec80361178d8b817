"""`tinyhost model card`: write a model card and related documents."""

from __future__ import annotations

import json as json_text
from pathlib import Path
from typing import Annotated

from tinyhost.cli.cards import CardsFolder, TodayOption, day_of, note_missing, say_cards, write_cards
from tinyhost.cli.declare import argument, option
from tinyhost.cli.options import JsonOption
from tinyhost.cli.output import note, write_json

__all__ = ["card_model"]


def card_model(
    model: Annotated[Path, argument(help="The .tflite file, model image (.thm), or the folder of a run.")],
    target: CardsFolder,
    *,
    bench: Annotated[
        list[Path] | None,
        option("--bench", metavar="FILE", help="A result of `tinyhost bench --json` for this model; can be repeated."),
    ] = None,
    today: TodayOption = "",
    json: JsonOption = None,
) -> None:
    """Write a model card, from the files beside the model, benchmarks, and its about.toml.

    Writes README.md, a model card with front matter for Hugging Face; label.html, a nutrition label; and
    model.cdx.json, a bill of materials (CycloneDX 1.6). Unanswered questions and missing measurements are counted.
    """
    from tinyhost.bench.model_card.card import model_card
    from tinyhost.bench.model_card.cyclonedx import ml_bom
    from tinyhost.bench.model_card.document import ModelCardDocument
    from tinyhost.bench.model_card.facts import ABOUT_NAME, MODEL_QUESTIONS, model_facts
    from tinyhost.report.label import model_label

    time = f"{day_of(today).isoformat()}T00:00:00Z"
    facts = model_facts(model, bench or ())
    papers = {
        "README.md": model_card(facts),
        "label.html": model_label(facts),
        "model.cdx.json": json_text.dumps(ml_bom(facts, time=time), indent=1, ensure_ascii=False) + "\n",
    }
    written = write_cards(target, papers)
    if json:
        document = ModelCardDocument(
            model=model,
            sha256=facts.summary.sha256,
            papers=written,
            questions=len(MODEL_QUESTIONS),
            missing=facts.missing,
            measures=len(facts.measures),
            not_measured=facts.not_measured,
        )
        write_json(document, json)
    say_cards(target, papers, json)
    note_missing(facts.missing, len(MODEL_QUESTIONS), (model if model.is_dir() else model.parent) / ABOUT_NAME)
    if facts.not_measured:
        note(f"not measured: {', '.join(facts.not_measured)}")

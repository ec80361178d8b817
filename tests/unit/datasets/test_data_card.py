"""A data set's cards pass their standards' validators, and list unanswered questions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml  # type: ignore[import-untyped]  # of mkdocs
from tinyhost.datasets import DatasetStore, Origin
from tinyhost.datasets.people.consent import Person, with_person
from tinyhost.synth.pictures import render

from tests.commands import run_json, run_tinyhost
from tests.lazily import lazily

mlcroissant = lazily("mlcroissant")

ORIGIN = Origin(sensor="camera", board="native", device="A", app="vww", firmware_version="1", build_id="b")
ABOUT = """
title = "Hall \\"A\\": über uns"
license = "CC-BY-4.0"
creator = "Ada"
uses = "counting people | not: naming them"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "hall"
    with DatasetStore(root) as store:
        origin = with_person(ORIGIN, Person(subject="P07", consent="form 12"), root)
        for number in range(12):
            label = ("no_person", "person")[number % 2]
            pixels = render(label, np.random.default_rng((3, number)))
            store.add(pixels, label, origin, frame_index=number, dropped=0, timestamp_us=0)
    (root / "about.toml").write_text(ABOUT, encoding="utf-8")
    return root


def test_the_papers_of_a_set_are_valid_and_count_what_is_missing(folder: Path, tmp_path: Path) -> None:
    papers = tmp_path / "papers"
    done = run_json("data", "card", folder, papers, "--today", "2026-12-01")
    assert (done["questions"], len(done["missing"])) == (16, 12)
    dataset = mlcroissant.Dataset(jsonld=papers / "croissant.json")
    assert not dataset.metadata.ctx.issues.errors
    records = list(dataset.records("samples"))
    assert len(records) == 12
    assert {record["samples/label"] for record in records} == {b"person", b"no_person"}
    metadata = dataset.metadata.to_json()
    assert metadata["rai:dataBiases"] == "Not said."
    assert "1 subject and 1 record of" in str(metadata["rai:personalSensitiveInformation"])
    text = (papers / "README.md").read_text(encoding="utf-8")
    front = yaml.safe_load(text.split("---")[1])
    assert front["pretty_name"] == 'Hall "A": über uns'
    assert (front["license"], front["task_categories"]) == ("cc-by-4.0", ["image-classification"])
    assert "12 of 16 questions are not answered" in text
    assert [line for line in text.splitlines() if line.startswith("## ")][1:8] == [
        "## Motivation",
        "## Composition",
        "## Collection",
        "## Preprocessing",
        "## Uses",
        "## Distribution",
        "## Maintenance",
    ]
    page = (papers / "label.html").read_text(encoding="utf-8")
    assert "counting people | not: naming them" in page
    assert "biases not stated" in page


def test_an_about_file_with_other_keys_is_refused(folder: Path, tmp_path: Path) -> None:
    (folder / "about.toml").write_text("titel = 'x'", encoding="utf-8")
    assert "unknown key titel" in run_tinyhost("data", "card", folder, tmp_path / "papers").err

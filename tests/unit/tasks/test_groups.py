"""The groups of samples, and a benchmark's figures by group."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tinyhost.datasets.groups import UNSTATED, read_groups
from tinyhost.errors import DatasetError, UsageError
from tinyhost.report.findings import section_context
from tinyhost.system.documents import to_json
from tinyhost.tasks.classes import Accuracy
from tinyhost.tasks.fairness import judge_groups
from tinyhost.tasks.findings import Judged

COMMON_VOICE = "client_id\tpath\tsentence\tgender\tage\na\tx1.mp3\tyes\tfemale\ttwenties\nb\tx2.mp3\tno\t\tteens\n"
WAKE_VISION = "filename,person,predominantly_female,young\nperson/1.jpg,1,1,-1\nno_person/2.jpg,0,0,1\n"


def test_tables_of_common_voice_and_wake_vision_make_groups(tmp_path: Path) -> None:
    (tmp_path / "v.tsv").write_text(COMMON_VOICE, encoding="utf-8")
    voices = read_groups(tmp_path / "v.tsv", ["gender"])
    assert voices.of("gender", Path("set/yes/x1.mp3")) == "female"
    assert voices.of("gender", Path("set/no/x2.mp3")) == UNSTATED
    assert voices.of("gender", Path("set/no/x3.mp3")) is None
    (tmp_path / "w.csv").write_text(WAKE_VISION, encoding="utf-8")
    people = read_groups(tmp_path / "w.csv")
    assert people.of("predominantly_female", Path("w/person/1.jpg")) == "predominantly_female=1"
    assert people.of("young", Path("w/person/1.jpg")) == UNSTATED


@pytest.mark.parametrize(
    ("content", "message"),
    [("a,b\n1,2\n", "no column file"), ("file,g\nx,1\n", "no column with 2"), ("file,g,g\nx,1,2\n", "two columns g")],
)
def test_a_table_that_makes_no_groups_is_refused(content: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(content, encoding="utf-8")
    with pytest.raises(DatasetError, match=message):
        read_groups(tmp_path / "t.csv")


def accuracy(n: int) -> Accuracy:
    rng = np.random.default_rng(4)
    samples = []
    for index in range(n):
        label = ("no_person", "person")[index % 2]
        score = float(np.clip(rng.normal(0.35 + 0.3 * (index % 2), 0.2), 0, 1))
        samples.append(
            Judged(
                path=Path(f"set/{label}/{index}.png"),
                label=label,
                predicted="person" if score > 0.5 else "no_person",
                scores=(1 - score, score),
                is_picture=False,
            )
        )
    return Accuracy(
        data=Path("set"), labels=("no_person", "person"), confusion=((1, 1), (1, 1)), samples=tuple(samples)
    )


def test_a_benchmark_says_what_became_of_each_group(tmp_path: Path) -> None:
    table = tmp_path / "groups.csv"
    rows = [
        f"{('no_person', 'person')[index % 2]}/{index}.png,{'dark' if index % 4 < 2 else 'light'}"
        for index in range(300)
    ]
    table.write_text("file,light\n" + "\n".join(rows), encoding="utf-8")
    found = judge_groups(accuracy(400), read_groups(table), None)
    [grouping] = to_json(found.document())["groupings"]
    assert [(item["group"], item["n"], item["judged"]) for item in grouping["groups"]] == [
        ("dark", 150, True),
        ("light", 150, True),
    ]
    assert grouping["n_unknown"] == 100
    assert {policy["name"] for policy in grouping["policies"]} >= {"group_unaware", "equal_opportunity"}
    kinds = [part["kind"] for part in section_context(found.section())["parts"]]
    assert kinds == ["grid", "grid", "note", "grid", "what_if"]  # equal base rates: all could be equal
    with pytest.raises(UsageError, match="no such label"):
        judge_groups(accuracy(10), read_groups(table), "dog")
    table.write_text("file,light\nother/1.png,a\nother/2.png,b\n", encoding="utf-8")
    with pytest.raises(DatasetError, match="has none of the 10 samples"):
        judge_groups(accuracy(10), read_groups(table), None)


def test_groups_with_other_base_rates_are_told_what_cannot_be_equal(tmp_path: Path) -> None:
    table = tmp_path / "groups.csv"
    names = [f"{('no_person', 'person')[index % 2]}/{index}.png" for index in range(300)]
    rows = [f"{file},{'dark' if index % 6 < 3 else 'light'}" for index, file in enumerate(names)]
    table.write_text("file,light\n" + "\n".join(rows), encoding="utf-8")
    found = judge_groups(accuracy(300), read_groups(table), None)
    notes = [str(part) for part in found.section().parts if "Not everything can be equal" in str(part)]
    assert len(notes) == 1
    assert "dark (of which 33.3 % are wanted)" in notes[0]
    assert "light (of which 66.7 % are wanted)" in notes[0]

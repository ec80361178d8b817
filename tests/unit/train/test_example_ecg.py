"""scripts/example_ecg5000.py as people run it: short trainings, and what must hold of what it writes."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest
from tinyhost.compiler.image import ModelImage
from tinyhost.datasets.heartbeats import heartbeats
from tinyhost.datasets.ucr import LabelledSeries

SCRIPT = Path(__file__).resolve().parents[3] / "scripts" / "example_ecg5000.py"


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str | Path) -> int:
    monkeypatch.setattr("sys.argv", [str(SCRIPT), *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(SCRIPT), run_name="__main__")
    assert isinstance(ended.value.code, int)
    return ended.value.code


def write(path: Path, series: LabelledSeries) -> None:
    rows = zip(series.labels, series.values, strict=True)
    path.write_text("".join(f"{label}\t" + "\t".join(map(repr, row.tolist())) + "\n" for label, row in rows))


@pytest.mark.train
def test_beats_of_a_folder_are_learnt_and_the_others_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = heartbeats(300, 300, seed=4)
    write(tmp_path / "Beats_TRAIN.tsv", made.train)
    write(tmp_path / "Beats_TEST.tsv", made.test)
    assert run(monkeypatch, tmp_path, "--epochs", "10", "--out", tmp_path / "run") == 0
    shown = capsys.readouterr().out
    auc = re.search(r"AUC ([\d.]+); at the threshold: recall ([\d.]+)%", shown)
    assert auc is not None
    assert float(auc[1]) >= 0.99
    assert float(auc[2]) >= 95.0
    image = ModelImage.parse((tmp_path / "run" / "model.thm").read_bytes())
    assert (image.input.shape, image.output.shape) == ((1, 140), (1, 140))
    assert (tmp_path / "run" / "model.tflite").read_bytes()[4:8] == b"TFL3"


def test_too_few_normal_beats_are_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = heartbeats(40, 10)
    write(tmp_path / "Beats_TRAIN.tsv", made.train)
    write(tmp_path / "Beats_TEST.tsv", made.test)
    assert run(monkeypatch, tmp_path) == 1
    assert "normal beats to train with, expected 100 or more" in capsys.readouterr().err
    assert run(monkeypatch, tmp_path / "missing") == 1
    assert "expected NAME_TRAIN and NAME_TEST" in capsys.readouterr().err

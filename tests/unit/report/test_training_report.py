"""The report of a training: the sections of its outcome, charts and wrong pictures among them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from tinyhost.metrics.charts import Chart, Panel, Series
from tinyhost.metrics.classifier import classifier_metrics
from tinyhost.models.catalogue import fetch
from tinyhost.report.drawing import chart_figure
from tinyhost.report.figures import figure_svg
from tinyhost.report.training import training_report
from tinyhost.synth.pictures import write_dataset
from tinyhost.tasks.findings import Judged
from tinyhost.train.core.quantized import Quantized
from tinyhost.train.vww.config import VwwTrainConfig
from tinyhost.train.vww.outcome import VwwOutcome


def outcome(folder: Path) -> VwwOutcome:
    paths = write_dataset(folder, 4, 1, split="test")
    judged = tuple(
        Judged(path=path, label=path.parent.name, predicted="person", scores=(0.25, 0.75), is_picture=True)
        for path in paths
    )
    metrics = classifier_metrics(np.tile([0.2, 0.8], (8, 1)), np.repeat([0, 1], 4))
    epochs = [{"loss": 0.7, "val_loss": 0.6, "accuracy": 0.5, "val_accuracy": 0.6}] * 3
    return VwwOutcome(
        config=VwwTrainConfig(command="tinyhost train vww --data <hall>", data_note="Two `halls`."),
        source="data/hall",
        n_samples=8,
        labels=("no_person", "person"),
        sizes={"train": 700, "val": 150, "test": 8},
        history=epochs,
        tflite=fetch("vww").read_bytes(),
        float_test=metrics,
        quantized={"ptq": Quantized(tflite=b"", val=metrics, test=metrics, right=())},
        chosen="ptq",
        judged=judged,
        n_parameters=213442,
        duration_s=61.26,
    )


def test_the_report_shows_figures_confusion_wrong_pictures_and_curves(tmp_path: Path) -> None:
    page = training_report(outcome(tmp_path))
    assert "Wrong: 4" in page
    assert page.count("data:image/png") == 8
    assert "Accuracy, int8, as on the board" in page
    assert "Loss and accuracy over the epochs" in page
    assert "Precision over recall" in page
    assert page.count("<svg") == 2


def all_right() -> dict[str, Quantized]:
    right = classifier_metrics(np.eye(2)[np.repeat([0, 1], 20)], np.repeat([0, 1], 20))
    return {"ptq": Quantized(tflite=b"", val=right, test=right, right=())}


def test_labels_that_are_likely_wrong_are_listed(tmp_path: Path) -> None:
    done = outcome(tmp_path)
    sure = {"no_person": (0.9, 0.1), "person": (0.1, 0.9)}
    samples = [replace(item, scores=sure[item.label], predicted=item.label) for item in done.judged]
    samples[1] = replace(samples[1], scores=(0.05, 0.95), predicted="person")
    told = replace(done, judged=tuple(samples[4:]), judged_held_out=tuple(samples[:4]), quantized=all_right())
    assert [(item.file, item.label, item.suggested) for item in told.label_issues] == [
        (str(samples[1].path), "no_person", "person")
    ]
    assert "1 label may be wrong" in training_report(told)
    generated = replace(samples[1], path=tmp_path)  # silence that no file has, whose label nobody gave
    assert replace(told, judged_held_out=(samples[0], generated, *samples[2:4])).label_issues == ()


def test_two_names_of_one_class_are_a_failure_with_the_reason(tmp_path: Path) -> None:
    done = outcome(tmp_path)
    samples = [
        replace(done.judged[index % 8], predicted=done.labels[index % 2], path=Path(f"{index}.png"))
        for index in range(40)
    ]
    assert {(item.label, item.predicted) for item in samples} == {(a, b) for a in done.labels for b in done.labels}
    same = replace(done, judged_held_out=tuple(samples), quantized=all_right())
    assert "does not tell no_person and person apart better than by chance" in same.failure()
    assert "no_person and person are not told apart better than by chance" in same.hints()
    told = replace(same, judged_held_out=tuple(replace(item, predicted=item.label) for item in samples))
    assert (told.failure(), told.hints()) == ("", ())


def test_what_stands_between_backticks_is_code_and_all_else_is_escaped(tmp_path: Path) -> None:
    page = training_report(outcome(tmp_path))
    assert "Two <code>halls</code>." in page
    assert "<code>tinyhost train vww --data &lt;hall&gt;</code>" in page


def test_every_style_and_scale_of_a_chart_is_drawn() -> None:
    panel = Panel(
        series=(
            Series(name="a line", x=[1, 2, 4], y=[1, 2, 3]),
            Series(name="points", x=[1, 2], y=[2, 2], style="points"),
            Series(name="both", x=[1, 2], y=[3, 1], style="line and points", colour=9),
            Series(name="bars", x=[1, 2, 4], y=[1, 2], style="bars"),
            Series(name="area", x=[1, 2, 4], y=[2, 1], style="area"),
        ),
        x_label="to the right",
        y_label="upwards",
        x_scale="log2",
        y_scale="log",
        x_ticks=(1, 2, 4),
        lines_at=(2.0,),
        mark=(2.0, 2.0, "chosen"),
    )
    svg = figure_svg(chart_figure(Chart(description="all", panels=(panel,))), alt="all")
    for text in ("a line", "points", "both", "bars", "area", "to the right", "upwards", "chosen"):
        assert text in svg

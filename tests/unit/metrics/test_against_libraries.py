"""Every figure of a classifier's document, recomputed by scikit-learn and scipy from the scores that are in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tinyhost.metrics.cascade import cascade_clips
from tinyhost.metrics.classifier import classifier_metrics
from tinyhost.metrics.intervals import mcnemar, poisson_rate
from tinyhost.metrics.keywords import keyword_curve
from tinyhost.metrics.objects import ObjectCounts, object_score
from tinyhost.metrics.operating import precision_recall_chart, threshold_choices
from tinyhost.metrics.skill import classifier_skill
from tinyhost.metrics.threshold import roc_curve
from tinyhost.motion.score import ONE
from tinyhost.system.documents import to_json
from tinyhost.tasks.anomaly.detector import FedRun
from tinyhost.tasks.anomaly.recordings import label_alarms
from tinyhost.tasks.classes import Accuracy
from tinyhost.tasks.findings import Grid, Judged
from tinyhost.train.core.learning_curve import CurvePoint, curve_section
from tinyhost.train.gestures.outcome import threshold_point
from tinyhost.train.series.outcome import SeriesScores

from tests.lazily import lazily

cleanlab = lazily("cleanlab.filter")
sklearn = lazily("sklearn.metrics")
stats = lazily("scipy.stats")


def document(labels: tuple[str, ...], n: int, seed: int) -> dict[str, Any]:
    """Return the document of samples of all labels, with scores as an int8 model gives them."""
    rng = np.random.default_rng(seed)
    classes = rng.integers(0, len(labels), n)
    scores = rng.integers(0, 256, (n, len(labels))) / 256
    scores[np.arange(n), classes] = np.minimum(1.0, scores[np.arange(n), classes] + 0.25)
    predicted = scores.argmax(axis=1)
    samples = tuple(
        Judged(
            path=Path(f"{labels[own]}/{index}.png"),
            label=labels[own],
            predicted=labels[said],
            scores=tuple(map(float, row)),
            is_picture=False,
        )
        for index, (own, said, row) in enumerate(zip(classes, predicted, scores, strict=True))
    )
    confusion = tuple(map(tuple, sklearn.confusion_matrix(classes, predicted, labels=range(len(labels))).tolist()))
    return dict(to_json(Accuracy(data=Path("set"), labels=labels, confusion=confusion, samples=samples).document()))


def share(interval: dict[str, float] | None, count: int, n: int) -> None:
    """Check a Wilson interval."""
    if n == 0:
        assert interval is None
        return
    expected = stats.binomtest(int(count), int(n)).proportion_ci(method="wilson")
    assert interval is not None
    assert (interval["low"], interval["high"]) == pytest.approx((expected.low, expected.high), abs=1e-12)


@pytest.mark.parametrize("labels", [("no_person", "person"), ("silence", "unknown", "yes", "no"), ("a", "b", "c")])
@pytest.mark.parametrize("seed", [1, 2])
def test_an_accuracy_documents_figures_are_scikit_learns(labels: tuple[str, ...], seed: int) -> None:
    found = document(labels, 157, seed)
    truth = [item["label"] for item in found["pictures"]]
    said = [item["predicted"] for item in found["pictures"]]
    scores = np.array([item["scores"] for item in found["pictures"]])
    hits = sum(a == b for a, b in zip(truth, said, strict=True))
    assert found["n"] == 157
    assert found["top1"] == pytest.approx(sklearn.accuracy_score(truth, said))
    share(found["top1_interval"], hits, 157)
    assert found["macro_f1"] == pytest.approx(sklearn.f1_score(truth, said, average="macro"))
    assert found["confusion"] == sklearn.confusion_matrix(truth, said, labels=labels).tolist()
    is_one = np.array(truth)[:, None] == np.array(labels)[None, :]
    if len(labels) == 2:
        margin = scores[:, 1] - scores[:, 0]
        assert found["auc"] == pytest.approx(sklearn.roc_auc_score(is_one[:, 1], margin))
        assert found["average_precision"] == pytest.approx(sklearn.average_precision_score(is_one[:, 1], margin))
    else:
        assert found["auc"] == pytest.approx(sklearn.roc_auc_score(is_one, scores, average="macro"))
        assert found["average_precision"] == pytest.approx(sklearn.average_precision_score(is_one, scores))
    parts = sklearn.precision_recall_fscore_support(truth, said, labels=labels)
    for label, precision, recall, f1, n in zip(labels, *parts, strict=True):
        own = found["per_class"][label]
        assert (own["precision"], own["recall"], own["f1"]) == pytest.approx((precision, recall, f1))
        assert own["n"] == n
        right = sum(a == b == label for a, b in zip(truth, said, strict=True))
        share(own["recall_interval"], right, n)
        share(own["precision_interval"], right, said.count(label))
    macro = sklearn.precision_recall_fscore_support(truth, said, labels=labels, average="macro", zero_division=0)
    assert (found["macro_precision"], found["macro_recall"]) == pytest.approx(macro[:2])
    for counts, intervals in zip(found["confusion"], found["confusion_intervals"], strict=True):
        for count, interval in zip(counts, intervals, strict=True):
            share(interval, count, sum(counts))


@pytest.mark.parametrize("labels", [("no_person", "person"), ("silence", "unknown", "yes", "no"), ("a", "b", "c")])
def test_likely_wrong_labels_are_cleanlabs(labels: tuple[str, ...]) -> None:
    found = document(labels, 301, 4)
    scores = np.array([item["scores"] for item in found["pictures"]])
    classes = np.array([labels.index(item["label"]) for item in found["pictures"]])
    shares = scores / scores.sum(axis=1, keepdims=True)
    expected = cleanlab.find_label_issues(classes, shares, filter_by="confident_learning", n_jobs=1)
    files = [item["file"] for item in found["pictures"]]
    listed = [files.index(item["file"]) for item in found["label_issues"]]
    assert sorted(listed) == np.flatnonzero(expected).tolist()
    assert len(listed) > 5
    for index, item in zip(listed, found["label_issues"], strict=True):
        assert item["loss"] == pytest.approx(
            sklearn.log_loss([classes[index]], shares[[index]], labels=range(len(labels)))
        )
    losses = [item["loss"] for item in found["label_issues"]]
    assert losses == sorted(losses, reverse=True)


def test_a_threshold_that_is_offered_does_what_it_says() -> None:
    labels = ("no_person", "person")
    found = document(labels, 400, 6)
    scores = np.array([item["scores"] for item in found["pictures"]])
    classes = np.array([labels.index(item["label"]) for item in found["pictures"]])
    choices = threshold_choices(scores, classes, n_silent=1, now=0.5, scale=1 / 256, zero_point=-128)
    assert [item.name for item in choices] == ["now", "equal_error", "best_f1", "false_accepts_5", "false_accepts_1"]
    f1 = []
    for item in choices:
        said = (scores[:, 1] > scores[:, 0]) & (scores[:, 1] >= item.threshold)
        counts = sklearn.confusion_matrix(classes, said)
        assert item.false_accept_rate == pytest.approx(counts[0, 1] / counts[0].sum())
        assert item.false_reject_rate == pytest.approx(counts[1, 0] / counts[1].sum())
        assert (item.setting + 128) / 256 == pytest.approx(item.threshold)
        share(to_json(item)["false_accept_interval"], counts[0, 1], counts[0].sum())
        f1.append(sklearn.f1_score(classes, said))
    assert max(f1) == pytest.approx(f1[2])
    budget = choices[4]
    assert budget.false_accept_rate is not None and budget.false_accept_rate <= 0.01
    assert budget.n_needed > 0  # 200 samples without a person cannot show 1 %
    shown = stats.binomtest(0, budget.n_needed).proportion_ci(method="wilson").high
    assert shown <= 0.01 < stats.binomtest(0, budget.n_needed - 1).proportion_ci(method="wilson").high


def test_the_drawn_curve_of_precision_over_recall_is_scikit_learns() -> None:
    labels = ("silence", "unknown", "yes", "no")
    found = document(labels, 300, 8)
    scores = np.array([item["scores"] for item in found["pictures"]])
    classes = np.array([labels.index(item["label"]) for item in found["pictures"]])
    chart = precision_recall_chart(scores, classes, labels)
    assert chart is not None
    for index, series in enumerate(chart.panels[0].series):
        precision, recall, _ = sklearn.precision_recall_curve(classes == index, scores[:, index])
        assert series.name == labels[index]
        np.testing.assert_allclose(series.y, precision[:-1][::-1])
        np.testing.assert_allclose(series.x, recall[:-1][::-1])


@pytest.mark.parametrize("n_events", [0, 1, 7, 180])
def test_an_alarm_rates_interval_is_the_exact_one(n_events: int) -> None:
    found = poisson_rate(n_events, 2.5)
    assert found is not None
    low = stats.chi2.ppf(0.025, 2 * n_events) / 2 / 2.5 if n_events else 0.0
    assert (found.low, found.high) == pytest.approx((low, stats.chi2.ppf(0.975, 2 * n_events + 2) / 2 / 2.5), rel=1e-9)


def test_two_models_on_one_set_are_compared_by_the_exact_binomial_test() -> None:
    rng = np.random.default_rng(3)
    first, second = rng.random(200) < 0.9, rng.random(200) < 0.8
    found = mcnemar(first.tolist(), second.tolist())
    only = int((first & ~second).sum()), int((~first & second).sum())
    assert (found.n_only_first, found.n_only_second) == only
    assert found.p_value == pytest.approx(stats.binomtest(only[0], sum(only)).pvalue)


def anomaly_scores(seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rng = np.random.default_rng(seed)
    return rng.normal(1, 0.5, 240), rng.normal(2, 0.8, 90)


def test_a_roc_curves_area_and_points_are_scikit_learns() -> None:
    normal, anomalous = anomaly_scores(5)
    found = roc_curve(normal, anomalous, miss_cost=10.0, alarm_cost=1.0, fault_share=0.01)
    truth = np.repeat([0, 1], [len(normal), len(anomalous)])
    scores = np.concatenate([normal, anomalous])
    assert found.auc == pytest.approx(sklearn.roc_auc_score(truth, scores))
    assert found.average_precision == pytest.approx(sklearn.average_precision_score(truth, scores))
    for point in (found.knee, found.cheapest):
        high = scores >= point.threshold
        assert point.precision == pytest.approx(sklearn.precision_score(truth, high))
        assert (point.recall, point.f1) == pytest.approx(
            (sklearn.recall_score(truth, high), sklearn.f1_score(truth, high))
        )
    for threshold, false_rate, recall in found.points:
        high = scores >= threshold
        assert false_rate == pytest.approx((high & (truth == 0)).sum() / len(normal))
        assert recall == pytest.approx(sklearn.recall_score(truth, high, zero_division=0))


def test_a_keyword_curves_rates_are_those_of_its_confusion() -> None:
    found = document(("silence", "unknown", "yes", "no"), 211, 9)
    labels = found["labels"]
    scores = np.array([item["scores"] for item in found["pictures"]])
    classes = np.array([labels.index(item["label"]) for item in found["pictures"]])
    for point in keyword_curve(scores, classes, 2).points[::17]:
        heard = np.where(
            (scores.max(axis=1) >= point.threshold) & (scores.argmax(axis=1) >= 2), scores.argmax(axis=1), 4
        )
        counts = sklearn.confusion_matrix(classes, heard, labels=range(5))
        others, words = counts[:2], counts[2:4]
        assert point.false_accept_rate == pytest.approx(others[:, 2:4].sum() / others.sum())
        assert point.false_reject_rate == pytest.approx(1 - (words[0, 2] + words[1, 3]) / words.sum())
        assert point.confusion_rate == pytest.approx((words[0, 3] + words[1, 2]) / words.sum())


def fed(scores: NDArray[np.float64]) -> FedRun:
    """Return a board's results for a recording whose windows have these scores, with an alarm from 2.5 on."""
    states = np.where(scores >= 2.5, 1, 0).astype(np.uint8)
    positions = 128 + 32 * np.arange(len(scores))
    return FedRun(scores=np.rint(scores * ONE).astype(np.int32), states=states, positions=positions, results=[])


def test_a_benchmark_of_motion_has_scikit_learns_area_and_numpys_median() -> None:
    normal, anomalous = anomaly_scores(7)
    usual, unusual = [fed(normal[:120]), fed(normal[120:])], [fed(anomalous[:40]), fed(anomalous[40:])]
    found = label_alarms(unusual, usual)
    scores = np.concatenate([run.scores for run in (*usual, *unusual)])
    truth = np.repeat([0, 1], [len(normal), len(anomalous)])
    assert found.auc == pytest.approx(sklearn.roc_auc_score(truth, scores))
    assert found.median_score == pytest.approx(np.median(scores[truth == 1]) / ONE)
    assert (found.n_windows, found.n_recordings) == (90, 2)
    assert label_alarms(usual, usual).auc is None


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_figures_of_objects_are_those_of_their_pairs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    counts = [ObjectCounts(found=int(a), missed=int(b), false=int(c)) for a, b, c in rng.integers(0, 4, (30, 3))]
    found, missed, false = (sum(getattr(item, name) for item in counts) for name in ("found", "missed", "false"))
    truth, said = [1] * (found + missed) + [0] * false, [1] * found + [0] * missed + [1] * false
    score = to_json(object_score(counts))
    assert (score["precision"], score["recall"], score["f1"]) == pytest.approx(
        (sklearn.precision_score(truth, said), sklearn.recall_score(truth, said), sklearn.f1_score(truth, said))
    )
    share(score["precision_interval"], found, found + false)
    share(score["recall_interval"], found, found + missed)


@pytest.mark.parametrize("n_classes", [2, 3, 5])
def test_figures_of_a_training_are_scikit_learns(n_classes: int) -> None:
    rng = np.random.default_rng(n_classes)
    classes = rng.integers(0, n_classes, 203)
    scores = rng.random((203, n_classes)) + 0.5 * np.eye(n_classes)[classes]
    found = classifier_metrics(scores, classes)
    said = scores.argmax(axis=1)
    assert found.accuracy == pytest.approx(sklearn.accuracy_score(classes, said))
    assert found.macro_f1 == pytest.approx(sklearn.f1_score(classes, said, average="macro"))
    assert list(found.per_class) == pytest.approx(sklearn.recall_score(classes, said, average=None).tolist())
    assert np.mean(found.per_class) == pytest.approx(sklearn.balanced_accuracy_score(classes, said))
    assert np.array_equal(found.confusion, sklearn.confusion_matrix(classes, said))
    skill = classifier_skill(found.confusion)
    assert skill.balanced == pytest.approx(sklearn.balanced_accuracy_score(classes, said))
    share(to_json(found)["accuracy_interval"], int((classes == said).sum()), 203)


def test_a_cascades_figures_are_those_of_its_confusions() -> None:
    found = document(("silence", "unknown", "yes", "no"), 301, 12)
    labels, wake = found["labels"], np.random.default_rng(13).integers(0, 256, 301) / 256
    scores = np.array([item["scores"] for item in found["pictures"]])
    classes = np.array([labels.index(item["label"]) for item in found["pictures"]])
    cascade = to_json(cascade_clips(wake, scores, classes, n_silent=2, threshold=0.375))
    awake, word, known = wake >= 0.375, classes >= 2, scores.argmax(axis=1) == classes
    lost = sklearn.confusion_matrix(np.ones(int((word & known).sum())), awake[word & known], labels=[0, 1])[1]
    woken = sklearn.confusion_matrix(word, awake)[0]
    assert cascade["words_lost_share"] == pytest.approx(1 - sklearn.recall_score(word & known, awake & word & known))
    assert cascade["false_wake_share"] == pytest.approx(woken[1] / woken.sum())
    share(cascade["words_lost_interval"], lost[0], lost.sum())
    share(cascade["false_wake_interval"], woken[1], woken.sum())
    said = np.where(awake, scores.argmax(axis=1), np.where(word, -1, classes))  # asleep, no word is right
    assert cascade["accuracy"] == pytest.approx(sklearn.accuracy_score(classes, said))
    share(cascade["accuracy_interval"], int((classes == said).sum()), 301)


def test_figures_of_series_are_scikit_learns() -> None:
    normal, other = anomaly_scores(14)
    by_class = {"1": normal, "2": other[:50], "3": other[50:]}
    roc = roc_curve(normal, other, miss_cost=1, alarm_cost=1, fault_share=0.5)
    scores = SeriesScores(normal=normal, by_class=by_class, roc=roc, threshold=1.75)
    point, truth = scores.at_threshold, np.repeat([0, 1], (len(normal), len(other)))
    high = np.concatenate((normal, other)) >= 1.75
    counts = sklearn.confusion_matrix(truth, high)
    assert point.false_rate == pytest.approx(counts[0, 1] / counts[0].sum())
    assert (point.precision, point.recall, point.f1) == pytest.approx(
        (sklearn.precision_score(truth, high), sklearn.recall_score(truth, high), sklearn.f1_score(truth, high))
    )
    for name, figures in scores.figures().items():
        n_high = int((by_class[name] >= 1.75).sum())
        assert figures.n == len(by_class[name])
        assert figures.high_share == pytest.approx(n_high / figures.n)
        assert figures.median_score == pytest.approx(stats.scoreatpercentile(by_class[name], 50))
        share(to_json(figures)["high_interval"], n_high, figures.n)


def test_a_gestures_figures_are_those_of_its_confusion() -> None:
    found = document(("still", "other", "updown", "wave"), 211, 15)
    scores = np.array([item["scores"] for item in found["pictures"]])
    classes = np.array([found["labels"].index(item["label"]) for item in found["pictures"]])
    point = to_json(threshold_point(scores, classes, 2, 0.75))
    said = np.where((scores.max(axis=1) >= 0.75) & (scores.argmax(axis=1) >= 2), scores.argmax(axis=1), 4)
    counts = sklearn.confusion_matrix(classes, said, labels=range(5))
    false, told = int(counts[:2, 2:4].sum()), int(counts[2, 2] + counts[3, 3])
    assert (point["n_others"], point["n_gestures"]) == (counts[:2].sum(), counts[2:4].sum())
    assert (point["false_rate"], point["told_rate"]) == pytest.approx(
        (false / counts[:2].sum(), told / counts[2:4].sum())
    )
    share(point["false_interval"], false, counts[:2].sum())
    share(point["told_interval"], told, counts[2:4].sum())


def test_a_learning_curves_table_is_scikit_learns_and_scipys() -> None:
    rng, points = np.random.default_rng(16), []
    classes, expected = rng.integers(0, 3, 150), []
    for n in (25, 50, 100, 200):
        scores = rng.random((150, 3)) + n / 200 * np.eye(3)[classes]
        points.append(CurvePoint(n_learnt_from=n, test=classifier_metrics(scores, classes)))
        right = sklearn.accuracy_score(classes, scores.argmax(axis=1), normalize=False)
        bounds = stats.binomtest(int(right), 150).proportion_ci(method="wilson")
        expected.append((str(n), f"{right / 1.5:.1f} %", f"95 %: {100 * bounds.low:.1f} to {100 * bounds.high:.1f} %"))
    (grid,) = (part for part in curve_section(points).parts if isinstance(part, Grid))
    assert list(grid.rows) == expected

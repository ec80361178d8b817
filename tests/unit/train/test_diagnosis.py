"""A training's diagnosis: nothing learnt, overfitting, underfitting."""

from __future__ import annotations

import numpy as np
import pytest
from tinyhost.metrics.classifier import classifier_metrics
from tinyhost.train.core.diagnosis import (
    below_requirement,
    confused_pairs,
    fitting_hints,
    no_detection_skill,
    no_skill,
    too_few,
    too_few_to_detect,
    unheard_classes,
)
from tinyhost.train.core.evidence import Counts, Evidence, Judgement
from tinyhost.train.core.second_opinion import block_features, second_opinion, shipped_features

from tests.lazily import lazily

stats = lazily("scipy.stats")

LABELS = ("silence", "unknown", "yes", "no")


def _history(*rows: tuple[float, float, float, float]) -> list[dict[str, float]]:
    names = ("loss", "accuracy", "val_loss", "val_accuracy")
    return [dict(zip(names, row, strict=True)) for row in rows]


def _over(n: int, first: tuple[float, ...], last: tuple[float, ...]) -> list[dict[str, float]]:
    """Return n epochs, evenly from the first to the last."""
    steps = [[a + (b - a) * i / (n - 1) for a, b in zip(first, last, strict=True)] for i in range(n)]
    return _history(*((s[0], s[1], s[2], s[3]) for s in steps))


def _judged(held_out: Counts, crossed: Counts = ()) -> Judgement:
    return Evidence(tested=held_out, held_out=held_out, crossed=crossed).judge()


def test_one_constant_answer_is_reported_to_be_useless() -> None:
    counts = ((6, 0, 0, 0), (24, 0, 0, 0), (12, 0, 0, 0), (12, 0, 0, 0))
    judged = Evidence(tested=counts, held_out=counts).judge((1, 2, 3))
    assert no_skill(judged, LABELS, "clips") == (
        "the model is right on 0 of 48 clips, no better than always answering unknown, which is right on 24: "
        "it has learnt nothing"
    )


def test_what_is_only_luckily_better_is_useless_either() -> None:
    text = no_skill(_judged(((20, 14), (16, 15))), ("no_person", "person"), "pictures")
    assert "right on 35 of 65 pictures, not more than by chance better than always answering no_person" in text


def test_a_model_that_has_learnt_something_has_no_failure() -> None:
    assert no_skill(_judged(((30, 4), (6, 25))), ("no_person", "person"), "pictures") == ""


def test_few_samples_are_judged_together_with_a_cross_validation_of_all() -> None:
    few = ((4, 2), (3, 3))  # 7 of 12
    text = no_skill(_judged(few, ((16, 14), (15, 15))), ("go", "stop"), "clips for testing")
    assert "right on 7 of 12 clips for testing and choosing, not more than by chance better" in text
    assert "cross-validated on all samples (right on 31 of 60; always go: 30)" in text
    assert "some 730 samples would show it" in text  # z is 0.56 and 0.26, 0.47 together: (1.645 / 0.47)^2 as many
    assert no_skill(_judged(few, ((27, 3), (4, 26))), ("go", "stop"), "clips") == ""
    constant = no_skill(_judged(((6, 0), (6, 0)), ((27, 3), (4, 26))), ("go", "stop"), "clips")
    assert constant.endswith("always answering go, which is right on 6: it has learnt nothing")


def test_too_few_samples_to_judge_are_reported_and_believed() -> None:
    judged = _judged(((2, 0), (1, 1)), ((3, 0), (1, 2)))
    assert no_skill(judged, ("go", "stop"), "clips") == ""
    assert too_few(judged, "clips").startswith("4 clips are too few")
    assert too_few(_judged(((6, 0), (0, 6))), "clips") == ""  # all of twelve are no luck


def test_few_samples_that_show_neither_skill_nor_the_lack_of_it_are_told_and_believed() -> None:
    judged = _judged(((4, 2), (2, 4)), ((8, 4), (4, 8)))  # 8 of 12, and 16 of 24
    assert not judged.is_shown
    assert no_skill(judged, ("go", "stop"), "clips") == ""
    assert too_few(judged, "clips").startswith("12 clips are too few")
    assert no_detection_skill(0.6, 20, 3, "series") == ""
    assert too_few_to_detect(0.6, 20, 3, "series").startswith("3 series are too few")
    assert too_few_to_detect(0.6, 200, 30, "series") == ""
    assert "chance alone reaches 0.593" in no_detection_skill(0.59, 200, 30, "series")


@pytest.mark.parametrize(("known", "linear", "least", "most"), [(0.5, 0.5, 0.85, 1.0), (0.85, 0.7, 0.0, 0.06)])
def test_how_often_trainings_on_40_samples_are_called_useless(
    known: float, linear: float, least: float, most: float
) -> None:
    rng, found = np.random.default_rng(1), []
    for _ in range(300):
        held_out, crossed = (
            [[n - k, k] if row else [k, n - k] for row, k in enumerate(rng.binomial(n, share, 2).tolist())]
            for n, share in ((6, known), (20, linear))
        )
        found.append(_judged(_tuples(held_out), _tuples(crossed)).is_useless)
    assert least <= np.mean(found) <= most


def _tuples(rows: list[list[int]]) -> Counts:
    return tuple(map(tuple, rows))


def test_labels_are_alike_unless_held_out_samples_or_all_of_them_tell_them_apart() -> None:
    held_out = ((9, 0, 0), (0, 5, 4), (0, 4, 5))
    same = Evidence(tested=held_out, held_out=held_out, crossed=((9, 0, 0), (0, 16, 14), (0, 15, 15)))
    assert confused_pairs(same, ("go", "on", "off"), range(3)) == [("on", "off")]
    other = Evidence(tested=held_out, held_out=held_out, crossed=((9, 0, 0), (0, 27, 3), (0, 4, 26)))
    assert confused_pairs(other, ("go", "on", "off"), range(3)) == []


def _opinion(seed: int, *, is_random: bool) -> Judgement:
    rng = np.random.default_rng(seed)
    classes = np.arange(40) % 2
    smooth = rng.normal(0, 9, (40, 12, 6))
    seen = np.where(classes[:, None, None] == 1, smooth.cumsum(axis=1), smooth * 3).astype(np.int8)
    told = rng.permutation(classes) if is_random else classes
    names = [str(index) for index in range(40)]
    return _judged(((6, 0), (0, 0)), second_opinion(seen, told, 2, features=block_features, groups=names, units=names))


def test_a_second_opinion_knows_what_can_be_learnt_from_what_is_chance() -> None:
    shown, chance = ([_opinion(seed, is_random=is_random).crossed for seed in (1, 2)] for is_random in (False, True))
    assert min(skill.z for skill in shown if skill) > 4.0
    assert max(skill.z for skill in chance if skill) < 2.0


def test_what_belongs_together_is_never_learnt_from_and_judged() -> None:
    rng = np.random.default_rng(1)
    speakers = np.repeat(np.arange(12), 6)  # each one is heard in each of its clips, and says one word only
    seen = (rng.normal(0, 20, (12, 8, 8))[speakers] + rng.normal(0, 1, (72, 8, 8))).astype(np.int8)
    classes, names = speakers % 2, [str(index) for index in range(72)]
    groups = [str(speaker) for speaker in speakers]
    leaking = second_opinion(seen, classes, 2, features=block_features, groups=names, units=names)
    kept_apart = second_opinion(seen, classes, 2, features=block_features, groups=groups, units=groups)
    assert leaking == ((36, 0), (0, 36))
    assert sum(map(sum, kept_apart)) == 12
    assert kept_apart[0][0] + kept_apart[1][1] < 10


@pytest.mark.parametrize(("name", "shape", "axes", "n"), [("kws", (49, 40), (0,), 720), ("vww", (64, 80), (0, 1), 242)])
def test_features_of_a_shipped_model_are_of_any_size_of_sample(
    name: str, shape: tuple[int, int], axes: tuple[int, ...], n: int
) -> None:
    samples = np.random.default_rng(0).integers(-128, 128, (2, *shape)).astype(np.int8)
    features = shipped_features(name, samples, axes)
    assert features.shape == (2, n)
    assert np.array_equal(features[1], shipped_features(name, samples[1:], axes)[0])


@pytest.mark.parametrize("seed", range(20))
def test_scores_that_are_higher_by_luck_are_those_of_the_u_test(seed: int) -> None:
    rng = np.random.default_rng(seed)
    normal, other = rng.normal(0, 1, 40), rng.normal(0.35, 1, 25)
    found = stats.mannwhitneyu(other, normal, alternative="greater", method="asymptotic", use_continuity=False)
    text = no_detection_skill(found.statistic / (40 * 25), 40, 25, "other series")
    assert (text == "") == (found.pvalue < 0.05)


def test_a_model_below_the_least_accuracy_is_reported_with_the_chance_of_it() -> None:
    scores, classes = np.eye(2)[np.repeat([0, 1], (85, 15))], np.zeros(100, np.int64)
    metrics = classifier_metrics(scores, classes)
    assert (
        below_requirement(metrics, 0.99, "clips") == "the model is right on 85.0% of 100 clips, expected 99.0% or more"
    )
    assert "(so few that this may be due to chance), expected 90.0% or more" in below_requirement(metrics, 0.9, "clips")
    assert below_requirement(metrics, 0.85, "clips") == below_requirement(metrics, None, "clips") == ""


def test_a_class_that_is_never_recognized_is_named() -> None:
    counts = ((6, 0, 0, 0), (0, 24, 0, 0), (0, 3, 9, 0), (0, 10, 2, 0))
    assert [text.split(";")[0] for text in unheard_classes(counts, LABELS)] == [
        "no: none of 12 held-out samples was recognized"
    ]


def test_over_fitting_is_reported_by_the_gap_and_by_the_turn() -> None:
    gap = [*fitting_hints(_over(10, (1.0, 0.5, 1.0, 0.5), (0.1, 0.99, 0.8, 0.7)), "More clips")]
    assert gap == [
        "overfitting: accuracy 99% on what it learns from, 70% on what is held out. "
        "More clips help more than training longer"
    ]
    down, up = (
        _over(6, (1.0, 0.5, 1.0, 0.5), (0.5, 0.8, 0.5, 0.8)),
        _over(6, (0.4, 0.8, 0.6, 0.8), (0.1, 0.9, 0.9, 0.8)),
    )
    assert "held-out loss rose again after epoch 6 of 12, which was taken" in next(fitting_hints([*down, *up], "More"))


def test_under_fitting_is_reported_and_that_it_could_go_on() -> None:
    hints = [*fitting_hints(_over(8, (1.4, 0.3, 1.4, 0.3), (0.9, 0.6, 0.9, 0.62)), "More clips")]
    assert [hint.split(":")[0] for hint in hints] == ["underfitting", "held-out loss was still falling in epoch 8"]
    assert hints[1].endswith("--resume --epochs 16")


@pytest.mark.parametrize("n", [1, 7, 20])
def test_a_good_run_and_a_short_one_have_no_hints(n: int) -> None:
    good = _over(max(n, 2), (0.30, 0.95, 0.29, 0.95), (0.29, 0.96, 0.288, 0.955))
    assert not [*fitting_hints(good[:n], "More")]


def test_an_autoencoder_is_judged_by_its_losses() -> None:
    history = [{"loss": 0.5 - 0.04 * i, "val_loss": 0.6 - 0.01 * i} for i in range(10)]
    assert next(fitting_hints(history, "More")).startswith("overfitting: loss 0.14 on what it learns from, 0.51")

"""Diagnosis of a training run: nothing learnt, overfitting, underfitting."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import combinations

from tinyhost.metrics.classifier import ClassifierMetrics
from tinyhost.metrics.skill import Skill, chance_auc, is_short_auc
from tinyhost.train.core.evidence import Evidence, Judgement

__all__ = [
    "below_requirement",
    "confused_pairs",
    "fitting_hints",
    "no_detection_skill",
    "no_skill",
    "too_few",
    "too_few_to_detect",
    "unheard_classes",
]

_GAP = 0.1  # of accuracy, between what is learnt from and what is held out
_LOSS_GAP = 2.0  # as a ratio, where there is no accuracy
_RISE = 1.1  # of the held-out loss after its best epoch
_POOR = 0.8  # of accuracy on what is learnt from
_FALL = 0.97  # of the held-out loss over the last quarter: it still falls
_MIN_OF_EACH = 6  # samples of a label, to say that it is taken for another
_MIN_EPOCHS = 8  # fewer say nothing about where a run is going


def no_skill(judged: Judgement, labels: Sequence[str], what: str) -> str:
    """Return why a classifier is useless, "" if it is not; what: the samples, as in `clips for testing`."""
    if not judged.is_useless:
        return ""
    if not judged.is_little:
        return f"{_compared(judged.tested, labels, what)}: it has learnt nothing"
    compared = _compared(judged.held_out, labels, f"{what} and choosing")
    if judged.crossed is None or judged.is_plainly_useless:
        return f"{compared}: it has learnt nothing"
    crossed, needed = judged.crossed, judged.n_needed
    more = f"if one can, some {needed:,} samples would show it" if needed else "more of the same would hardly help"
    return (
        f"{compared}; nor does a linear classifier tell them apart, cross-validated on all samples (right on "
        f"{crossed.n_right} of {crossed.n}; always {labels[crossed.most_frequent]}: {crossed.n_constant}). Check the "
        f"labels (tinyhost data check), and whether a person can tell the samples apart: {more}"
    )


def too_few(judged: Judgement, what: str) -> str:
    """Return the remark that a classifier's samples are too few to judge it, "" if they are not."""
    return "" if judged.is_shown or judged.is_useless else _few(judged.tested.n, what)


def _few(n: float, what: str) -> str:
    return f"{n:,.0f} {what} are too few to tell what was learnt from chance; record more"


def _compared(skill: Skill, labels: Sequence[str], what: str) -> str:
    """Return how often a model is right, beside the best constant answer."""
    plainly = skill.n_right <= skill.n_constant
    return (
        f"the model is right on {skill.n_right} of {skill.n} {what}, "
        f"{'no better than' if plainly else 'not more than by chance better than'} always answering "
        f"{labels[skill.most_frequent]}, which is right on {skill.n_constant}"
    )


def no_detection_skill(auc: float, n_normal: float, n_other: float, what: str) -> str:
    """Return why a detector is useless, "" if it is not; numbers of independent samples, whose scores are what.

    what: as in `anomalous windows`.
    """
    limit = chance_auc(n_other, n_normal)
    if auc > 0.5 and (auc > limit or not is_short_auc(auc, n_other, n_normal)):
        return ""
    if auc <= 0.5:
        return f"{what} score no higher than normal ones: AUC {auc:.3f}"
    return f"{what} score higher than normal ones by chance at most: AUC {auc:.3f}; chance alone reaches {limit:.3f}"


def too_few_to_detect(auc: float, n_normal: float, n_other: float, what: str) -> str:
    """Return the remark that samples are too few to judge a detector, as `no_detection_skill` does, "" if not."""
    is_open = 0.5 < auc <= chance_auc(n_other, n_normal) and not is_short_auc(auc, n_other, n_normal)
    return _few(n_other, what) if is_open else ""


def confused_pairs(evidence: Evidence, labels: Sequence[str], wanted: Sequence[int]) -> list[tuple[str, str]]:
    """Return the pairs of wanted labels that a model does not tell apart better than chance.

    Only answers that are one of the two count, of pairs with six such samples or more of either label.
    """
    found = []
    for first, second in combinations(wanted, 2):
        pair = evidence.between(first, second)
        if min(map(sum, pair.held_out)) >= _MIN_OF_EACH and pair.judge().is_useless:
            found.append((labels[first], labels[second]))
    return found


def below_requirement(metrics: ClassifierMetrics, least: float | None, what: str) -> str:
    """Return why a classifier misses the required accuracy, "" if it does not; what: the samples."""
    if least is None or metrics.accuracy >= least:
        return ""
    interval = metrics.accuracy_interval
    maybe = " (so few that this may be due to chance)" if interval is not None and interval.high >= least else ""
    return f"the model is right on {metrics.accuracy:.1%} of {metrics.n:,} {what}{maybe}, expected {least:.1%} or more"


def unheard_classes(confusion: Sequence[Sequence[int]], labels: Sequence[str]) -> Iterator[str]:
    """Yield a remark for each class of which no held-out sample was recognized."""
    for index, row in enumerate(confusion):
        if sum(row) and not row[index]:
            yield f"{labels[index]}: none of {sum(row)} held-out samples was recognized; check them, and add more"


def fitting_hints(history: Sequence[dict[str, float]], more: str) -> Iterator[str]:
    """Yield hints from the epochs' figures; more: remedies against overfitting."""
    if len(history) < _MIN_EPOCHS:
        return
    best = min(range(len(history)), key=lambda index: history[index]["val_loss"])
    last, at_best, n = history[-1], history[best], len(history)
    known = at_best.get("accuracy")
    if known is not None:
        held_out = at_best["val_accuracy"]
        gap = known - held_out > _GAP
        figures = f"accuracy {known:.0%} on what it learns from, {held_out:.0%} on what is held out"
    else:
        gap = at_best["val_loss"] > _LOSS_GAP * at_best["loss"]
        figures = f"loss {at_best['loss']:.3g} on what it learns from, {at_best['val_loss']:.3g} on what is held out"
    rose = last["val_loss"] > _RISE * at_best["val_loss"] and last["loss"] < at_best["loss"]
    if gap or rose:
        turned = f"; held-out loss rose again after epoch {best + 1} of {n}, which was taken" if rose else ""
        yield f"overfitting: {figures}{turned}. {more} help more than training longer"
    elif known is not None and known < _POOR and not math.isclose(known, 0.0):
        yield f"underfitting: {figures}. Train longer (--epochs), or make the classes easier to tell apart"
    earlier = min(epoch["val_loss"] for epoch in history[: max(1, 3 * n // 4)])
    if best == n - 1 and at_best["val_loss"] < _FALL * earlier and not gap:
        yield f"held-out loss was still falling in epoch {n}: continue with --resume --epochs {2 * n}"

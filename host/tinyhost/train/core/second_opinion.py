"""A second opinion on little data: a linear classifier on all samples, in cross-validation.

Of some dozen samples a training can hold out a handful, which do not tell a model from luck. On features that nobody
fitted to these samples, a linear classifier is trained in a moment, so that each sample can be judged by one that
learnt from the others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler.api import compile_tflite
from tinyhost.compiler.image import ModelImage
from tinyhost.compiler.image_format import Task
from tinyhost.metrics.classifier import confusion_matrix
from tinyhost.metrics.skill import by_unit
from tinyhost.models.catalogue import fetch
from tinyhost.models.file import read_tflite_file
from tinyhost.models.reference import HostReference
from tinyhost.train.core.evidence import Counts

__all__ = ["block_features", "second_opinion", "shipped_features"]

_MOST_SAMPLES = 600  # more need no second opinion
_N_FOLDS = 10
_PENALTY = 300.0  # many more features than samples
_LARGEST_MAP = 16  # places along a side
_N_BLOCKS = 8  # along a side


def second_opinion(
    samples: NDArray[Any],
    classes: NDArray[np.int64],
    n_classes: int,
    *,
    features: Callable[[Any], NDArray[np.float64]],
    groups: Sequence[str],
    units: Sequence[str],
) -> Counts:
    """Return the confusion of linear classifiers, each judged on samples held out from it; rows: true classes.

    samples: (n, ...); classes, groups and units: of each; features: of samples, (n, n_features). A group is what has to
    be learnt from or judged together, such as what one speaker says; a unit is what counts as one sample (`by_unit`).
    Of many samples some are drawn. Empty if a class has one group only.
    """
    from sklearn.linear_model import RidgeClassifier
    from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    drawn = np.sort(np.random.default_rng(0).permutation(len(samples))[:_MOST_SAMPLES])
    classes, group_of = classes[drawn], np.unique(np.asarray(groups)[drawn], return_inverse=True)[1]
    found = np.unique(classes)
    n_folds = min(_N_FOLDS, *(len(set(group_of[classes == index])) for index in found))
    if n_folds < 2 or len(found) < 2:
        return ()
    linear = make_pipeline(StandardScaler(), RidgeClassifier(alpha=_PENALTY, class_weight="balanced"))
    folds = StratifiedGroupKFold(n_folds, shuffle=True, random_state=0)
    answers = cross_val_predict(linear, features(samples[drawn]), classes, groups=group_of, cv=folds)
    true, said = by_unit([units[index] for index in drawn], classes, answers)
    return confusion_matrix(said, true, n_classes)


def shipped_features(name: str, samples: NDArray[np.int8], axes: tuple[int, ...]) -> NDArray[np.float64]:
    """Return the activations of a shipped model for samples (n, height, width), (n, n_features).

    Maxima and means along axes (0: height, 1: width) of each last map of a size; samples of another size are thinned
    out or repeated.
    """
    image = compile_tflite(read_tflite_file(fetch(name))[0], name=name, task=Task.GENERIC).image
    parsed, engine = ModelImage.parse(image), HostReference(image).engine
    shapes = [tuple(parsed.tensor_info(operator.output).shape) for operator in parsed.operators]
    maps = [
        place
        for place, (own, after) in enumerate(pairwise(shapes))
        if len(own) == 4 and 1 < max(own[1:3]) <= _LARGEST_MAP and own[1:3] != after[1:3]
    ]
    height, width = parsed.input.shape[1:3]
    rows, columns = (np.arange(n) * m // n for n, m in zip((height, width), samples.shape[1:], strict=True))
    features = []
    for sample in samples[:, rows][:, :, columns]:
        engine.reset()
        engine.set_input(np.ascontiguousarray(sample).tobytes())
        found, done = [], 0
        for place in maps:
            engine.invoke_range(done, place + 1)
            done = place + 1
            output = engine.operator_output(place).reshape(shapes[place][1:]).astype(np.float64)
            found += [output.max(axis=axes).reshape(-1), output.mean(axis=axes).reshape(-1)]
        features.append(np.concatenate(found))
    return np.stack(features)


def block_features(samples: NDArray[np.int8]) -> NDArray[np.float64]:
    """Return means, spreads and mean steps in 8 by 8 blocks of samples (n, height, width), (n, n_features)."""
    real = samples.astype(np.float64)
    steps = (np.abs(np.diff(real, axis=axis, append=np.take(real, [-1], axis=axis))) for axis in (1, 2))
    mean, square, down, across = map(_pooled, (real, real * real, *steps))
    return np.concatenate((mean, np.sqrt(np.maximum(square - mean * mean, 0.0)), down, across), axis=1)


def _pooled(values: NDArray[np.float64]) -> NDArray[np.float64]:
    rows, columns = (np.linspace(0, n, min(_N_BLOCKS, n) + 1).astype(int)[:-1] for n in values.shape[1:])
    sums = np.add.reduceat(np.add.reduceat(values, rows, axis=1), columns, axis=2)
    places = np.add.reduceat(np.add.reduceat(np.ones_like(values[:1]), rows, axis=1), columns, axis=2)
    pooled: NDArray[np.float64] = (sums / places).reshape(len(values), -1)
    return pooled

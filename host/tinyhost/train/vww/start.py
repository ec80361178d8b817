"""The network that training starts from, and its accuracy on its own classes afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler.tflite_reader import read_tflite
from tinyhost.datasets.picture_splits import PictureSet, load_splits
from tinyhost.datasets.pictures import split_roots
from tinyhost.errors import UsageError
from tinyhost.metrics.classifier import ClassifierMetrics
from tinyhost.models.catalogue import fetch
from tinyhost.models.file import labels_beside, read_tflite_file
from tinyhost.protocol.labels import normal_label
from tinyhost.train.core.fitting import float_metrics
from tinyhost.train.core.published import is_published, read_published
from tinyhost.train.core.warm_start import load_run_weights, load_tflite_weights, n_outputs, start_file
from tinyhost.train.vww.config import VwwTrainConfig
from tinyhost.train.vww.feed import to_input
from tinyhost.train.vww.head import HEAD
from tinyhost.train.vww.network import mobilenet_v1
from tinyhost.train.vww.published import load_published

__all__ = ["Start", "load_start", "new_network"]


@dataclass(frozen=True, kw_only=True)
class Start:
    """A trained network, with the head for its own classes."""

    model: Any
    labels: tuple[str, ...]
    """of its outputs; empty if the file has none beside it"""

    def knows(self, labels: Sequence[str]) -> bool:
        """Whether its classes are these; without labels, whether it has as many."""
        return self.labels == tuple(labels) if self.labels else self.n_classes == len(labels)

    @property
    def n_classes(self) -> int:
        """Number of its outputs."""
        return int(self.model.output_shape[-1])

    def give(self, model: Any, *, head: bool) -> None:
        """Copy its weights to another network; head: also those of the last layer."""
        for layer in self.model.layers:
            if head or layer.name != HEAD:
                model.get_layer(layer.name).set_weights(layer.get_weights())

    def judged(self, pictures: PictureSet, body: Any = None) -> ClassifierMetrics:
        """Return how right it is; body: a network whose layers before the head are put in the place of its own."""
        if body is not None:
            kept = [layer.get_weights() for layer in self.model.layers]
            Start(model=body, labels=()).give(self.model, head=False)
        metrics = float_metrics(self.model, to_input(pictures.pictures), pictures.classes)
        if body is not None:
            for layer, weights in zip(self.model.layers, kept, strict=True):
                layer.set_weights(weights)
        return metrics

    def own_pictures(self, folder: Path) -> PictureSet:
        """Return its test set: the part for testing of a divided set, else all of it. Raises DatasetError, UsageError.

        Raises UsageError if nobody knows what its outputs mean.
        """
        if not self.labels:
            raise UsageError(f"--start-data {folder}: the start has no labels", hint="put a labels.txt beside it")
        splits = load_splits(folder, self.labels, min_per_class=0, size=int(self.model.input_shape[1]))
        if split_roots(folder):
            return splits.test
        parts = (splits.train, splits.val, splits.test)
        return PictureSet(
            pictures=np.concatenate([part.pictures for part in parts]),
            classes=np.concatenate([part.classes for part in parts]),
            paths=tuple(path for part in parts for path in part.paths),
        )


def new_network(config: VwwTrainConfig, n_classes: int) -> Any:
    """Return an untrained network."""
    return mobilenet_v1(size=config.size, alpha=config.alpha, n_classes=n_classes, dropout=config.dropout, l2=config.l2)


def load_start(config: VwwTrainConfig, pictures: NDArray[np.uint8], n_classes: int) -> Start:
    """Return the network that `start_from` names, by default the one that ships.

    pictures: what will be learnt from, (n, size, size). n_classes: those of weights with no labels beside them. Raises
    ModelError if it is not of this architecture and width.
    """
    source = start_file(config.start_from or fetch("vww"))
    if source.suffix == ".tflite":
        content, labels = read_tflite_file(source)
        model = new_network(config, n_outputs(read_tflite(content, where=str(source))))
        load_tflite_weights(model, content, to_input(pictures), str(source))
    elif is_published(source):
        labels, n_published = (), len(read_published(source)[1][1])
        model = new_network(config, n_published)
        load_published(model, source, pictures, tuple(range(n_published)))
    else:
        labels = labels_beside(source)
        model = new_network(config, len(labels) or n_classes)
        load_run_weights(model, source)
    labels = tuple(map(normal_label, labels))
    return Start(model=model, labels=labels if len(labels) == int(model.output_shape[-1]) else ())

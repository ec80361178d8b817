"""Storage of samples that a model was unsure of, to be labelled next: from a live view, or kept by a board."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tinyhost.datasets.capture.recorder import Recording
from tinyhost.datasets.capture.recordings import store_motion, store_sound
from tinyhost.datasets.manifest import Sample
from tinyhost.datasets.origin import Origin
from tinyhost.datasets.store import DatasetStore

__all__ = ["UNSURE", "UnsureAnswer", "margin_of", "store_unsure"]

UNSURE = "unsure"
"""the folder in the data set"""


def margin_of(scores: Sequence[float]) -> float:
    """Return the distance between the best score and the second best."""
    best = sorted(scores)[-2:]
    return best[1] - best[0] if len(best) == 2 else float("inf")


@dataclass(frozen=True, kw_only=True)
class UnsureAnswer:
    """A model's prediction for a sample, in real units."""

    model: str
    proposed: str
    """the label with the highest smoothed score, or the alarm's state"""
    margin: float
    scores: Mapping[str, float]
    """by label; of an app that raises alarms, its `score`"""
    model_sha256: str = ""
    """of the model image, hex; empty if it is not known"""
    time: str = ""
    """when it was taken, UTC, ISO 8601; empty: as it is stored"""

    def attributes(self) -> dict[str, str]:
        """Return it as attributes of the manifest's line."""
        scores = " ".join(f"{label}={score:.4f}" for label, score in self.scores.items())
        found = {"proposed": self.proposed, "margin": f"{self.margin:.4f}", "scores": scores, "model": self.model}
        found |= {"model_sha256": self.model_sha256} if self.model_sha256 else {}
        return found | ({"taken": self.time} if self.time else {})


def store_unsure(
    store: DatasetStore,
    values: NDArray[np.uint8] | NDArray[np.int16],
    origin: Origin,
    answer: UnsureAnswer,
    *,
    timestamp_us: int,
    rate_hz: float = 0.0,
    scale: float = 0.0,
    frame_index: int = -1,
    dropped: int = -1,
    scene_item: str = "",
) -> Sample:
    """Store a sample under `unsure`, with the model's prediction; return its line. Raises DatasetError.

    values: a picture, (height, width) uint8, or (n, n_channels) int16 counts of sound or motion at rate_hz, one of
    which is `scale` of full scale or g. timestamp_us: of the board's clock, when they were taken, or begin.
    """
    origin = replace(origin, attributes={**origin.attributes, **answer.attributes()})
    if values.dtype == np.uint8:
        return store.add(
            values.astype(np.uint8),
            UNSURE,
            origin,
            frame_index=frame_index,
            dropped=dropped,
            timestamp_us=timestamp_us,
            scene_item=scene_item,
        )
    samples = values.astype(np.int16)
    recording = Recording(samples=samples, rate_hz=rate_hz, scale=scale, timestamp_us=timestamp_us, n_missing=0)
    write = store_sound if samples.shape[1] == 1 else store_motion
    return write(store, recording, UNSURE, origin, scene_item)

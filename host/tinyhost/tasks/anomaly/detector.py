"""Anomaly detection by the firmware's code on this computer, and on the board."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tinyhost import _firmware
from tinyhost.compiler import ModelImage, image_for_tinyhost
from tinyhost.compiler.anomaly_task import AnomalyTask
from tinyhost.errors import DeviceError, LinkLostError, ModelError
from tinyhost.models.reference import HostReference
from tinyhost.motion.features import log_features, quantize, slide
from tinyhost.motion.score import alarm_onsets
from tinyhost.protocol.status import Status

if TYPE_CHECKING:
    from tinyhost.device import Device, FedResult

__all__ = ["FedRun", "HostDetector", "feed_run", "n_different"]

_TRIES = 3


class HostDetector:
    """An anomaly detector: the firmware's code, run on this computer."""

    def __init__(self, image: bytes) -> None:
        """Raise ModelError for an image without AnomalyParams."""
        parsed = ModelImage.parse(image_for_tinyhost(ModelImage.parse(image)))
        if not parsed.task_data:
            raise ModelError(
                f"{parsed.name}: the model does not contain the parameters of its features",
                hint="tinyhost train anomaly creates such a model",
            )
        self.task = AnomalyTask.unpack(parsed.task_data)
        self._engine = HostReference(parsed.data).engine
        embedding = self.task.embedding_operator
        self._n_first = self._engine.n_operators if embedding is None else embedding + 1
        tensors = (parsed.input, parsed.output)
        self._scorer = _firmware.AnomalyScorer(
            parsed.task_data, *((tensor.scale, tensor.zero_point) for tensor in tensors)
        )

    def scores(self, samples: NDArray[np.int16]) -> NDArray[np.int32]:
        """Return the score of each window of (n, 3) samples, in Q16."""
        motion, engine = self.task.motion, self._engine
        features = log_features(slide(samples, motion), motion)
        inputs = quantize(features, self.task.scaling)
        outputs = np.empty_like(inputs)
        embeddings = []
        for row, given in enumerate(inputs):
            engine.set_input(given)
            engine.invoke_range(0, self._n_first)
            if self.task.embedding_operator is not None:
                embeddings.append(engine.operator_output(self._n_first - 1).reshape(-1).astype(np.int8))
            engine.invoke_range(self._n_first, engine.n_operators)
            outputs[row] = engine.output().reshape(-1)
        seen = np.array(embeddings, np.int8) if embeddings else np.zeros((0, 0), np.int8)
        return self._scorer.score(inputs, outputs, seen)[:, 0].astype(np.int32)


@dataclass(frozen=True, kw_only=True)
class FedRun:
    """The board's results for a run of samples without a gap, one per window."""

    scores: NDArray[np.int32]
    """Q16"""
    states: NDArray[np.uint8]
    """AlarmState"""
    positions: NDArray[np.int64]
    """number of samples up to the window's end"""
    results: list[FedResult]

    @property
    def raised_at(self) -> list[int]:
        """The positions at which an alarm was raised."""
        return [int(self.positions[index]) for index in alarm_onsets(self.states)]


def feed_run(device: Device, samples: NDArray[np.int16], rate_hz: float) -> FedRun:
    """Return the board's results for (n, 3) samples, fed to it in place of its sensor's.

    A board whose session timed out has lost its state, so it is fed again from the start.
    """
    for n_left in reversed(range(_TRIES)):
        try:
            results = list(device.feed([samples], rate_hz=rate_hz))
            break
        except (LinkLostError, DeviceError) as error:
            is_lost = isinstance(error, LinkLostError) or error.status == Status.BAD_STATE
            if n_left == 0 or not is_lost:
                raise
    return FedRun(
        scores=np.array([item.prediction.score for item in results], np.int32),
        states=np.array([int(item.prediction.alarm) for item in results], np.uint8),
        positions=np.array([item.prediction.position for item in results], np.int64),
        results=results,
    )


def n_different(device: NDArray[np.int32], host: NDArray[np.int32]) -> int:
    """Return the number of windows whose scores differ, or that have a score on one side only."""
    n = min(len(device), len(host))
    return int((device[:n] != host[:n]).sum()) + abs(len(device) - len(host))

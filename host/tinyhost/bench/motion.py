"""How an anomaly detector does on recordings of a machine, through the board: scores, AUC, alarms, delays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from tinyhost import _firmware
from tinyhost.bench.listening import summarize_listening
from tinyhost.bench.motion_result import LabelAlarms, MotionAccuracy, MotionStream, SeenFault
from tinyhost.bench.result import HostAnswers
from tinyhost.compiler import ModelImage, image_for_tinyhost
from tinyhost.compiler.anomaly_task import AnomalyTask
from tinyhost.datasets.motion import NORMAL, MotionRun, MotionSet, load_motion_folder
from tinyhost.errors import DatasetError, DeviceError, LinkLostError, ModelError
from tinyhost.metrics.classifier import roc_auc
from tinyhost.models.reference import HostReference
from tinyhost.motion.csv import read_motion_csv
from tinyhost.motion.features import log_features, quantize, slide
from tinyhost.motion.score import ONE
from tinyhost.protocol.messages import AlarmState
from tinyhost.protocol.status import Status
from tinyhost.sensors.annotations import SpokenWord, read_truth

if TYPE_CHECKING:
    from tinyhost.device import Device, FedResult

__all__ = [
    "FedRun",
    "HostDetector",
    "feed_run",
    "judge_alarms",
    "load_motion",
    "measure_motion",
    "measure_motion_stream",
]

_TRIES = 3
_RAISED = (AlarmState.ALARM, AlarmState.CLEARING)


class HostDetector:
    """What the firmware's code on this computer makes of samples."""

    def __init__(self, image: bytes) -> None:
        """Raise ModelError for an image without AnomalyParams."""
        parsed = ModelImage.parse(image_for_tinyhost(ModelImage.parse(image)))
        if not parsed.task_data:
            raise ModelError(
                f"{parsed.name}: does not say how its input is made of samples", hint="tinyhost train anomaly makes one"
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
        """Return the score of each window of (n, 3) samples, Q16."""
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
    """What the board said to one stretch of samples, window by window."""

    scores: NDArray[np.int32]
    """Q16"""
    states: NDArray[np.uint8]
    """AlarmState"""
    positions: NDArray[np.int64]
    """samples up to the end of the window"""
    results: list[FedResult]

    @property
    def raised_at(self) -> list[int]:
        """Positions at which an alarm was raised."""
        raised = np.isin(self.states, _RAISED)
        rising = np.flatnonzero(np.diff(np.r_[False, raised].astype(np.int8)) > 0)
        return [int(self.positions[index]) for index in rising]


def feed_run(device: Device, samples: NDArray[np.int16], rate_hz: float) -> FedRun:
    """Return what the board says to (n, 3) samples, which it takes for its sensor's.

    A board that took this computer for lost has forgotten what it felt, so it is fed again from the start.
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


def load_motion(root: Path, rate_hz: float) -> MotionSet:
    """Return the recordings of label/*.csv. Raises DatasetError if their rate is not the model's."""
    motions = load_motion_folder(root)
    check_rate(str(root), motions.rate_hz, rate_hz)
    return motions


def check_rate(where: str, rate_hz: float, wanted_hz: float) -> None:
    """Raise DatasetError for samples at a rate that the board would refuse."""
    if abs(rate_hz - wanted_hz) > wanted_hz / 32:
        raise DatasetError(
            f"{where}: {rate_hz:.2f} samples per second, the model expects {wanted_hz:.2f}",
            hint="record with the board that the model is for, or train on these recordings",
        )


def measure_motion(
    device: Device,
    image: bytes,
    motions: MotionSet,
    data: Path,
    on_run: Callable[[int], None] = lambda done: None,
) -> MotionAccuracy:
    """Return what the board makes of recordings, and on how many windows this computer says anything else."""
    host = HostDetector(image)
    compared = mismatches = 0
    fed: dict[str, list[FedRun]] = {}
    for done, (run, samples) in enumerate(_stretches(motions.runs)):
        answer = feed_run(device, samples, motions.rate_hz)
        expected = host.scores(samples)
        compared += len(expected)
        mismatches += _different(answer.scores, expected)
        fed.setdefault(run.label, []).append(answer)
        on_run(done + 1)
    results = max((run.results for runs in fed.values() for run in runs), key=len, default=[])
    motion = host.task.motion
    return MotionAccuracy(
        data=data,
        threshold=host.task.alarm.threshold,
        labels={label: _label(runs, fed.get(NORMAL, [])) for label, runs in fed.items()},
        normal_hours=sum(len(run.scores) for run in fed.get(NORMAL, [])) * motion.hop / motion.rate_hz / 3600.0,
        host=HostAnswers(compared=compared, mismatches=mismatches),
        listening=summarize_listening(results, rate_hz=motion.rate_hz, unit=device.info.tick_unit),
        issues=motions.notes,
    )


def _stretches(runs: Sequence[MotionRun]) -> Iterator[tuple[MotionRun, NDArray[np.int16]]]:
    for run in runs:
        for piece in run.pieces:
            yield run, run.samples[piece]


def _different(device: NDArray[np.int32], host: NDArray[np.int32]) -> int:
    """Return how many windows have another score, or none on one side."""
    n = min(len(device), len(host))
    return int((device[:n] != host[:n]).sum()) + abs(len(device) - len(host))


def _label(runs: Sequence[FedRun], normal: Sequence[FedRun]) -> LabelAlarms:
    scores = np.concatenate([run.scores for run in runs])
    usual = np.concatenate([run.scores for run in normal]) if normal else np.zeros(0, np.int32)
    is_normal = runs is normal or not len(usual) or not len(scores)
    both = np.concatenate([usual, scores]).astype(np.float64)
    return LabelAlarms(
        n_windows=len(scores),
        n_recordings=len(runs),
        n_alarmed=sum(bool(run.raised_at) for run in runs),
        n_alarms=sum(len(run.raised_at) for run in runs),
        median_score=float(np.median(scores)) / ONE if len(scores) else 0.0,
        auc=None if is_normal else roc_auc(both, np.arange(len(both)) >= len(usual)),
    )


def judge_alarms(
    raised_s: Sequence[float], faults: Sequence[SpokenWord], *, tolerance_s: float
) -> tuple[tuple[SeenFault, ...], tuple[float, ...]]:
    """Return for each fault when it was noticed first, and the times of alarms that no fault explains.

    An alarm within a fault, or up to tolerance_s after it, is the fault's.
    """
    seen = []
    explained: set[float] = set()
    for fault in faults:
        own = [time_s for time_s in raised_s if fault.start_s <= time_s <= fault.end_s + tolerance_s]
        explained |= set(own)
        seen.append(
            SeenFault(
                label=fault.label,
                start_s=fault.start_s,
                end_s=fault.end_s,
                delay_s=own[0] - fault.start_s if own else None,
            )
        )
    return tuple(seen), tuple(time_s for time_s in raised_s if time_s not in explained)


def measure_motion_stream(
    device: Device,
    image: bytes,
    stream: Path,
    truth: Path | None,
    on_samples: Callable[[int, int], None] = lambda done, total: None,
) -> MotionStream:
    """Return what the board makes of one long recording.

    truth: what is wrong when (start_s,end_s,label); None: a .truth.csv beside it, or nothing is wrong all the time.
    """
    host = HostDetector(image)
    motion = host.task.motion
    recording = read_motion_csv(stream)
    check_rate(str(stream), recording.rate_hz, motion.rate_hz)
    beside = stream.with_suffix(".truth.csv")
    source = truth if truth is not None else beside if beside.is_file() else None
    faults = read_truth(source) if source else []
    samples, raised_s, n_windows, mismatches = recording.counts(), [], 0, 0
    for piece in recording.segments():
        offset = piece.start
        run = feed_run(device, samples[piece], recording.rate_hz)
        on_samples(piece.stop, len(samples))
        mismatches += _different(run.scores, host.scores(samples[piece]))
        n_windows += len(run.scores)
        raised_s += [(offset + position) / recording.rate_hz for position in run.raised_at]
    seen, false_s = judge_alarms(raised_s, faults, tolerance_s=motion.n_fft / motion.rate_hz)
    healthy_s = max(len(samples) / recording.rate_hz - sum(fault.end_s - fault.start_s for fault in faults), 1e-9)
    return MotionStream(
        stream=stream,
        seconds=len(samples) / recording.rate_hz,
        healthy_seconds=healthy_s,
        n_windows=n_windows,
        faults=seen,
        false_alarms_s=false_s,
        host=HostAnswers(compared=n_windows, mismatches=mismatches),
        issues=tuple(str(issue) for issue in recording.issues),
    )

"""Evaluation of an anomaly detector on the board, with recordings of a machine: scores, AUC, alarms, delays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.speakers import Part
from tinyhost.datasets.motion import NORMAL, MotionSet, load_motion_folder, part_of_motion
from tinyhost.datasets.motion_windows import long_enough
from tinyhost.datasets.skipped import none_usable
from tinyhost.errors import DatasetError
from tinyhost.metrics.alarms import judge_alarms
from tinyhost.metrics.classifier import roc_auc
from tinyhost.metrics.intervals import poisson_rate
from tinyhost.motion.csv import read_motion_csv
from tinyhost.motion.recording import MotionRecording
from tinyhost.motion.score import ONE
from tinyhost.motion.units import UNSTATED_UNITS, MotionUnits
from tinyhost.sensors.annotations import Annotation, read_annotations
from tinyhost.system.wording import counted
from tinyhost.tasks.anomaly.detector import FedRun, HostDetector, feed_run, n_different
from tinyhost.tasks.anomaly.findings import LabelAlarms, MotionAccuracy, MotionStream
from tinyhost.tasks.contract import Evaluation, Subject
from tinyhost.tasks.findings import HostAnswers, SampleVerdict, digest_of
from tinyhost.tasks.listening import summarize_listening

__all__ = ["FolderEvaluation", "RecordingEvaluation", "label_alarms", "load_folder", "load_recording"]


@dataclass(frozen=True, kw_only=True)
class FolderEvaluation(Evaluation):
    """Labelled recordings for a device to judge."""

    stage: ClassVar[str] = "recordings"

    root: Path
    motions: MotionSet
    host: HostDetector

    @property
    def n_steps(self) -> int:
        """Number of stretches without a gap."""
        return sum(len(run.pieces) for run in self.motions.runs)

    def run(self, subject: Subject, on_step: Callable[[int], None]) -> MotionAccuracy:
        """Return the board's results, and on how many windows this computer's differ."""
        compared = mismatches = 0
        fed: dict[str, list[FedRun]] = {}
        stretches: list[SampleVerdict] = []
        given = [(run.label, self.change(run.samples[piece])) for run in self.motions.runs for piece in run.pieces]
        rate_hz = self.motions.rate_hz
        answers = subject.pool.map(lambda device, item: feed_run(device, item[1], rate_hz), given, on_step)
        for (label, samples), answer in zip(given, answers, strict=True):
            expected = self.host.scores(samples)
            compared += len(expected)
            mismatches += n_different(answer.scores, expected)
            fed.setdefault(label, []).append(answer)
            right = bool(answer.raised_at) == (label != NORMAL)
            stretches.append(SampleVerdict(digest=digest_of(samples), label=label, right=right))
        results = max((run.results for runs in fed.values() for run in runs), key=len, default=[])
        motion, normal = self.host.task.motion, fed.get(NORMAL, [])
        return MotionAccuracy(
            data=self.root,
            threshold=self.host.task.alarm.threshold,
            labels={label: label_alarms(runs, normal) for label, runs in fed.items()},
            normal_hours=sum(len(run.scores) for run in normal) * motion.hop / motion.rate_hz / 3600.0,
            host=HostAnswers(compared=compared, mismatches=mismatches),
            listening=summarize_listening(results, rate_hz=motion.rate_hz, unit=subject.device.info.tick_unit),
            issues=self.motions.notes,
            recordings=len(self.motions),
            skipped=self.motions.skipped,
            stretches=tuple(stretches),
        )


@dataclass(frozen=True, kw_only=True)
class RecordingEvaluation(Evaluation):
    """One long recording for a device to judge, and the faults in it."""

    stage: ClassVar[str] = "stream"

    path: Path
    recording: MotionRecording
    faults: tuple[Annotation, ...]
    host: HostDetector

    @property
    def n_steps(self) -> int:
        """Number of samples."""
        return len(self.recording.counts())

    def run(self, subject: Subject, on_step: Callable[[int], None]) -> MotionStream:
        """Return which faults the board detects, and which alarms are false."""
        recording, motion = self.recording, self.host.task.motion
        samples, raised_s, n_windows, mismatches = recording.counts(), [], 0, 0
        for piece in recording.segments():
            run = feed_run(subject.device, samples[piece], recording.rate_hz)
            on_step(piece.stop)
            mismatches += n_different(run.scores, self.host.scores(samples[piece]))
            n_windows += len(run.scores)
            raised_s += [(piece.start + position) / recording.rate_hz for position in run.raised_at]
        seconds = len(samples) / recording.rate_hz
        noticed, false_s = judge_alarms(raised_s, self.faults, tolerance_s=motion.n_fft / motion.rate_hz)
        healthy_s = max(seconds - sum(fault.end_s - fault.start_s for fault in self.faults), 1e-9)
        per_hour = len(false_s) * 3600.0 / healthy_s
        return MotionStream(
            stream=self.path,
            seconds=seconds,
            healthy_seconds=healthy_s,
            n_windows=n_windows,
            faults=noticed,
            false_alarms_s=false_s,
            false_alarms_per_hour=per_hour,
            false_alarms_per_day=24.0 * per_hour,
            false_alarms_per_day_interval=poisson_rate(len(false_s), healthy_s / 86_400.0),
            host=HostAnswers(compared=n_windows, mismatches=mismatches),
            issues=(*filter(None, [recording.assumed]), *map(str, recording.issues)),
        )


def load_folder(root: Path, image: bytes, part: Part | None, units: MotionUnits) -> FolderEvaluation:
    """Return the recordings of label/*.csv that are long enough for a window.

    part: of this part only, by the set's own lists. Raises DatasetError if their rate is not the model's, or the set
    has no such part.
    """
    host, motions = HostDetector(image), load_motion_folder(root, units)
    _check_rate(str(root), motions.rate_hz, host.task.motion.rate_hz)
    if part is not None:
        motions = part_of_motion(motions, part, root)
    motions = long_enough(motions, host.task.motion.n_fft)
    if not motions.runs:
        raise none_usable(root, motions.skipped, hint="record more: tinyhost capture --sensor imu")
    return FolderEvaluation(root=root, motions=motions, host=host)


def load_recording(
    path: Path, annotations: Path | None, image: bytes, units: MotionUnits = UNSTATED_UNITS
) -> RecordingEvaluation:
    """Return one long recording.

    annotations: the list of its faults; None: the .truth.csv beside it if there is one, otherwise no faults. Raises
    DatasetError.
    """
    host, recording = HostDetector(image), read_motion_csv(path, units)
    _check_rate(str(path), recording.rate_hz, host.task.motion.rate_hz)
    longest, n_fft = max(piece.stop - piece.start for piece in recording.segments()), host.task.motion.n_fft
    if longest < n_fft:
        raise DatasetError(
            f"{path}: {counted(longest, 'sample')} in a row without a gap, expected a window of {n_fft} or more",
            hint="give a longer recording",
        )
    beside = path.with_suffix(".truth.csv")
    source = annotations if annotations is not None else beside if beside.is_file() else None
    faults = tuple(read_annotations(source)) if source else ()
    return RecordingEvaluation(path=path, recording=recording, faults=faults, host=host)


def _check_rate(where: str, rate_hz: float, wanted_hz: float) -> None:
    """Raise DatasetError for samples at a rate that the board would refuse."""
    if abs(rate_hz - wanted_hz) > wanted_hz / 32:
        raise DatasetError(
            f"{where}: {rate_hz:.2f} samples per second, the model expects {wanted_hz:.2f}",
            hint="record with the board that the model is for, or train on these recordings",
        )


def label_alarms(runs: Sequence[FedRun], normal: Sequence[FedRun]) -> LabelAlarms:
    """Return the board's results on the recordings of a label. normal: the results of those labelled `normal`."""
    scores = np.concatenate([run.scores for run in runs])
    usual: NDArray[np.int32] = np.concatenate([run.scores for run in normal]) if normal else np.zeros(0, np.int32)
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

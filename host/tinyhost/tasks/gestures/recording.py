"""Evaluation of a gesture model on the device with a long recording of motion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from tinyhost.errors import DatasetError, UsageError
from tinyhost.metrics.detections import Detection
from tinyhost.motion.csv import read_motion_csv
from tinyhost.motion.recording import MotionRecording
from tinyhost.sensors.annotations import Annotation, read_annotations
from tinyhost.system.wording import counted
from tinyhost.tasks.contract import Evaluation, Subject
from tinyhost.tasks.gestures.windows import OTHER, gesture_params
from tinyhost.tasks.streaming import Streaming, check_truth, streaming_of

__all__ = ["MovementEvaluation", "load_movement"]


@dataclass(frozen=True, kw_only=True)
class MovementEvaluation(Evaluation):
    """A long recording of motion and the gestures in it, for a device to run."""

    stage: ClassVar[str] = "stream"

    path: Path
    recording: MotionRecording
    made: tuple[Annotation, ...]

    @property
    def n_steps(self) -> int:
        """Number of samples."""
        return len(self.recording.acceleration)

    def run(self, subject: Subject, on_step: Callable[[int], None]) -> Streaming:
        """Return which gestures the device detects, fed in place of its sensors; after a gap it starts anew."""
        samples, rate_hz = self.recording.all_counts(), self.recording.rate_hz
        n_inferences, detections = 0, []
        for piece in self.recording.segments():
            step = round(rate_hz)
            pieces = [samples[start : min(start + step, piece.stop)] for start in range(piece.start, piece.stop, step)]
            for result in subject.device.feed(pieces, rate_hz=rate_hz):
                n_inferences += 1
                if result.prediction.detected:
                    time_s = (piece.start + result.prediction.position) / rate_hz
                    detections.append(Detection(time_s=time_s, label=subject.labels[result.prediction.top]))
            on_step(piece.stop)
        n_silent = gesture_params(subject.image, subject.model).n_silent_labels
        return streaming_of(
            *(self.path, len(samples) / rate_hz, detections, self.made, subject.labels[n_silent:]),
            n_inferences=n_inferences,
            event="gesture",
            sensor="accelerometer and gyroscope",
        )


def load_movement(path: Path, annotations: Path | None, subject: Subject) -> MovementEvaluation:
    """Return a long recording and the gestures in it, by default as the .truth.csv file beside it says.

    Raises DatasetError for files that cannot be used, UsageError if the model has no labels.
    """
    params = gesture_params(subject.image, subject.model)
    if not subject.labels[params.n_silent_labels :]:
        raise UsageError(
            "the model has no labels, so its detections cannot be compared with the ground truth",
            hint="name them in the order of the outputs: --labels still,other,wave,circle",
        )
    recording = read_motion_csv(path, subject.units)
    if recording.rotation is None:
        raise DatasetError(f"{path}: no gyroscope in it", hint="record with the app gestures on the board")
    rate_hz, step_hz = recording.rate_hz, params.step_mhz / 1000.0
    if rate_hz < step_hz:
        raise DatasetError(f"{path}: {rate_hz:.4g} samples per second, expected {step_hz:g} or more")
    longest, n_wanted = max(piece.stop - piece.start for piece in recording.segments()), params.n_steps / step_hz
    if longest < n_wanted * rate_hz:
        raise DatasetError(
            f"{path}: {counted(longest, 'sample')} in a row without a gap, expected a window of {n_wanted:g} s or more",
            hint="give a longer recording",
        )
    beside = annotations if annotations is not None else path.with_suffix(".truth.csv")
    made = read_annotations(beside)
    check_truth(path, beside, made, seconds=len(recording.acceleration) / rate_hz, labels=subject.labels, other=OTHER)
    return MovementEvaluation(path=path, recording=recording, made=tuple(made))

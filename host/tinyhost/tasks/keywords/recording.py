"""Evaluation of a keyword model on the device with a long recording of sound."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.keywords import UNKNOWN
from tinyhost.audio.sound import SAMPLE_RATE_HZ
from tinyhost.audio.sound_file import read_sound
from tinyhost.errors import UsageError
from tinyhost.metrics.cascade import Wakefulness, cascade_stream
from tinyhost.metrics.detections import Detection
from tinyhost.sensors.annotations import Annotation, read_annotations
from tinyhost.tasks.contract import Evaluation, Subject
from tinyhost.tasks.keywords.cascade import stream_note
from tinyhost.tasks.keywords.params import keyword_params
from tinyhost.tasks.streaming import Streaming, check_truth, streaming_of

__all__ = ["SoundEvaluation", "load_recording"]

_PIECE_S = 1


@dataclass(frozen=True, kw_only=True)
class SoundEvaluation(Evaluation):
    """A long recording for a device to run: pcm (n,) at 16 kHz, and the words spoken in it."""

    stage: ClassVar[str] = "stream"

    path: Path
    pcm: NDArray[np.int16]
    said: tuple[Annotation, ...]

    @property
    def n_steps(self) -> int:
        """The number of whole seconds."""
        return len(self.pcm) // SAMPLE_RATE_HZ

    def run(self, subject: Subject, on_step: Callable[[int], None]) -> Streaming:
        """Return which words the device detects, fed in place of its microphone, as fast as it takes them."""

        def pieces() -> Iterator[NDArray[np.int16]]:
            step = _PIECE_S * SAMPLE_RATE_HZ
            for begin in range(0, len(self.pcm), step):
                yield self.pcm[begin : begin + step]
                on_step(min(begin + step, len(self.pcm)) // SAMPLE_RATE_HZ)

        inferences, detections = [], []
        for result in subject.device.feed(pieces(), rate_hz=SAMPLE_RATE_HZ):
            prediction, time_s = result.prediction, result.prediction.position / SAMPLE_RATE_HZ
            asleep = bool(prediction.asleep)
            inferences.append(Wakefulness(time_s=time_s, asleep=asleep, invoke_ticks=prediction.invoke_ticks))
            if prediction.detected:
                detections.append(Detection(time_s=time_s, label=subject.labels[prediction.top]))
        words = subject.labels[keyword_params(subject.image).n_silent_labels :]
        seconds = len(self.pcm) / SAMPLE_RATE_HZ
        found = streaming_of(self.path, seconds, detections, self.said, words, n_inferences=len(inferences))
        if subject.model.cascade is None or not inferences:
            return found
        wanted = [word for word in self.said if word.label in words]
        cascade = cascade_stream(inferences, wanted, seconds=seconds, unit=subject.device.info.tick_unit)
        return replace(found, cascade=cascade, notes=(stream_note(cascade),))


def load_recording(stream: Path, annotations: Path | None, labels: Sequence[str], n_silent: int) -> SoundEvaluation:
    """Return a recording and its ground truth, by default the .csv file beside it.

    n_silent: number of first labels that are no words. Raises DatasetError for a file that cannot be used, UsageError
    if the model has no labels.
    """
    if not labels[n_silent:]:
        raise UsageError(
            "the model has no labels, so its detections cannot be compared with the ground truth",
            hint="name them in the order of the outputs: --labels silence,unknown,yes,no",
        )
    beside = annotations if annotations is not None else stream.with_suffix(".csv")
    pcm = read_sound(stream)
    said = read_annotations(beside)
    check_truth(stream, beside, said, seconds=len(pcm) / SAMPLE_RATE_HZ, labels=labels, other=UNKNOWN)
    return SoundEvaluation(path=stream, pcm=pcm, said=tuple(said))

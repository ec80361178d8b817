"""Keyword spotting: one second of a microphone's sound as features, one word each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.keywords import CLIP_SAMPLES
from tinyhost.audio.levels import fit_length
from tinyhost.audio.sound_file import read_sound
from tinyhost.datasets.capture import SOUND_RECORDING
from tinyhost.protocol.messages import Setting
from tinyhost.sensors.sensor import MICROPHONE
from tinyhost.tasks.capture import CaptureForm
from tinyhost.tasks.class_documents import AccuracyDocument
from tinyhost.tasks.contract import EVENT_SETTINGS, LabelledInput, Subject, Task
from tinyhost.tasks.keywords.clips import ClipEvaluation, clip_inputs, host_scorer, load_clips
from tinyhost.tasks.keywords.params import keyword_params
from tinyhost.tasks.keywords.recording import SoundEvaluation, load_recording
from tinyhost.tasks.keywords.sweeps import CLIP_SWEEPS
from tinyhost.tasks.listening import measure_listening
from tinyhost.tasks.live import LiveForm
from tinyhost.tasks.streaming import StreamingDocument

if TYPE_CHECKING:
    from tinyhost.audio.speakers import Part
    from tinyhost.datasets.skipped import Skipped
    from tinyhost.device import Device
    from tinyhost.models.file import ModelFile
    from tinyhost.models.summary import ModelSummary
    from tinyhost.system.documents import Document
from tinyhost.tasks.findings import Listening

__all__ = ["KEYWORDS"]


class Keywords(Task):
    """The host's side of firmware/apps/kws."""

    name = "keywords"
    app = "kws"
    sensor = MICROPHONE
    settings = EVENT_SETTINGS | {Setting.WAKE_THRESHOLD, Setting.WAKE_HOLD_MS}
    live = LiveForm(sees="sound", result="events")
    capture = CaptureForm(takes="words", count=20, recording=SOUND_RECORDING)
    pipeline = "audio-classification"
    sweeps = CLIP_SWEEPS
    documents: ClassVar[dict[str, type[Document]]] = {"accuracy": AccuracyDocument, "streaming": StreamingDocument}

    def judge(self, image: bytes, model: ModelSummary) -> Callable[[Path], NDArray[np.float64]]:
        """Return a function from a clip's file to the scores of its loudest second."""
        scores = host_scorer(image, model)
        return lambda path: scores(fit_length(read_sound(path), CLIP_SAMPLES))

    def window_samples(self, image: bytes, rate_hz: float) -> int:
        """Return the number of samples in a second."""
        return CLIP_SAMPLES

    def listening(self, device: Device) -> Listening | None:
        """Return the cost of continuous listening; None if the model does not take the microphone's sound."""
        return measure_listening(device)

    def inputs(
        self, model: ModelFile, labels: tuple[str, ...], folder: Path, part: Part | None
    ) -> tuple[tuple[LabelledInput, ...], tuple[Skipped, ...]]:
        """Return the labelled clips of a folder as input tensors: the frontend's features."""
        return clip_inputs(model.image, labels, folder, part)

    def open_samples(self, subject: Subject, folder: Path, part: Part | None) -> ClipEvaluation:
        """Return the labelled clips of a folder."""
        return load_clips(folder, subject.labels, part)

    def open_recording(self, subject: Subject, recording: Path, annotations: Path | None) -> SoundEvaluation:
        """Return a long recording of sound and its ground truth."""
        n_silent = keyword_params(subject.image).n_silent_labels
        return load_recording(recording, annotations, subject.labels, n_silent)


KEYWORDS = Keywords()

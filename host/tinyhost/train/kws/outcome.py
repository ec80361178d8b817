"""The outcome of a keyword spotter's training, for its card, report, figures and programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal

from tinyhost.audio.keywords import UNKNOWN
from tinyhost.audio.speakers import SPEAKER_MARK, named_speaker
from tinyhost.compiler.image_format import KwsParams, Task
from tinyhost.datasets.sounds import N_SILENT, SILENT_CLASS, UNKNOWN_CLASS, ClipSet
from tinyhost.metrics.cascade import CascadeClips
from tinyhost.metrics.keyword_charts import errors_chart, thresholds_chart
from tinyhost.metrics.keywords import KeywordCurve, KeywordPoint
from tinyhost.tasks.class_parts import class_figures
from tinyhost.tasks.findings import Confusion, Figure, Grid, Note, Section, percent, within
from tinyhost.train.core.classifier import ClassifierDocument, ClassifierOutcome
from tinyhost.train.core.history import classifier_history
from tinyhost.train.core.outcome import RunFiles
from tinyhost.train.core.quantized import WAYS, Quantized, quantization_section
from tinyhost.train.kws.config import KwsTrainConfig
from tinyhost.train.kws.first_network import FirstNetwork

__all__ = ["KwsDocument", "KwsOutcome", "KwsQuantized", "speakers_note"]


@dataclass(frozen=True, kw_only=True)
class KwsQuantized(Quantized):
    """One int8 model, its metrics, and its threshold."""

    curve: KeywordCurve
    """on the held-out clips that choose the threshold"""
    point: KeywordPoint
    """the chosen one"""


@dataclass(frozen=True, kw_only=True)
class CascadeTraining:
    """A cascade's first network."""

    threshold: float
    """wake score from which on it wakes, chosen on held-out words"""
    hold_ms: int
    n_parameters: int
    macs: int
    """multiply-accumulates of the first network, after the compiler's passes: all that an inference costs asleep"""
    second_macs: int
    """what an inference costs more awake"""
    mean_macs: float
    """of an inference where no word is said: as often awake as on the clips for testing without a word"""
    validation: CascadeClips
    """on held-out clips, as they are and augmented, which chose the threshold"""
    test: CascadeClips


@dataclass(frozen=True, kw_only=True)
class KwsDocument(ClassifierDocument):
    """`tinyhost train kws --json FILE`."""

    schema: Literal["tinyhost.train_kws/1"] = "tinyhost.train_kws/1"
    threshold: float
    """of the averaged score, chosen on held-out clips"""
    cascade: CascadeTraining | None
    """what the first network of `--cascade` costs and saves; null without"""


@dataclass(frozen=True, kw_only=True)
class KwsOutcome(ClassifierOutcome):
    """All results of a finished training."""

    task: ClassVar[Task] = Task.KWS
    input_meaning: ClassVar[str] = "features of docs/reference/sound-features.md"
    remedy: ClassVar[str] = "More clips, by more people,"
    first_judged: ClassVar[int] = UNKNOWN_CLASS  # silence is too easy
    first_wanted: ClassVar[int] = N_SILENT
    what_is_judged: ClassVar[str] = "clips for testing in which somebody speaks"
    what_is_tested: ClassVar[str] = "clips for testing"

    config: KwsTrainConfig
    counts: dict[str, dict[str, int]]
    """clips by part and label"""
    speakers: Note
    """whether one voice can be in two parts, see `speakers_note`"""
    quantized: Mapping[str, KwsQuantized]
    params: KwsParams
    """the model's task data"""
    first: FirstNetwork | None = None
    """of a cascade"""

    @property
    def best(self) -> KwsQuantized:
        """The model that was chosen."""
        return self.quantized[self.chosen]

    @property
    def title(self) -> str:
        """Name of the model card and the report."""
        return f"Keywords: {', '.join(self.config.words)}"

    def hints(self) -> tuple[str, ...]:
        """Return the hints for a classifier, and one if the model never heard another word."""
        if self.counts["training"][UNKNOWN]:
            return super().hints()
        missing = (
            "there is no clip of another word: whatever is said may be taken for a word; add folders of other words"
        )
        return (*super().hints(), missing)

    def sections(self) -> tuple[Section, ...]:
        """Return the sections of the model card and the report."""
        return (self._accuracy(), self._quantization(), self._threshold(), self._learned_from(), self._network())

    def _accuracy(self) -> Section:
        test = self.best.test
        return Section(
            title="Accuracy",
            note=f"On {test.n:,} clips for testing, as they were recorded. It says nothing about other voices and "
            "rooms: measure it with `tinyhost bench --data` on clips of the real place, and with `tinyhost bench "
            "--stream` on a long recording.",
            figures=(
                Figure(
                    name="Accuracy, int8",
                    value=percent(test.accuracy, 2),
                    more=f"{WAYS[self.chosen]}; {within(test.accuracy_interval)}",
                ),
                Figure(name="Accuracy, float", value=percent(self.float_test.accuracy, 2), more="before quantization"),
                *class_figures(test),
                Figure(name="Threshold", value=f"{self.best.point.threshold:.3f}", more=_rates(self.best.point)),
            ),
            parts=(Confusion(labels=self.labels, counts=test.confusion), *self.judged_parts()),
        )

    def _quantization(self) -> Section:
        return quantization_section(
            self.quantized,
            self.chosen,
            self.config.qat_epochs,
            ("threshold", "false accepts", "misses"),
            lambda item: (
                f"{item.point.threshold:.3f}",
                percent(item.point.false_accept_rate, 2),
                percent(item.point.false_reject_rate, 2),
            ),
        )

    def _threshold(self) -> Section:
        best = self.best
        return Section(
            title="Threshold",
            note="On held-out clips, as they are and augmented as in training: at each threshold, how many words are "
            "missed, and in how many clips without a word one is detected. Of the thresholds with at "
            f"most {percent(self.config.max_false_accept_rate)} false accepts and the fewest misses, the middle one is "
            "chosen.",
            parts=(
                Note(text=f"Threshold {best.point.threshold:.3f}: {_rates(best.point)}"),
                *errors_chart({WAYS[way]: item.curve for way, item in self.quantized.items()}, best.point),
                thresholds_chart(best.curve, best.point),
            ),
        )

    def _learned_from(self) -> Section:
        rows = [(part, *(f"{counts[label]:,}" for label in self.labels)) for part, counts in self.counts.items()]
        return Section(
            title="Learned from",
            note=self.config.data_note or f"Clips: {self.source}.",
            parts=(
                *self.notes(),
                Grid(headings=("clips", *self.labels), rows=tuple(rows)),
                self.speakers,
                Note(
                    text="In training every clip is augmented: moved, sped up or slowed down, coloured, put in a room, "
                    "and mixed with noise"
                ),
                classifier_history(self.history),
            ),
        )

    def _network(self) -> Section:
        ds_cnn = f"DS-CNN, {self.config.width} channels"
        network = {"ds_cnn": ds_cnn, "joint": f"{ds_cnn}, and tiny_conv beside it"}.get(self.config.arch, "tiny_conv")
        start = (
            " (begun with the layers of models/words, which tells 499 words apart)"
            if self.config.starts_from_shipped
            else ""
        )
        return Section(
            title="Network",
            note=f"{network}{start}, {self.n_parameters:,} parameters, {len(self.tflite):,} bytes, int8. Input: "
            f"{self._features()} (30 ms window, 20 ms stride, 40 channels), int8. Output: softmax, "
            f"one int8 per label, in this order: {', '.join(self.labels)}.",
        )

    def _features(self) -> str:
        n = self.config.frontend.n_coefficients
        return f"49x{n}, a second of MFCC" if n else "49x40, a second of the audio micro-frontend's features"

    def model_figures(self) -> dict[str, Any]:
        """Return the model's entries of metrics.json."""
        return {"quantization": self.chosen}

    def figures(self) -> dict[str, Any]:
        """Return this task's entries of metrics.json."""
        return {
            **super().figures(),
            "threshold": self.defaults.threshold,
            "cascade": self._cascade,
            "kws": self.params,
            "test": {"float": self.float_test, **{way: item.test for way, item in self.quantized.items()}},
            "validation": {way: _validation(item) for way, item in self.quantized.items()},
            "n_clips": self.counts,
            "n_skipped": len(self.skipped),
        }

    def document(self, files: RunFiles) -> KwsDocument:
        """Return the result for programs."""
        return self._classifier_document(KwsDocument, files, threshold=self.defaults.threshold, cascade=self._cascade)

    def other_models(self, name: str) -> Mapping[str, bytes]:
        """Return the int8 models, if there is more than one, other forms, and the two networks of a cascade."""
        parts = {"first/model.tflite": self.first.tflite, "second.tflite": self.best.tflite} if self.first else {}
        return {**super().other_models(name), **parts}

    def more_sections(self) -> tuple[Section, ...]:
        """Return the section on a cascade, and sections that were requested."""
        return (*((cascade_section(self._cascade),) if self._cascade else ()), *super().more_sections())

    @property
    def _cascade(self) -> CascadeTraining | None:
        first, wake = self.first, self.defaults.wake
        if first is None or wake is None:
            return None
        return CascadeTraining(
            threshold=wake.threshold,
            hold_ms=wake.hold_ms,
            n_parameters=first.n_parameters,
            macs=first.macs,
            second_macs=first.second_macs,
            mean_macs=first.mean_macs,
            validation=first.val,
            test=first.test,
        )


def cascade_section(cascade: CascadeTraining) -> Section:
    """Return the section on the first network: words lost, work saved."""
    test, awake = cascade.test, cascade.macs + cascade.second_macs
    known = f"{test.words_lost} of {test.n_words:,} for testing that the second network recognizes"
    lost = f"{known}; {within(test.words_lost_interval)}"
    woken = f"{test.false_wakes} of {test.n_others:,} clips without a word; {within(test.false_wake_interval)}"
    saved = f"{percent(1 - cascade.mean_macs / awake)} less than the {awake:,} of both networks"
    return Section(
        title="Cascade",
        note=f"A first network of {cascade.n_parameters:,} parameters hears every window; the one above runs when its "
        f"score reaches {cascade.threshold:.3f}, and for {cascade.hold_ms} ms after that. The figures above are the "
        "second network's alone. `tinyhost bench --stream` counts ticks on the board, and how often it is awake.",
        figures=(
            Figure(name="Words lost", value=percent(test.words_lost_share), more=lost),
            Figure(name="False wakes", value=percent(test.false_wake_share), more=woken),
            Figure(name="Accuracy, both", value=percent(test.accuracy, 2), more=within(test.accuracy_interval)),
            Figure(name="Mean MACs without a word", value=f"{cascade.mean_macs:,.0f}", more=saved),
        ),
        parts=(
            Note(
                text=f"On held-out clips {cascade.validation.words_lost} of {cascade.validation.n_words:,} words are "
                f"lost ({within(cascade.validation.words_lost_interval)}). Asleep, an inference costs "
                f"{cascade.macs:,} multiply-accumulates, awake {awake:,}"
            ),
        ),
    )


def speakers_note(parts: Sequence[ClipSet]) -> Note:
    """Return what the names of the clips in which somebody speaks say of a voice that is in two parts."""
    speakers = [
        [
            named_speaker(path.name)
            for path, index in zip(part.paths, part.classes, strict=True)
            if index != SILENT_CLASS and path.is_file()
        ]
        for part in parts
    ]
    n_shared = sum(n > 1 for speaker, n in Counter(one for part in speakers for one in set(part)).items() if speaker)
    n_clips, n_unnamed = sum(map(len, speakers)), sum(part.count("") for part in speakers)
    if n_shared:
        text = f"speakers in more than one part: {n_shared:,}; for other people the model is less accurate than told"
        return Note(text=text, level="warning")
    if n_unnamed:
        text = f"{n_unnamed:,} of {n_clips:,} clips do not name their speaker, so one voice may be in two parts"
        return Note(text=f"{text}: `capture --speaker`, or files as SPEAKER{SPEAKER_MARK}0.wav", level="warning")
    return Note(text="No speaker is in two parts")


def _rates(point: KeywordPoint) -> str:
    return f"false accepts {percent(point.false_accept_rate, 2)}, misses {percent(point.false_reject_rate, 2)}"


def _validation(item: KwsQuantized) -> dict[str, Any]:
    """Return an int8 model's figures on the held-out clips, and the curve from which its threshold was chosen."""
    curve = [(point.threshold, point.false_accept_rate, point.false_reject_rate) for point in item.curve.points]
    return {
        **asdict(item.val),
        "chosen": item.point,
        "curve_columns": ("threshold", "false_accept_rate", "false_reject_rate"),
        "curve": curve,
    }

"""Configuration of the training of a keyword spotter."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from tinyhost.audio.features import FrontendConfig
from tinyhost.errors import UsageError
from tinyhost.train.core.config import ClassifierConfig, Quantization, option

__all__ = ["SHIPPED_WIDTH", "Architecture", "Features", "KwsTrainConfig", "SoundAugmentation"]

Architecture = Literal["ds_cnn", "tiny_conv", "joint"]
Features = Literal["frontend", "mfcc"]

_N_COEFFICIENTS = 13
SHIPPED_WIDTH = 72
"""of the ds_cnn in models/kws and models/words"""


@dataclass(frozen=True, kw_only=True)
class SoundAugmentation:
    """How far clips are augmented; ranges are drawn from uniformly."""

    cut_ms: int = 30
    """of a word that may be cut off at either end; else it is moved to anywhere in the clip"""
    speed: tuple[float, float] = (0.85, 1.2)
    """of play-back, so of pitch and vocal tract too"""
    snr_db: tuple[float, float] = (2.0, 40.0)
    noisy_share: float = 0.85
    """of the clips; the others get no noise"""
    level_dbfs: tuple[float, float] = (-46.0, -12.0)
    silence_dbfs: tuple[float, float] = (-80.0, -25.0)
    """of clips in which nobody speaks"""
    reverberant_share: float = 0.5
    rt60_s: tuple[float, float] = (0.1, 0.7)
    equalizer_db: float = 5.0
    """spread of the gain of each octave"""
    warm_share: float = 0.5
    """of the clips that follow sound, as on a board that listens; the others begin with a fresh frontend"""
    warm_strides: tuple[int, int] = (10, 100)


@dataclass(frozen=True, kw_only=True)
class KwsTrainConfig(ClassifierConfig):
    """Configuration of training. The defaults suit some dozen clips of each word up to all of Speech Commands."""

    words: tuple[str, ...] = option(
        "--words", "The words to detect, as in yes,no. All other words form the class unknown."
    )
    arch: Architecture = option(
        "--arch",
        "The network: ds_cnn (depthwise separable), tiny_conv (TFLM's micro_speech), or joint, which adds the "
        "outputs of both.",
        "ds_cnn",
    )
    features: Features = option(
        "--features",
        "The network's input features per stride: 40 log mel energies with noise reduction (frontend), or 13 cepstral "
        "coefficients (mfcc).",
        "frontend",
    )
    width: int = option("--width", "Channels of ds_cnn, a multiple of 8.", SHIPPED_WIDTH, least=8, most=256)
    n_rounds: int = option(
        "--rounds", "Augment every clip this many times; each epoch uses the next of these rounds.", 12, least=1
    )
    quantization: Quantization = option(
        "--quantization",
        "Quantize after training (ptq), train quantization-aware (qat), or do both and take the better model.",
        "both",
    )
    cache: Path | None = option(
        "--cache", "Cache features in this folder for later runs on the same data. Default: --out.", None
    )
    cascade: bool = option(
        "--cascade",
        "Also train a small network that detects whether any of the words is spoken, and wakes this one only then; "
        "the model contains both.",
        False,
    )
    wake_recall: float = option(
        "--wake-recall",
        "Share of the held-out words that this network recognizes for which the first network of --cascade must wake. "
        "It sets that network's threshold. Live, a word is in several windows, so more words wake it.",
        0.95,
        least=0.5,
        most=1.0,
    )
    start_from: Path | None = option(
        "--start-from",
        "Start from the folder of a run, a .tflite of the same network, or a run's best.weights.h5; use a small "
        "--learning-rate. Its words may differ. For a joint network, give the .tflite of its ds_cnn. Default: "
        "models/words, which distinguishes 499 synthetic words, if --width is its 72.",
        None,
    )
    from_scratch: bool = option(
        "--from-scratch", "Start from random weights instead; needs some thousand clips of each word.", False
    )
    published: Path | None = None
    """weights of micro_speech for the tiny_conv of a joint network; then nothing is trained, the two are added"""
    published_classes: tuple[int, ...] = ()
    """indices of their outputs that are our classes, in our order"""
    shares: tuple[float, float] = (1.2, 0.15)
    """factors of the logits of ds_cnn and of the published network in the sum"""
    patience: int = 40
    batch_size: int = 64
    min_steps_per_epoch: int = 60
    """of small sets, an epoch has several passes, each with other augmentation"""
    dropout: float = 0.05
    l2: float = 1e-5
    min_per_word: int = 10
    qat_epochs: int = 3
    qat_learning_rate: float = 3e-4
    max_false_accept_rate: float = 0.02
    """of held-out clips without a word, at the threshold that is chosen; the app averages, which leaves far fewer"""
    average_ms: int = 400
    suppression_ms: int = 1000
    min_results: int = 3
    wake_hold_ms: int = 500
    """for how long the second network of a cascade runs on, so that it judges the windows of a whole word"""
    period_ms: int = 100
    """between two inferences: about what a Cortex-M4 of 64 MHz does with half of its time"""
    augmentation: SoundAugmentation = field(default_factory=SoundAugmentation)

    def __post_init__(self) -> None:
        """Raise UsageError for a network that is not possible."""
        super().__post_init__()
        if self.width % 8:
            raise UsageError(f"--width {self.width}: expected a multiple of 8", hint="as in: --width 64")
        if self.published and self.features != "frontend":
            raise UsageError(
                f"--features {self.features}: the published network takes the frontend's", hint="--features frontend"
            )
        if self.from_scratch and self.start_from:
            raise UsageError("--start-from with --from-scratch: random weights have learnt nothing", hint="omit one")
        if self.cascade and self.published:
            raise UsageError("--cascade: a published network is not trained, so nothing can be beside it")
        if self.arch == "joint" and self.quantization != "ptq":
            raise UsageError(
                f"--quantization {self.quantization}: a joint network is quantized after training",
                hint="--quantization ptq",
            )

    @property
    def frontend(self) -> FrontendConfig:
        """The features of sound that the network takes."""
        return FrontendConfig(n_coefficients=_N_COEFFICIENTS if self.features == "mfcc" else 0)

    @property
    def starts_from_shipped(self) -> bool:
        """Whether the ds_cnn begins with the layers of models/words."""
        own = self.start_from or self.published or self.from_scratch or self.features != "frontend"
        return self.arch == "ds_cnn" and self.width == SHIPPED_WIDTH and not own

    def for_part(self) -> KwsTrainConfig:
        """Return the configuration for a part of the clips, to compare: with post-training quantization."""
        return replace(self, resume=False, learning_curve=False, quantize=(), quantization="ptq", cascade=False)

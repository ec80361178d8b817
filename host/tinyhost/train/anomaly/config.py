"""Configuration of the training of an anomaly detector."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tinyhost.motion.config import MotionConfig, bands_of
from tinyhost.train.core.config import TrainConfig, n_epochs, option

__all__ = ["AnomalyTrainConfig", "AutoencoderKind", "Choice", "Distance", "Projection", "Score", "SensorName"]

Score = Literal["combined", "reconstruction", "distance"]
Distance = Literal["input", "embedding"]
Choice = Literal["normal", "knee", "cost"]
AutoencoderKind = Literal["dense", "convolutional", "variational", "lstm"]
Projection = Literal["pca", "tsne", "umap"]
SensorName = Literal["lsm9ds1", "bmi270"]


@dataclass(frozen=True, kw_only=True)
class AnomalyTrainConfig(TrainConfig):
    """Configuration of training and alarm. The defaults suit minutes to hours of one machine."""

    machine: bool = option(
        "--machine", "Use the simulated machine (docs/reference/machine.md) instead of --data.", False
    )
    minutes: float = option("--minutes", "With --machine: minutes of normal operation.", 60.0, least=5, most=10_000)
    sensor: SensorName = option(
        "--sensor",
        "With --machine: the accelerometer, lsm9ds1 (board revision 1, 119 Hz) or bmi270 (revision 2, 100 Hz). A "
        "model works with only one of them.",
        "lsm9ds1",
    )
    contamination: float = option(
        "--contamination",
        "With --machine: share of the recordings labelled normal that contain a fault.",
        0.0,
        least=0,
        most=0.5,
    )
    arch: AutoencoderKind = option(
        "--arch",
        "The autoencoder: fully connected, convolutional, fully connected and trained as a variational one, or LSTMs "
        "that read one axis after another.",
        "dense",
    )
    embeddings: tuple[int, ...] = option(
        "--embeddings", "Train autoencoders with embeddings of these sizes.", (2, 4, 8, 16), least=1, most=64
    )
    embedding: int | None = option(
        "--embedding",
        "Use this embedding size. Default: the smallest that is nearly as good as the best.",
        None,
        least=1,
        most=64,
    )
    score: Score = option(
        "--score", "The score: reconstruction error, distance to the nearest k-means centroid, or both.", "combined"
    )
    distance: Distance = option(
        "--distance", "Measure distances in the space of the network's input or of its embedding.", "input"
    )
    n_centroids: int = option(
        "--centroids", "Number of k-means centroids; 0: the best by silhouette.", 16, least=0, most=255
    )
    projection: Projection = option(
        "--latent", "How the report draws the embedding: pca, tsne, or umap (of the package umap-learn).", "pca"
    )
    hop: int = option(
        "--hop", "Samples from the start of one window to the start of the next.", MotionConfig.hop, least=1
    )
    n_fft: int = option("--n-fft", "Samples in a window: 32, 64, 128, 256 or 512.", MotionConfig.n_fft)
    trim: bool = option("--trim/--no-trim", "Remove outliers from the windows that are labelled normal.", True)
    choose: Choice = option(
        "--choose",
        "Choose the threshold from normal data alone, or from labelled anomalies: at the knee of the ROC curve, "
        "or at the least expected cost.",
        "normal",
    )
    alarms_per_day: float = option(
        "--alarms-per-day",
        "With --choose normal: acceptable false alarms per day of normal operation.",
        1.0,
        least=1e-5,
        most=1e5,
    )
    miss_cost: float = option("--miss-cost", "With --choose cost: cost of a missed anomalous window.", 100.0, least=0)
    alarm_cost: float = option("--alarm-cost", "With --choose cost: cost of a false positive window.", 1.0, least=0)
    fault_share: float = option(
        "--fault-share", "With --choose cost: share of the time that the machine has a fault.", 0.01, least=0, most=1
    )
    threshold: float | None = option(
        "--threshold", "Use this threshold. It can be changed on the board later: tinyhost settings.", None, least=0
    )
    raise_windows: int = option(
        "--raise-windows", "Consecutive windows above the threshold that raise the alarm.", 3, least=1, most=1000
    )
    clear_windows: int = option(
        "--clear-windows", "Consecutive windows below the threshold that clear the alarm.", 6, least=1, most=1000
    )
    unit: str = option(
        "--unit", "The unit of the CSV files' values if their headers do not give it: m/s2, g or mg.", ""
    )
    time_unit: str = option(
        "--time-unit", "The unit of the CSV files' times if their headers do not give it: s, ms, us or ns.", ""
    )
    n_epochs: int = n_epochs(60)
    hidden: tuple[int, ...] = (48, 24)
    """widths of the layers before the embedding, mirrored after it"""
    l2: float = 1e-6
    hysteresis: float = 0.2
    """share of the threshold that a score must fall below it for the alarm to clear"""

    def motion(self, rate_hz: float) -> MotionConfig:
        """Return the features' configuration for a sample rate."""
        return MotionConfig(rate_hz=rate_hz, n_fft=self.n_fft, hop=self.hop, band_edges=bands_of(self.n_fft))

    @property
    def all_embeddings(self) -> tuple[int, ...]:
        """The embedding sizes to train, rising."""
        return tuple(sorted({*self.embeddings, *([self.embedding] if self.embedding else [])}))

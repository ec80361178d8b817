"""How an anomaly detector is trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from tinyhost.motion.config import MotionConfig, bands_of
from tinyhost.train.core.config import Epochs, Option, TrainConfig

__all__ = ["AnomalyTrainConfig", "Choice", "Distance", "Score"]

Score = Literal["combined", "reconstruction", "distance"]
Distance = Literal["input", "embedding"]
Choice = Literal["normal", "knee", "cost"]


@dataclass(frozen=True, kw_only=True)
class AnomalyTrainConfig(TrainConfig):
    """How to train, and what an alarm is. The defaults suit minutes to hours of one machine."""

    machine: Annotated[
        bool,
        Option(name="--machine", help="Learn the simulated machine of docs/reference/machine.md instead of --data."),
    ] = False
    minutes: Annotated[
        float,
        Option(name="--minutes", help="With --machine: minutes of normal running.", least=5.0, most=10_000.0),
    ] = 60.0
    contamination: Annotated[
        float,
        Option(
            name="--contamination",
            help="With --machine: share of the recordings labelled normal that have a fault all the same.",
            least=0.0,
            most=0.5,
        ),
    ] = 0.0
    embeddings: Annotated[
        tuple[int, ...],
        Option(
            name="--embeddings",
            help="Train autoencoders with embeddings of these sizes, as in 2,4,8,16.",
            least=1,
            most=64,
        ),
    ] = (2, 4, 8, 16)
    embedding: Annotated[
        int | None,
        Option(
            name="--embedding",
            help="Take the autoencoder with this embedding. Default: the smallest that is nearly as good as the best.",
            least=1,
            most=64,
        ),
    ] = None
    score: Annotated[
        Score,
        Option(
            name="--score",
            help="The anomaly score: reconstruction error, distance to the nearest k-means centroid, or both.",
        ),
    ] = "combined"
    distance: Annotated[
        Distance,
        Option(name="--distance", help="Measure distances to centroids of the network's input or of its embedding."),
    ] = "input"
    n_centroids: Annotated[int, Option(name="--centroids", help="Number of k-means centroids.", least=1, most=255)] = 16
    hop: Annotated[
        int, Option(name="--hop", help="Samples from the start of one window to the start of the next.", least=1)
    ] = MotionConfig.hop
    n_fft: Annotated[int, Option(name="--n-fft", help="Samples in a window: 32, 64, 128, 256 or 512.")] = (
        MotionConfig.n_fft
    )
    trim: Annotated[
        bool,
        Option(name="--trim/--no-trim", help="Leave out outliers among the windows that are labelled normal."),
    ] = True
    choose: Annotated[
        Choice,
        Option(
            name="--choose",
            help="Choose the threshold from normal data alone, or from labelled anomalies: at the knee of the ROC "
            "curve, or at the least expected cost.",
        ),
    ] = "normal"
    alarms_per_day: Annotated[
        float,
        Option(
            name="--alarms-per-day",
            help="With --choose normal: false alarms per day of normal running that are acceptable.",
            least=1e-5,
            most=1e5,
        ),
    ] = 1.0
    miss_cost: Annotated[
        float,
        Option(name="--miss-cost", help="With --choose cost: cost of an anomalous window that is missed.", least=0),
    ] = 100.0
    alarm_cost: Annotated[
        float,
        Option(name="--alarm-cost", help="With --choose cost: cost of a normal window that is taken for one.", least=0),
    ] = 1.0
    fault_share: Annotated[
        float,
        Option(
            name="--fault-share",
            help="With --choose cost: share of the time in which the machine has a fault.",
            least=0,
            most=1,
        ),
    ] = 0.01
    threshold: Annotated[
        float | None,
        Option(
            name="--threshold",
            help="Use this threshold. It can be changed on the board later: tinyhost settings.",
            least=0,
        ),
    ] = None
    raise_windows: Annotated[
        int,
        Option(
            name="--raise-windows",
            help="Raise the alarm after this many windows in a row above the threshold.",
            least=1,
            most=1000,
        ),
    ] = 3
    clear_windows: Annotated[
        int,
        Option(
            name="--clear-windows",
            help="Clear the alarm after this many windows in a row below the threshold.",
            least=1,
            most=1000,
        ),
    ] = 6
    n_epochs: Epochs = 60
    hidden: tuple[int, ...] = (48, 24)
    """widths of the layers before the embedding; those after it mirror them"""
    learning_rate: float = 3e-3
    l2: float = 1e-6
    hysteresis: float = 0.2
    """share of the threshold that a score must fall below it for the alarm to clear"""

    def motion(self, rate_hz: float) -> MotionConfig:
        """Return what is computed of a window of samples that come at a rate."""
        return MotionConfig(rate_hz=rate_hz, n_fft=self.n_fft, hop=self.hop, band_edges=bands_of(self.n_fft))

    @property
    def all_embeddings(self) -> tuple[int, ...]:
        """Sizes that are trained, rising."""
        return tuple(sorted({*self.embeddings, *([self.embedding] if self.embedding else [])}))

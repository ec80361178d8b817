"""The firmware's portable libraries, compiled for this computer (host/ext)."""

from typing import Literal, TypedDict

import numpy as np
from numpy.typing import NDArray

class StatusError(RuntimeError):
    """A firmware call answered with a status other than OK."""

    status: int

class TensorDescription(TypedDict):
    dtype: str
    shape: tuple[int, ...]
    scale: float
    zero_point: int
    n_bytes: int

class Engine:
    """The firmware's inference engine, with an image and an arena of its own."""

    def __init__(self, arena_bytes: int = 1048576, simd: bool = False) -> None:
        """simd: the kernels for Cortex-M4, with its instructions emulated; results are the same."""

    def load(self, image: bytes) -> None:
        """Load a model image; raises StatusError if it is refused."""
    def set_input(self, values: bytes | NDArray[np.generic]) -> None:
        """Copy bytes or an array into the input tensor; ValueError if the size differs."""
    def invoke(self) -> None: ...
    def reset(self) -> None:
        """Clear what the model keeps from one inference to the next."""
    @property
    def has_state(self) -> bool: ...
    def invoke_range(self, first: int, last: int) -> None:
        """Run operators [first, last)."""
    def input(self) -> NDArray[np.generic]: ...
    def output(self) -> NDArray[np.generic]: ...
    def operator_output(self, index: int) -> NDArray[np.generic]:
        """Return a copy of an operator's output; valid right after that operator ran."""
    def operator_name(self, index: int) -> str: ...
    @property
    def n_operators(self) -> int: ...
    @property
    def input_info(self) -> TensorDescription: ...
    @property
    def output_info(self) -> TensorDescription: ...
    @property
    def labels(self) -> list[str]: ...
    @property
    def work(self) -> int:
        """An upper bound of the elementary steps of one invoke."""

def crc32(data: bytes, crc: int = 0) -> int: ...
def preprocess_frame(
    gray: NDArray[np.uint8], shape: tuple[int, int, int], pixel_map: tuple[int, int] = ...
) -> NDArray[np.int8]:
    """Return the (height, width, channels) tensor that the firmware makes of a (h, w) grayscale frame.

    pixel_map: multiplier and offset, Q16, as ModelMetadata has them; by default pixel - 128.
    """

def seen_window(frame: tuple[int, int], input: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return (left, top, width, height) of what a model of input (height, width) sees of a (height, width) frame."""

def find_objects(
    scores: NDArray[np.int8], threshold: int, frame: tuple[int, int], input: tuple[int, int]
) -> tuple[list[tuple[int, int, int, int, int, int]], int]:
    """Return what a heat map, (rows, columns, classes), shows, the best first, and how many cells found no room.

    threshold: score from which a cell counts. frame: (height, width) of the picture; input: of the model. Each object
    is (x, y, width, height, score, label): its centroid and its box in pixels of the frame, its best cell's score.
    """

def reconstruction_error(
    inputs: NDArray[np.int8],
    outputs: NDArray[np.int8],
    input_quantization: tuple[float, int],
    output_quantization: tuple[float, int],
) -> NDArray[np.int32]:
    """Return (n,) Q16 mean squared errors in real units between (n, k) rows; a quantization is (scale, zero point)."""

def combine_scores(reconstruction: int, distance: int, reconstruction_gain: int, distance_gain: int) -> int:
    """Return the weighted sum of two scores, Q16."""

def check_anomaly_params(task_data: bytes) -> None:
    """Raise StatusError if the firmware would refuse an anomaly model's task data."""

class AnomalyScorer:
    """The firmware's anomaly score, of a model's task data (AnomalyParams and its arrays)."""

    def __init__(
        self, task_data: bytes, input_quantization: tuple[float, int], output_quantization: tuple[float, int]
    ) -> None:
        """Raise StatusError if the firmware would refuse the parameters."""
    def score(
        self, inputs: NDArray[np.int8], outputs: NDArray[np.int8], embeddings: NDArray[np.int8]
    ) -> NDArray[np.int32]:
        """Return (n, 4) Q16: score, reconstruction, distance, nearest centroid; unused arrays may be (0, 0)."""

class Alarm:
    """The firmware's alarm: hysteresis and minimum duration."""

    def __init__(self) -> None: ...
    def update(
        self, scores: NDArray[np.int32], threshold: int, hysteresis: int, raise_windows: int, clear_windows: int
    ) -> NDArray[np.uint8]:
        """Return the AlarmState after each score."""
    @property
    def n_alarms(self) -> int: ...

class ScoreBaseline:
    """The firmware's slow mean of scores."""

    def __init__(self, seed: int, shift: int) -> None: ...
    def update(self, scores: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the baseline after each score."""
    @property
    def drift(self) -> int: ...

def gesture_steps(moments: NDArray[np.int16], rate_mhz: int, step_mhz: int) -> NDArray[np.int8]:
    """Return the (m, 6) steps of (n, 6) moments in a row (firmware/lib/gestures)."""

def gesture_window(moments: NDArray[np.int16], n_steps: int) -> NDArray[np.int8]:
    """Return the (n_steps, 6) steps of (n, 6) moments that are a whole window."""

def motion_features(windows: NDArray[np.int16], band_edges: list[int]) -> NDArray[np.int16]:
    """Return (n, 3, n_bands + 3) features in 1/256 of log2 of (n, n_fft, 3) windows (firmware/lib/motion)."""

def quantize_motion_features(
    features: NDArray[np.int16], offsets: NDArray[np.int16], multipliers: NDArray[np.int32]
) -> NDArray[np.int8]:
    """Return (n, n_features) int8: (feature - offset) * multiplier / 2^16, halves rounded up, saturated."""

class Frontend:
    """The firmware's audio micro-frontend."""

    def __init__(
        self,
        *,
        sample_rate_hz: int,
        window_ms: int,
        stride_ms: int,
        lower_band_hz: int,
        upper_band_hz: int,
        n_channels: int,
        variant: int,
        n_coefficients: int,
    ) -> None:
        """variant: 0 TFLM's signal library, 1 its microfrontend library. StatusError if it is refused."""

    def feed(self, pcm: NDArray[np.int16]) -> NDArray[np.uint16]:
        """Return the raw features, (n_strides, n_channels), of the strides that the samples complete."""
    def features(self, pcm: NDArray[np.int16]) -> NDArray[np.int8]:
        """Return what a model takes of these strides, (n_strides, n_features): as feed, and instead of it."""
    @staticmethod
    def quantize(raw: NDArray[np.uint16]) -> NDArray[np.int8]:
        """Return raw features (n_strides, n_channels) as a model's int8 input."""
    def reset(self) -> None:
        """Forget all sound."""
    @property
    def n_channels(self) -> int: ...
    @property
    def window_samples(self) -> int: ...
    @property
    def stride_samples(self) -> int: ...

def encode_frame(type: int, seq: int, payload: bytes, piece_bytes: int = ...) -> bytes:
    """Return a frame as the firmware sends it, its payload given to the encoder in pieces."""

class FrameDecoder:
    """The firmware's frame decoder."""

    def __init__(self, max_payload_bytes: int = ...) -> None: ...
    def feed(
        self, data: bytes
    ) -> list[
        tuple[Literal["frame"], int, int, bytes]
        | tuple[Literal["text"], bytes]
        | tuple[Literal["bad"], Literal["crc", "malformed", "oversized"]]
    ]:
        """Return what the bytes complete."""

class SimulatedStore:
    """The firmware's model store on a simulated flash, for tests that cut its power.

    An image that starts with X does not load.
    """

    def __init__(self, n_slot_pages: int) -> None: ...
    def reboot(self) -> None:
        """Power on; all that was in RAM is gone."""
    def begin(self, sha256: bytes, image_bytes: int, force: bool = False) -> tuple[int, int, bool]:
        """Return the next wanted offset, the slot, and whether the image is there already."""
    def write(self, offset: int, data: bytes) -> int:
        """Return the next wanted offset."""
    def commit(self) -> None: ...
    def rollback(self) -> None: ...
    @property
    def active_image(self) -> bytes | None: ...
    def set_value(self, key: int, value: int) -> None:
        """Keep a setting in the journal."""
    def value(self, key: int) -> int | None:
        """Return a setting from the journal."""
    def cut_after(self, n_operations: int, tear: int, seed: int) -> None:
        """Lose power after so many erases and word writes; tear: 0 cleanly, 1 to garbage, 2 partly."""
    @property
    def is_powered(self) -> bool: ...
    @property
    def n_rewrites(self) -> int:
        """Writes to words that were not erased."""

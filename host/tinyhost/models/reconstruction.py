"""An int8 autoencoder on the firmware's engine: real values in, the firmware's mean squared error out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler.api import compile_tflite
from tinyhost.compiler.tensor_info import TensorInfo
from tinyhost.errors import ModelError
from tinyhost.models.reference import HostReference
from tinyhost.motion.score import reconstruction_error

__all__ = ["ReconstructionModel"]


class ReconstructionModel:
    """A network that gives back what it gets, compiled to a model image."""

    def __init__(self, tflite: bytes, n_features: int, *, where: str = "model") -> None:
        """Raise ModelError if the model does not take and give back n_features int8 values."""
        parsed = compile_tflite(tflite, name=where, where=where).parsed
        self.image = parsed.data
        self.input: TensorInfo = parsed.input
        self.output: TensorInfo = parsed.output
        if {(tensor.dtype, tensor.n_bytes) for tensor in (self.input, self.output)} != {("int8", n_features)}:
            raise ModelError(
                f"{where}: expected an autoencoder of {n_features} int8 values, "
                f"got {self.input.dtype} {self.input.shape} -> {self.output.dtype} {self.output.shape}",
                hint="its output must have the same size as its input, and int8",
            )
        self._engine = HostReference(self.image)

    def quantized(self, values: NDArray[np.floating]) -> NDArray[np.int8]:
        """Return (n, n_features) real values in the model's input quantization, rounded and saturated."""
        steps = np.rint(values / np.float32(self.input.scale)) + self.input.zero_point
        saturated: NDArray[np.int8] = np.clip(steps, -128, 127).astype(np.int8)
        return saturated

    def scores(self, values: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return (n,) mean squared errors of (n, n_features) real values, as the board computes them."""
        inputs = self.quantized(values)
        outputs = np.empty_like(inputs)
        for index, row in enumerate(inputs):
            outputs[index] = np.frombuffer(self._engine.run(row.tobytes()), np.int8)
        return reconstruction_error(
            inputs,
            outputs,
            input_is=(self.input.scale, self.input.zero_point),
            output_is=(self.output.scale, self.output.zero_point),
        )

"""The oracle, independent code that the engine must equal: tflite-micro's wheel, or else LiteRT's reference kernels.

The wheel exists for Python 3.10 and 3.11 on x86-64 only. `pytest` says in its header which one it is. LiteRT answers as
TensorFlow Lite Micro does except in these, so the strategies avoid them with LiteRT, and nothing else:

- It multiplies and divides scales in float where the wheel answers as if in double: `as_scale` gives it short
  mantissas, whose products are exact in float.
- It looks LOGISTIC up in a table made in float. The wheel saturates early from an input scale of 2 on, and from 8
  on even answers 0 to a real 0, where 0.5 is right; the engine equals the wheel: `MAX_SCALE`.
- Its FULLY_CONNECTED may round a negative exact half the other way: `without_halves`.
- RELU6 clamps in the output's quantization, the wheel's in the input's: `RELU6_REQUANTIZES`.
- CONV_2D must have a bias: `CONV_2D_NEEDS_BIAS`.
- Some operators it answers otherwise or not at all, such as ELU: only those of `LITERT_TOO` are compared with it live.
  A name is added after a run under Python 3.12 or later; what was recorded of the wheel compares every operator.
"""

from __future__ import annotations

import importlib.metadata
import math
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from tinyhost import _firmware
from tinyhost.compiler import CompiledModel, compile_tflite
from tinyhost.compiler.image_format import OperatorCode
from tinyhost.models.reference import Reference, ReferenceName, open_reference

__all__ = [
    "CONV_2D_NEEDS_BIAS",
    "LITERT_TOO",
    "MAX_SCALE",
    "ORACLE_IS_TFLM",
    "ORACLE_NAME",
    "RELU6_REQUANTIZES",
    "as_scale",
    "assert_equals_oracle",
    "assert_oracle_gives",
    "describe_oracle",
    "open_oracle",
    "run_compiled",
    "run_kernels",
    "run_sequence",
    "run_sequence_of_tflm",
    "without_halves",
]

_WHEELS: dict[ReferenceName, str] = {"tflm": "tflite-micro", "litert": "ai-edge-litert"}
_PRIME = 4093  # the largest of 12 bits
_INSTALL_HINT = "no oracle is installed: make setup-dev, or pip install ai-edge-litert"


def _installed() -> tuple[ReferenceName, str] | None:
    """Return the oracle's name, and its wheel and version; None if there is none."""
    for name, wheel in _WHEELS.items():
        try:
            return name, f"{wheel} {importlib.metadata.version(wheel)}"
        except importlib.metadata.PackageNotFoundError:
            continue
    return None


_ORACLE = _installed()
ORACLE_IS_TFLM = _ORACLE is not None and _ORACLE[0] == "tflm"
ORACLE_NAME: ReferenceName = "tflm" if ORACLE_IS_TFLM else "litert"
"""As `bench --against` takes it."""
MAX_SCALE = 1e4 if ORACLE_IS_TFLM else math.ldexp(_PRIME, -11)  # just below 2
RELU6_REQUANTIZES = CONV_2D_NEEDS_BIAS = not ORACLE_IS_TFLM
LITERT_TOO = {
    "ABS",
    "ADD",
    "AVERAGE_POOL_2D",
    "CONCATENATION",
    "CONV_2D",
    "DEPTHWISE_CONV_2D",
    "DEPTH_TO_SPACE and SPACE_TO_DEPTH",
    "DEQUANTIZE",
    "EXPAND_DIMS and SQUEEZE",
    "FULLY_CONNECTED",
    "HARD_SWISH",
    "LEAKY_RELU",
    "LOGISTIC",
    "MAXIMUM and MINIMUM",
    "MAX_POOL_2D",
    "MEAN",
    "MEAN over any axes",
    "MUL",
    "PACK and UNPACK",
    "PAD",
    "PRELU",
    "QUANTIZE",
    "QUANTIZE from uint8",
    "RELU",
    "RELU6",
    "REQUANTIZE",
    "RESHAPE",
    "RESIZE_NEAREST_NEIGHBOR",
    "SLICE",
    "SOFTMAX",
    "SPLIT",
    "STRIDED_SLICE",
    "SUB",
    "TANH",
    "TRANSPOSE",
    "TRANSPOSE_CONV",
    "chains",
    "lines",
}
"""Names of `strategies.OPERATOR_MODELS` whose models LiteRT answers as the wheel does."""


def as_scale(value: float) -> float:
    """Return the float32 nearest to a value; for LiteRT with at most 12 significant bits."""
    if ORACLE_IS_TFLM:
        return float(np.float32(value))
    mantissa, exponent = math.frexp(value)
    return math.ldexp(round(mantissa * 2**12), exponent - 12)


def without_halves(output_scale: float) -> float:
    """Return an output scale; for LiteRT one near it that accumulators hardly ever divide into an exact half."""
    if ORACLE_IS_TFLM:
        return output_scale
    return math.ldexp(_PRIME, math.frexp(output_scale)[1] - 12)


def describe_oracle() -> str:
    """Return the oracle's wheel and version, or what to install."""
    if _ORACLE is None:
        return _INSTALL_HINT
    name, wheel = _ORACLE
    return wheel if name == "tflm" else f"{wheel}, as tflite-micro is not installed (Python 3.10 and 3.11 only)"


def open_oracle(tflite: bytes) -> Reference:
    """Return the oracle with a model loaded; the test fails if none is installed."""
    if _ORACLE is None:
        pytest.fail(_INSTALL_HINT)
    return open_reference(_ORACLE[0], image=b"", tflite=tflite)


def run_compiled(
    compiled: CompiledModel, inputs: Sequence[NDArray[np.generic]], *, simd: bool
) -> list[NDArray[np.generic]]:
    """Return what the model answers to each input, with the portable kernels or those of Cortex-M4, emulated."""
    engine = _firmware.Engine(compiled.report.arena_bytes, simd=simd)
    engine.load(compiled.image)
    outputs = []
    for values in inputs:
        engine.reset()
        engine.set_input(values)
        engine.invoke()
        outputs.append(engine.output())
    return outputs


def run_sequence(compiled: CompiledModel, inputs: Sequence[NDArray[np.generic]], *, simd: bool) -> list[bytes]:
    """Return the model's answers to inputs that follow one another, with one set of kernels."""
    engine = _firmware.Engine(compiled.report.arena_bytes, simd=simd)
    engine.load(compiled.image)
    answers = []
    for values in inputs:
        engine.set_input(values)
        engine.invoke()
        answers.append(engine.output().tobytes())
    return answers


def run_sequence_of_tflm(tflite: bytes, inputs: Sequence[NDArray[np.generic]]) -> list[bytes]:
    """Return the wheel's answers to inputs that follow one another; only where it is installed."""
    from tflite_micro import runtime

    interpreter = runtime.Interpreter.from_bytes(tflite)
    answers = []
    for values in inputs:
        interpreter.set_input(values, 0)
        interpreter.invoke()
        answers.append(interpreter.get_output(0).tobytes())
    return answers


def run_kernels(compiled: CompiledModel, inputs: Sequence[NDArray[np.generic]]) -> list[NDArray[np.generic]]:
    """Return what the model answers to each input; assert that both sets of kernels agree, operator by operator.

    Those of Cortex-M4 run here with their instructions emulated.
    """
    portable, fast = (_firmware.Engine(compiled.report.arena_bytes, simd=simd) for simd in (False, True))
    for engine in (portable, fast):
        engine.load(compiled.image)
    outputs = []
    for values in inputs:
        for engine in (portable, fast):
            engine.reset()
            engine.set_input(values)
        for number in range(portable.n_operators):
            for engine in (portable, fast):
                engine.invoke_range(number, number + 1)
            np.testing.assert_array_equal(fast.operator_output(number), portable.operator_output(number))
        outputs.append(portable.output())
    return outputs


def assert_equals_oracle(tflite: bytes, inputs: Sequence[NDArray[np.generic]]) -> CompiledModel:
    """Assert that the oracle and both sets of kernels give the same bytes for each input; return the compiled model.

    The same with a plan for the least arena, which only a depthwise convolution can make another, and without
    WINOGRAD_CONV_2D.
    """
    compiled = compile_tflite(tflite, name="oracle", winograd=True)
    assert_oracle_gives(tflite, inputs, run_kernels(compiled, inputs))
    if any(record.code == OperatorCode.WINOGRAD_CONV_2D for record in compiled.parsed.operators):
        assert_oracle_gives(tflite, inputs, run_kernels(compile_tflite(tflite, name="oracle", winograd=False), inputs))
    if any(record.code == OperatorCode.DEPTHWISE_CONV_2D for record in compiled.parsed.operators):
        tight = compile_tflite(tflite, name="oracle", arena_bytes=0)
        if tight.image != compiled.image:
            assert_oracle_gives(tflite, inputs, run_kernels(tight, inputs))
    return compiled


def assert_oracle_gives(
    tflite: bytes, inputs: Sequence[NDArray[np.generic]], outputs: Sequence[NDArray[np.generic]]
) -> None:
    """Assert that the oracle gives these outputs, to the bit."""
    oracle = open_oracle(tflite)
    for values, output in zip(inputs, outputs, strict=True):
        expected = np.frombuffer(oracle.run(values.tobytes()), output.dtype).reshape(output.shape)
        np.testing.assert_array_equal(output, expected)

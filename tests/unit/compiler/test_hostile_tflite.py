"""Untrusted .tflite files: whatever their bytes, the compiler returns a model or raises a ModelError."""

from __future__ import annotations

import contextlib
import tracemalloc

import pytest
import tflite
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tinyhost.compiler import compile_tflite
from tinyhost.errors import ModelError

from tests.oracle.strategies import chains
from tests.unit.compiler.models import picture_classifier, sequence_model

_VALUES = (0, 1, 2, 4, 0x7F, 0x80, 0xFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFFE, 0x1000000)
_PEAK_BYTES = 64 << 20
_BUILTIN_OPTIONS = 12  # place of that field in the table Operator


def _compile(data: bytes) -> None:
    tracemalloc.start()
    try:
        with contextlib.suppress(ModelError):
            compile_tflite(data, name="hostile")
        assert tracemalloc.get_traced_memory()[1] < _PEAK_BYTES
    finally:
        tracemalloc.stop()


@st.composite
def mutations(draw: st.DrawFn, original: bytes) -> bytes:
    """Words replaced by telling values or by offsets elsewhere into the file, so that tables become cyclic."""
    data = bytearray(original)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data) - 4))
        value = draw(st.one_of(st.sampled_from(_VALUES), st.integers(0, len(data)), st.integers(0, 2**32 - 1)))
        width = draw(st.sampled_from([1, 2, 4]))
        data[at : at + width] = (value % 2 ** (8 * width)).to_bytes(width, "little")
    return bytes(data)


_PICTURE = picture_classifier()
_SETTINGS = settings(max_examples=150, suppress_health_check=list(HealthCheck))


@_SETTINGS
@given(st.sampled_from([_PICTURE, sequence_model()]).flatmap(mutations))
def test_mutated_file(data: bytes) -> None:
    _compile(data)


@settings(max_examples=50, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_mutated_chain(data: st.DataObject) -> None:
    _compile(data.draw(mutations(data.draw(chains()).data)))


@settings(max_examples=50)
@given(st.integers(0, len(_PICTURE) - 1))
def test_truncated_file(length: int) -> None:
    _compile(_PICTURE[:length])


@settings(max_examples=50)
@given(st.binary(max_size=300))
def test_random_bytes_behind_the_identifier(data: bytes) -> None:
    _compile(data)
    _compile(data[:4] + b"TFL3" + data[4:])


@pytest.mark.parametrize("offset", [0x7FFFFF00, 0xFFFFFFFF, len(_PICTURE)])
def test_options_that_lead_out_of_the_file_are_reported_with_their_operator(offset: int) -> None:
    data = bytearray(_PICTURE)
    operator = tflite.Model.GetRootAs(_PICTURE, 0).Subgraphs(0).Operators(0)
    at = operator._tab.Pos + operator._tab.Offset(_BUILTIN_OPTIONS)
    data[at : at + 4] = offset.to_bytes(4, "little")
    with pytest.raises(ModelError, match=r"^hall: operator 0 \(CONV_2D\): options: .* leads out of the file"):
        compile_tflite(bytes(data), name="hall")

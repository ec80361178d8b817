"""CBOR: the examples of its specification, and bytes that are not CBOR."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tinyhost.datasets.cbor import parse_cbor
from tinyhost.datasets.edge_impulse import parse_acquisition
from tinyhost.datasets.motion_exchange import motion_of
from tinyhost.errors import DatasetError


def parse(content: bytes) -> Any:
    return parse_cbor(content, "a.cbor", hint="")


# RFC 8949, appendix A; RFC 8746, section 2.1
@pytest.mark.parametrize(
    ("hexadecimal", "value"),
    [
        ("00", 0), ("17", 23), ("1818", 24), ("1903e8", 1000), ("1bffffffffffffffff", 2**64 - 1),
        ("20", -1), ("3903e7", -1000), ("f93c00", 1.0), ("f9c400", -4.0), ("fa47c35000", 100000.0),
        ("fb3ff199999999999a", 1.1), ("f97c00", math.inf), ("f4", False), ("f5", True), ("f6", None), ("f7", None),
        ("4401020304", b"\1\2\3\4"), ("6161", "a"), ("62c3bc", "ü"), ("80", []), ("83010203", [1, 2, 3]),
        ("8301820203820405", [1, [2, 3], [4, 5]]), ("a26161016162820203", {"a": 1, "b": [2, 3]}),
        ("5f42010243030405ff", b"\1\2\3\4\5"), ("7f657374726561646d696e67ff", "streaming"),
        ("9f018202039f0405ffff", [1, [2, 3], [4, 5]]), ("bf61610161629f0203ffff", {"a": 1, "b": [2, 3]}),
        ("c074323031332d30332d32315432303a30343a30305a", "2013-03-21T20:04:00Z"), ("c11a514b67b0", 1363896240),
        ("d84d44ffff0100", [-1, 1]), ("d851443f800000", [1.0]),
    ],
)  # fmt: skip
def test_the_specifications_examples_are_read(hexadecimal: str, value: Any) -> None:
    assert parse(bytes.fromhex(hexadecimal)) == value


@pytest.mark.parametrize(
    ("hexadecimal", "words"),
    [
        ("", "1 bytes expected, 0 left"), ("0000", "more than one item"), ("ff", "an end without a beginning"),
        ("81ff", "an end without a beginning"), ("1c", "an unknown length"), ("f8ff", "an unknown simple value"),
        ("9bffffffffffffffff", "18,446,744,073,709,551,615 bytes expected"), ("5bffffffffffffff00", "bytes expected"),
        ("a10102", "a key that is no text"), ("bf6161ff", "a key without a value"), ("61ff", "no UTF-8"),
        ("5f6161ff", "a piece that is no bytes"), ("d84d43ffff01", "typed array"), ("81" * 40 + "00", "32 levels"),
        ("9f" * 5000, "32 levels"), ("d9d9f7" * 5000, "32 levels"),
    ],
)  # fmt: skip
def test_what_is_none_is_refused_with_its_place(hexadecimal: str, words: str) -> None:
    with pytest.raises(DatasetError, match=rf"a\.cbor: not CBOR: .*{words}.* at byte"):
        parse(bytes.fromhex(hexadecimal))


@given(st.binary(max_size=200))
def test_any_bytes_are_an_item_or_an_error(content: bytes) -> None:
    try:
        parse(content)
    except DatasetError as error:
        assert error.message.startswith("a.cbor: ")


def encoded(value: Any) -> bytes:
    """Return a value as CBOR, with lengths of four bytes, and lists without one, as devices write them."""
    if isinstance(value, dict):
        items = b"".join(encoded(item) for pair in value.items() for item in pair)
        return b"\xba" + len(value).to_bytes(4, "big") + items
    if isinstance(value, list):
        return b"\x9f" + b"".join(map(encoded, value)) + b"\xff"
    if isinstance(value, str):
        return b"\x7a" + len(value.encode()).to_bytes(4, "big") + value.encode()
    if isinstance(value, int):
        return b"\x1a" + value.to_bytes(4, "big")
    return b"\xfa" + np.array(value, ">f4").tobytes()


def acquisition(values: list[Any]) -> bytes:
    payload = {
        "device_name": "phone", "device_type": "MOBILE_CLIENT", "interval_ms": 16,
        "sensors": [{"name": f"acc{axis}", "units": "m/s2"} for axis in "XYZ"], "values": values,
    }  # fmt: skip
    return encoded({"protected": {"ver": "v1", "alg": "HS256"}, "signature": "0" * 64, "payload": payload})


def test_what_edge_impulses_devices_record_is_motion() -> None:
    recording = motion_of(parse_acquisition(acquisition([[0.5, 0.25, 9.75]] * 4), "idle.1.cbor"), "idle.1.cbor")
    np.testing.assert_array_equal(recording.acceleration, [[0.5, 0.25, 9.75]] * 4)
    assert recording.rate_hz == 62.5


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_values_that_are_no_numbers_are_refused(value: float) -> None:
    with pytest.raises(DatasetError, match=r"payload\.values\[1\]: expected 3 numbers"):
        parse_acquisition(acquisition([[0.5, 0.25, 9.75], [0.5, value, 9.75]]), "idle.1.cbor")

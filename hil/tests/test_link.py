"""Bytes arrive complete and in order, in both directions."""

from __future__ import annotations

import zlib
from collections.abc import Callable

import numpy as np
import pytest
from tinyhost.device import Device
from tinyhost.protocol.messages import Source
from tinyhost.protocol.pattern import pattern_bytes

SAMPLE_BYTES = 9216
RecordProperty = Callable[[str, object], None]


@pytest.mark.parametrize("n_bytes", [1, 253, 254, 255, 4096, 65_536, 200_000])
def test_what_the_board_sends_arrives_whole(device: Device, n_bytes: int) -> None:
    data = device.read(Source.PATTERN, index=n_bytes % 65_521, n_bytes=n_bytes)
    assert len(data) == n_bytes
    assert zlib.crc32(data) == zlib.crc32(pattern_bytes(n_bytes % 65_521, n_bytes))


def test_a_range_is_that_range(device: Device) -> None:
    whole = pattern_bytes(7, 5000)
    for offset, n_bytes in [(0, 10), (1, 1), (4095, 2), (4990, 10)]:
        assert device.read(Source.PATTERN, index=7, offset=offset, n_bytes=n_bytes) == whole[offset : offset + n_bytes]


@pytest.mark.parametrize("value", ["zeros", "ones", "pattern"])
def test_a_sample_that_is_written_reads_back_the_same(device: Device, value: str) -> None:
    n_bytes = min(device.info.sample_bytes, SAMPLE_BYTES)
    sample = {
        "zeros": np.zeros(n_bytes, np.uint8),  # every byte must be escaped
        "ones": np.full(n_bytes, 255, np.uint8),
        "pattern": np.frombuffer(pattern_bytes(3, n_bytes), np.uint8),
    }[value]
    device.write_sample(sample[np.newaxis])
    assert device.read(Source.SAMPLE, n_bytes=n_bytes) == sample.tobytes()


def test_a_clean_link_loses_and_breaks_nothing(device: Device) -> None:
    before, stats_before = device.ping(), device.link_stats  # what came before the greeting may be half a line
    device.read(Source.PATTERN, index=1, n_bytes=50_000)
    after, stats_after = device.ping(), device.link_stats
    assert after.rx_bad == before.rx_bad
    assert after.tx_dropped == before.tx_dropped
    assert stats_after.bad_frames == stats_before.bad_frames
    assert stats_after.retries == stats_before.retries


def test_framing_costs_hardly_anything_of_a_camera_frame(device: Device, record_property: RecordProperty) -> None:
    link = device.measure_link(131_072)
    record_property("link to the host, useful bytes/s", f"{link.to_host_useful_bytes_per_s:,.0f}")
    record_property("link to the board, useful bytes/s", f"{link.to_device_useful_bytes_per_s:,.0f}")
    record_property("framing of a camera frame", f"{100 * link.frame_overhead:.2f} %")
    assert link.frame_overhead <= 0.015

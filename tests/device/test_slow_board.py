"""A busy board and a loaded computer: replies come late, and nothing is sent twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tinyhost.boards import PoweredBoard
from tinyhost.boards.virtual import VirtualPower
from tinyhost.device import Device
from tinyhost.protocol.messages import InferSource, Source, StreamId
from tinyhost.protocol.pattern import pattern_bytes

from tests.device.rig import small_model
from tests.stations import shipped_image

pytestmark = pytest.mark.firmware

BUSY_S = 2.0
GO_S = 0.3  # long enough for QEMU on a loaded computer to answer: a board between two inferences does


@contextmanager
def often_busy(powered: PoweredBoard, busy_s: float) -> Iterator[None]:
    """Stop the board's program for `busy_s` again and again, as if it ran a slow inference."""
    assert isinstance(powered, VirtualPower)
    running = powered.board.folder.running()
    assert running is not None
    pid = running.firmware_pid
    done = threading.Event()

    def stop_and_go() -> None:
        while not done.is_set():
            os.kill(pid, signal.SIGSTOP)
            time.sleep(busy_s)
            os.kill(pid, signal.SIGCONT)
            done.wait(GO_S)

    thread = threading.Thread(target=stop_and_go)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


@contextmanager
def loaded_computer(n_loops: int) -> Iterator[None]:
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(n_loops)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def assert_nothing_was_sent_again(device: Device) -> None:
    stats = device.link_stats
    assert (stats.retries, stats.reconnects, stats.restarts) == (0, 0, 0)


def test_a_board_that_answers_after_two_seconds_gets_each_request_once(powered: PoweredBoard) -> None:
    with Device.open(powered) as device:
        with device.stream(StreamId.CAMERA) as items:
            next(items)
            with often_busy(powered, BUSY_S):
                device.ping()
                device.settings()
                assert device.read(Source.PATTERN, n_bytes=3000) == pattern_bytes(0, 3000)
                device.push(small_model(40), force=True)
                next(items)
        # A program that is stopped within a write gives a stream's frame up; one that infers is never within one.
        assert_nothing_was_sent_again(device)


def test_on_a_loaded_computer_nothing_is_sent_again(powered: PoweredBoard) -> None:
    with loaded_computer(4), Device.open(powered) as device:
        device.push(shipped_image("vww"), force=True)
        device.push(small_model(41), force=True)
        for seed in range(20):
            device.infer(InferSource.PATTERN, seed=seed, profile=True)
        with device.stream(StreamId.CAMERA, StreamId.PREDICTIONS, period_ms=20) as items:
            for _ in range(40):
                next(items)
        assert_nothing_was_sent_again(device)
        assert device.link_stats.bad_frames == 0

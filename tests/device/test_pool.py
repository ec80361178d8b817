"""Several devices that share work: each item is done once, in order, whatever happens to the devices."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

import pytest
from tinyhost.device import Device
from tinyhost.device.pool import DevicePool, PoolMember
from tinyhost.errors import BoardError, DatasetError, LinkError, LinkLostError
from tinyhost.protocol.messages import InferSource, InfoReply

from tests.stations import Stations, shipped_image


@dataclass
class Worker:
    """The part of a device that a pool needs."""

    name: str
    info: InfoReply = field(default_factory=InfoReply)

    def close(self) -> None:
        pass


def pool_of(n: int, reopen: Callable[[int], Worker] | None = None, **more: Any) -> DevicePool:
    def gone(number: int) -> Worker:
        raise LinkLostError(f"w{number}: still away")

    def member(number: int) -> PoolMember:
        worker, again = Worker(f"w{number}"), partial(reopen or gone, number)
        return PoolMember(name=worker.name, device=cast("Device", worker), reopen=cast("Callable[[], Device]", again))

    members = [member(number) for number in range(n)]
    return DevicePool(members, **more)


@pytest.mark.parametrize("n", [1, 2, 8])
def test_each_item_is_done_once_and_results_keep_the_order(n: int) -> None:
    pool, told = pool_of(n), list[int]()
    assert pool.map(lambda device, item: item * item, range(200), told.append) == [n * n for n in range(200)]
    assert told == sorted(told) and told[-1] == 200
    assert sum(share.items for share in pool.shares) == 200
    assert pool.map(lambda device, item: item, []) == []


def test_devices_that_wait_do_so_at_the_same_time() -> None:
    meeting = threading.Barrier(8, timeout=60)

    def meet(device: Device, item: int) -> int:
        meeting.wait()
        return item

    assert pool_of(8).map(meet, range(8)) == list(range(8))


def test_a_device_that_was_lost_gives_its_item_back_and_rejoins() -> None:
    lost, back = threading.Event(), threading.Event()

    def work(device: Device, item: int) -> str:
        if device.name == "w1" and not lost.is_set():
            lost.set()
            raise LinkLostError("w1: gone")
        if device.name == "w1 again":
            back.set()
        else:
            (back if lost.is_set() else lost).wait(30)
        return device.name

    def reopen(number: int) -> Worker:
        return Worker(f"w{number} again")

    pool = pool_of(2, reopen)
    results = pool.map(work, range(20))
    assert set(results) == {"w0", "w1 again"}
    first, second = pool.shares
    assert (first.items + second.items, first.rejoined, second.rejoined, second.lost) == (20, 0, 1, "")


def test_the_rest_is_done_by_those_that_are_left_and_the_loss_is_reported() -> None:
    def work(device: Device, item: int) -> str:
        if device.name == "w1":
            raise LinkLostError("w1: gone")
        time.sleep(0.01)
        return device.name

    pool = pool_of(2)
    assert pool.map(work, range(30)) == ["w0"] * 30
    assert [share.items for share in pool.shares] == [30, 0]
    assert pool.shares[1].lost == "w1: gone"


def test_a_device_that_comes_back_as_another_is_refused() -> None:
    def check(device: Device) -> None:
        raise BoardError("w1: came back with another model")

    def work(device: Device, item: int) -> str:
        if device.name == "w1":
            raise LinkLostError("w1: gone")
        time.sleep(0.1)
        return device.name

    pool = pool_of(2, lambda number: Worker("w1 again"), check=check)
    assert pool.map(work, range(20)) == ["w0"] * 20
    assert pool.shares[1].lost == "w1: came back with another model"


def test_an_item_with_which_three_boards_are_lost_ends_the_work() -> None:
    def work(device: Device, item: int) -> int:
        if item == 5:
            raise LinkLostError("this item kills")
        return item

    with pytest.raises(LinkLostError, match="this item kills"):
        pool_of(4).map(work, range(10))


def test_the_loss_of_a_single_device_ends_the_work_at_once() -> None:
    def work(device: Device, item: int) -> int:
        raise LinkLostError("gone")

    with pytest.raises(LinkError, match="gone"):
        pool_of(1).map(work, range(3))


def test_other_errors_end_the_work() -> None:
    def work(device: Device, item: int) -> int:
        if item == 7:
            raise DatasetError("7.png: no picture")
        return item

    with pytest.raises(DatasetError, match="no picture"):
        pool_of(3).map(work, range(100))


@pytest.mark.firmware
def test_a_native_board_that_dies_is_started_again_and_says_what_the_other_says(stations: Stations) -> None:
    made = [stations("native", "vww", model=True) for _ in range(2)]
    image = shipped_image("vww")
    with made[0].board.power() as first, made[1].board.power() as second:
        powered = [first, second]

        def reopen(number: int) -> Device:
            powered[number].reset()
            return Device.open(powered[number])

        members = [
            PoolMember(name=str(number), device=Device.open(board), reopen=partial(reopen, number))
            for number, board in enumerate(powered)
        ]
        for member in members:
            member.device.push(image)
        alone = [members[0].device.infer(InferSource.PATTERN, seed=seed).output for seed in range(40)]
        killed = threading.Event()

        def work(device: Device, seed: int) -> bytes:
            if seed == 10 and not killed.is_set():
                killed.set()
                device.close()
                raise LinkLostError("its cable was pulled")
            return device.infer(InferSource.PATTERN, seed=seed).output

        pool = DevicePool(members)
        assert pool.map(work, range(40)) == alone
        assert sum(share.items for share in pool.shares) == 40
        pool.close()

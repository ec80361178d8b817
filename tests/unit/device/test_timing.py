"""Timeouts follow the replies, pieces follow the losses."""

from __future__ import annotations

import random
import time

import pytest
from tinyhost.device.timing import ChunkSizer, Deadline, ReplyTimer, timeout_scale
from tinyhost.errors import UsageError
from tinyhost.protocol.messages import MessageType


@pytest.mark.parametrize(("given", "patience"), [("", 1.0), ("3", 3.0), ("0.25", 0.25)])
def test_the_environment_says_how_patient_to_be(given: str, patience: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYHOST_PATIENCE", given)
    assert timeout_scale() == patience


@pytest.mark.parametrize("given", ["long", "nan", "inf", "0", "-1", "1e9"])
def test_patience_that_is_none_is_refused(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYHOST_PATIENCE", given)
    with pytest.raises(UsageError, match=r"TINYHOST_PATIENCE=.*: expected a number from 0.001 to 1000"):
        timeout_scale()


def test_a_deadline_stands_still_while_the_board_is_away_but_not_for_ever() -> None:
    deadline = Deadline(10.0, patience=0.5)
    assert deadline.seconds == 5.0
    assert deadline.longest_s <= 35.0
    for _ in range(1000):
        deadline.was_away(7.0)
    assert 30.0 < deadline.left_s <= 35.0
    assert deadline.longest_s <= 35.0


def test_a_deadline_is_one_of_the_boards_time_but_no_board_takes_for_ever() -> None:
    board_s = [100.0]
    deadline = Deadline(10.0, patience=1.0, now_s=lambda: board_s[0])
    assert deadline.left_s == 10.0
    board_s[0] = 104.0
    assert deadline.left_s == 6.0
    deadline.start_again()
    assert deadline.left_s == 10.0
    board_s[0] = 114.0
    assert deadline.left_s == 0.0
    stuck = Deadline(0.0001, patience=1.0, now_s=lambda: 0.0)
    time.sleep(0.003)
    assert stuck.left_s == 0.0


def test_before_any_reply_a_large_request_gets_more_time() -> None:
    timer = ReplyTimer()
    assert timer.timeout_s(MessageType.MODEL_WRITE, 4100) > 4 * timer.timeout_s(MessageType.MODEL_WRITE, 100)


def test_a_board_that_answers_thousands_of_times_to_no_avail_gets_no_endless_timeout() -> None:
    assert ReplyTimer().timeout_s(MessageType.READ, 4096, attempt=100_000) < 5.0


def test_timeouts_settle_above_what_replies_take() -> None:
    timer = ReplyTimer()
    for _ in range(50):
        timer.learn(MessageType.WRITE, 64, 0.03)
    assert 0.03 < timer.timeout_s(MessageType.WRITE, 64) < 0.04
    assert timer.timeout_s(MessageType.WRITE, 4096) > 0.1


def test_one_quick_reply_tells_about_the_others_but_not_about_work() -> None:
    timer = ReplyTimer()
    timer.learn(MessageType.HELLO, 12, 0.001)
    assert timer.timeout_s(MessageType.INFO, 0) < 0.05
    assert timer.timeout_s(MessageType.INFER, 0) == ReplyTimer().timeout_s(MessageType.INFER, 0)


def test_later_attempts_wait_longer_but_not_for_ever() -> None:
    timer = ReplyTimer()
    waits = [timer.timeout_s(MessageType.WRITE, 4, attempt) for attempt in range(1, 30)]
    assert waits == sorted(waits)
    assert waits[-1] == 8 * waits[0]


def test_what_only_asks_is_asked_often_on_a_link_that_loses() -> None:
    timer = ReplyTimer()
    timer.learn(MessageType.PING, 4, 1.0)  # the computer was busy
    assert timer.timeout_s(MessageType.PING, 4, attempt=9) == 0.25
    assert timer.timeout_s(MessageType.PING, 4, calm=True) > 1.0


def test_without_losses_a_late_reply_is_waited_for() -> None:
    timer = ReplyTimer()
    for _ in range(50):
        timer.learn(MessageType.PING, 4, 0.001)
    assert timer.timeout_s(MessageType.PING, 4) < 0.02
    assert timer.timeout_s(MessageType.PING, 4, calm=True) == 0.25


def test_without_losses_pieces_are_as_large_as_allowed() -> None:
    sizer = ChunkSizer(4096)
    for _ in range(100):
        sizer.learn(arrived=1, lost=0, chunk_bytes=4096)
    assert sizer.chunk_bytes == 4096


@pytest.mark.parametrize(("chance", "smallest", "largest"), [(0.001, 64, 256), (0.01, 32, 64)])
def test_pieces_shrink_to_what_the_link_lets_through(chance: float, smallest: int, largest: int) -> None:
    sizer, dice = ChunkSizer(4096), random.Random(1)
    sizes = []
    for _ in range(2000):
        chunk_bytes = sizer.chunk_bytes
        arrives = dice.random() < (1 - chance) ** (chunk_bytes + 24)
        sizer.learn(arrived=int(arrives), lost=int(not arrives), chunk_bytes=chunk_bytes)
        sizes.append(chunk_bytes)
    assert smallest <= sorted(sizes)[1000] <= largest


def test_pieces_grow_again_when_the_link_recovers() -> None:
    sizer = ChunkSizer(4096)
    for _ in range(50):
        sizer.learn(arrived=0, lost=1, chunk_bytes=sizer.chunk_bytes)
    assert sizer.chunk_bytes <= 64
    sent_bytes = 0
    while sizer.chunk_bytes < 4096:
        sent_bytes += sizer.chunk_bytes
        sizer.learn(arrived=1, lost=0, chunk_bytes=sizer.chunk_bytes)
    assert sent_bytes < 150_000

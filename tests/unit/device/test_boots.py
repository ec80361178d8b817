import struct
from dataclasses import dataclass, replace

import pytest
from tinyhost.device.boots import Boots, cause_of_start
from tinyhost.errors import ProtocolError
from tinyhost.protocol.messages import InfoReply, PingReply
from tinyhost.protocol.reset import ResetReason


@dataclass
class Clock:
    now_s: float = 100.0

    def __call__(self) -> float:
        return self.now_s


def verdicts(replies: list[tuple[float, float, int]]) -> list[bool]:
    """Return what is said to each (seconds of the host, seconds of the board, boot)."""
    clock = Clock()
    boots, said = Boots(clock), []
    for host_s, board_s, boot in replies:
        clock.now_s = host_s
        said.append(boots.has_restarted(PingReply(uptime_us=round(board_s * 1e6), boot=boot), host_s, where="board"))
    return said


@pytest.mark.parametrize("pace", [0.0, 0.5, 0.92, 1.0, 1.08, 3.0])
def test_a_board_that_numbers_its_starts_is_not_judged_by_its_clock(pace: float) -> None:
    assert verdicts([(second, 40 + second * pace, 7) for second in range(10)]) == [False] * 10


@pytest.mark.parametrize("boot", [8, 6, 1, 0xFFFFFFFF])
def test_another_number_is_another_start_even_if_the_clock_goes_on_as_if_there_were_none(boot: int) -> None:
    assert verdicts([(0, 0.5, 7), (1, 1.5, boot), (2, 2.5, boot)]) == [False, True, False]


@pytest.mark.parametrize("pace", [0.92, 0.97, 1.0, 1.08])
def test_without_numbers_a_clock_is_allowed_the_error_of_an_oscillator_without_crystal(pace: float) -> None:
    assert verdicts([(second, 40 + second * pace, 0) for second in range(10)]) == [False] * 10


def test_without_numbers_a_clock_that_begins_anew_tells_the_restart() -> None:
    assert verdicts([(0, 5.0, 0), (1, 6.0, 0), (2, 0.3, 0), (3, 1.3, 0)]) == [False, False, True, False]
    assert verdicts([(0, 0.1, 0), (10, 0.2, 0)]) == [False, True]


def test_firmware_that_begins_to_number_its_starts_has_been_replaced() -> None:
    assert verdicts([(0, 5.0, 0), (1, 6.0, 9)]) == [False, True]
    assert verdicts([(0, 5.0, 9), (1, 6.0, 0)]) == [False, True]


def test_without_numbers_a_clock_that_stands_still_is_an_error() -> None:
    with pytest.raises(ProtocolError, match=r"its clock has stopped at 5\.000000 s"):
        verdicts([(0, 5.0, 0), (1, 5.0, 0)])


def test_a_start_is_reported_with_its_cause_and_a_fault_with_its_place() -> None:
    assert cause_of_start(InfoReply(reset_reason=ResetReason.UNKNOWN)) == ""
    assert cause_of_start(InfoReply(reset_reason=200)) == ""
    watchdog = InfoReply(reset_reason=ResetReason.WATCHDOG)
    assert cause_of_start(watchdog) == "after a watchdog: its loop stood still for half a minute"
    fault = InfoReply(reset_reason=ResetReason.FAULT, fault_pc=0x10234, fault_lr=0x10567, fault_cfsr=0x0200)
    told = "after a bus fault (pc 0x00010234, lr 0x00010567, cfsr 0x00000200 PRECISERR): an access to where there is no"
    assert cause_of_start(fault).startswith(told)
    before = replace(fault, reset_reason=ResetReason.SOFTWARE)
    assert cause_of_start(before) == "by a command"


@pytest.mark.parametrize("layout", [InfoReply, PingReply])
def test_a_reply_of_the_first_version_has_zeros_for_what_came_later(layout: type[InfoReply | PingReply]) -> None:
    old = bytes(range(1, layout.OLDEST_SIZE + 1))
    assert layout.unpack(old) == layout.unpack(old + bytes(layout.SIZE - layout.OLDEST_SIZE))
    with pytest.raises(struct.error):
        layout.unpack(old[:-1])

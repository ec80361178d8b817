"""The bootloader's commands and answers, and sessions with bootloaders that send arbitrary bytes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tinyhost.boards.bootloader import protocol
from tinyhost.boards.bootloader.session import BootloaderSession, Timing
from tinyhost.errors import LinkError, WrongBoardError

QUICK = Timing(reply_s=0.002, write_s=0.002, quiet_s=0.0)


def test_commands_are_what_bossac_sends() -> None:
    # As bossac 1.9.1-arduino2 prints and sends them: published logs of `bossac -d`.
    assert protocol.load_command(0x34, 0x1000) == b"S00000034,00001000#"
    assert protocol.source_command(0x34) == b"Y00000034,0#"
    assert protocol.write_command(0x10000 + 0x14000, 0x1000) == b"Y00014000,00001000#"
    assert protocol.checksum_command(0x10000, 0x1000) == b"Z00000000,00001000#"
    assert protocol.checksum_command(0, 8) == b"ZFFFF0000,00000008#"


def test_the_checksum_is_crc16_xmodem() -> None:
    assert protocol.checksum(b"123456789") == 0x31C3  # the check value of the CRC catalogue


@pytest.mark.parametrize(
    ("address", "length"), [(0, 4096), (0xF000, 4096), (0x10000, 100), (0x10001, 4096), (0x10000, 0)]
)
def test_a_write_that_is_not_whole_pages_above_the_bootloader_is_never_sent(address: int, length: int) -> None:
    with pytest.raises(ValueError, match="not whole pages above the bootloader"):
        protocol.write_command(address, length)


def test_the_version_tells_what_is_missing() -> None:
    full = protocol.parse_version("Arduino Bootloader (SAM-BA extended) 2.0 [Arduino:IKXYZ]")
    assert (full.capabilities, full.missing) == ("IKXYZ", "")
    assert protocol.parse_version("v1.1 [Arduino:XYZ] Dec 10 2016").missing == "IK"  # an Arduino Zero's
    assert protocol.parse_version("v1.4 Jan 1 2010").missing == "IKYZ"


class Script:
    """A link whose other end sends prepared answers, whatever it receives, and then nothing."""

    name = "script"

    def __init__(self, answers: list[bytes]) -> None:
        self._answers = answers
        self.written = b""

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        if not self._answers:
            return b""
        answer = self._answers.pop(0)
        if len(answer) > max_bytes:
            self._answers.insert(0, answer[max_bytes:])
        return answer[:max_bytes]

    def write(self, data: bytes, timeout_s: float = 2.0) -> None:
        self.written += data

    def close(self) -> None:
        pass


REPLIES = [
    b"\n\r",
    b"Y\n\r",
    b"X\n\r",
    b"Z00001234#\n\r",
    b"Z0000000",
    b"nRF52840-QIAA\n\r\0X",
    b"Arduino Bootloader (SAM-BA extended) 2.0 [Arduino:IKXYZ]\n\r\0n",
    b"",
]
anything = st.lists(st.one_of(st.sampled_from(REPLIES), st.binary(max_size=600)), max_size=12)


@settings(max_examples=100)
@given(anything)
def test_a_session_with_a_board_that_says_anything_ends(answers: list[bytes]) -> None:
    link = Script(answers)
    session = BootloaderSession(link, QUICK)
    try:
        version = session.identify()
    except (LinkError, WrongBoardError) as exc:
        assert exc.hint
    else:
        assert version.missing == ""
    # Whatever a stranger says, nothing but questions and filler went out.
    assert set(link.written.replace(b"I#", b"").replace(b"V#", b"")) <= {ord("#")}


@settings(max_examples=50)
@given(anything)
def test_no_answer_makes_flash_hold_what_was_not_asked(answers: list[bytes]) -> None:
    session = BootloaderSession(Script(answers), QUICK)
    try:
        assert session.holds(0x10000, b"some bytes") in (True, False)
        assert len(session.read(0xE0000, 2)) == 2
    except LinkError as exc:
        assert exc.hint

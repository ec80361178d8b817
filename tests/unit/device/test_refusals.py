"""Every status has words and a hint; a refusal names the request."""

from __future__ import annotations

import pytest
from tinyhost.device.refusals import refusal, status_words
from tinyhost.errors import ProtocolError
from tinyhost.protocol.messages import ErrorReply, MessageType
from tinyhost.protocol.status import Status


@pytest.mark.parametrize("status", [status for status in Status if status != Status.OK])
def test_every_status_is_explained_and_says_what_to_do(status: Status) -> None:
    error = refusal("board", ErrorReply(request_type=MessageType.INFER, status=status).pack())
    assert error.status == status
    assert error.message == f"board: INFER refused: {status_words(status)}"
    assert error.hint


def test_numbers_and_text_of_the_device_are_passed_on() -> None:
    reply = ErrorReply(request_type=MessageType.MODEL_BEGIN, status=Status.NO_SPACE, expected=10, got=20)
    error = refusal("board", reply.pack() + b"slot is small")
    assert error.message.endswith(": slot is small (expected 10, got 20)")
    assert "tinyhost push MODEL" in refusal("board", ErrorReply(status=Status.NO_MODEL).pack()).hint


def test_a_status_of_a_newer_firmware_is_reported_by_number() -> None:
    error = refusal("board", ErrorReply(request_type=0x77, status=200).pack() + b"too_hot")
    assert error.status == 200
    assert (
        error.message
        == "board: request 0x77 refused: status 200, which this version of tinyhost does not know: too_hot"
    )


def test_a_short_refusal_is_a_protocol_error() -> None:
    with pytest.raises(ProtocolError, match="ERROR reply of 3 bytes"):
        refusal("board", b"abc")

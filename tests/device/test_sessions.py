"""Sessions with real firmware: versions, two hosts, and the way back to text."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
from tinyhost.boards import PoweredBoard
from tinyhost.device import Device
from tinyhost.errors import PortBusyError, VersionMismatchError
from tinyhost.link import Link
from tinyhost.protocol.frames import Frame, FrameDecoder, LogText, Received, encode_frame
from tinyhost.protocol.messages import (
    HELLO_MAGIC,
    PROTOCOL_VERSION,
    PROTOCOL_VERSION_MIN,
    REPLY_FLAG,
    SESSION_TIMEOUT_MS,
    HelloReply,
    HelloRequest,
    MessageType,
)

pytestmark = pytest.mark.firmware

LATER = PROTOCOL_VERSION + 1


class Talk:
    """A host by hand: sends frames, and reads until something comes."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._decoder = FrameDecoder()
        self.text: list[str] = []

    def send(self, message_type: MessageType, seq: int, payload: bytes = b"") -> None:
        self._link.write(encode_frame(message_type, seq, payload))

    def read(self, timeout_s: float) -> list[Received]:
        received = self._decoder.feed(self._link.read(65_536, timeout_s))
        self.text += [item.text for item in received if isinstance(item, LogText)]
        return received

    def reply(self, message_type: MessageType, seq: int) -> bytes:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            for item in self.read(0.1):
                if isinstance(item, Frame) and (item.type, item.seq) == (message_type | REPLY_FLAG, seq):
                    return item.payload
        pytest.fail(f"no reply to {message_type.name}")

    def hello(self, version_min: int = 1, version_max: int = 1) -> HelloReply:
        request = HelloRequest(magic=HELLO_MAGIC, version_min=version_min, version_max=version_max, session=77)
        self.send(MessageType.HELLO, 5, request.pack())
        reply = HelloReply.unpack(self.reply(MessageType.HELLO, 5))
        self.text.clear()  # what was on its way when HELLO was sent
        return reply

    def await_text(self, timeout_s: float) -> float:
        """Return after how long the next line of text came, if none did before."""
        began_s = time.monotonic()
        while not self.text and time.monotonic() < began_s + timeout_s:
            self.read(0.05)
        assert self.text, f"no text in {timeout_s} s"
        return time.monotonic() - began_s


def test_a_host_of_a_later_version_is_told_which_versions_there_are(
    powered: PoweredBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("tinyhost.device.session.PROTOCOL_VERSION_MIN", LATER)
        patch.setattr("tinyhost.device.session.PROTOCOL_VERSION", LATER)
        told = f"versions {PROTOCOL_VERSION_MIN} to {PROTOCOL_VERSION}, this tinyhost {LATER} to {LATER}"
        with pytest.raises(VersionMismatchError, match=told) as caught:
            Device.open(powered)
        assert "tinyhost flash" in (caught.value.hint or "")
    with Device.open(powered) as device:
        device.ping()


def test_without_a_common_version_the_board_keeps_to_text(powered: PoweredBoard) -> None:
    link = powered.open_link()
    try:
        talk = Talk(link)
        reply = talk.hello(version_min=LATER, version_max=9)
        said = (reply.version, reply.version_min, reply.version_max, reply.session)
        assert said == (0, PROTOCOL_VERSION_MIN, PROTOCOL_VERSION, 77)
        talk.await_text(10)
        assert talk.hello(version_min=1, version_max=9).version == PROTOCOL_VERSION
    finally:
        link.close()


def test_a_silent_host_is_given_up_and_text_comes_again(powered: PoweredBoard) -> None:
    link = powered.open_link()
    try:
        talk = Talk(link)
        talk.hello()
        waited_s = talk.await_text(15)
        assert talk.text[0] == "host lost"
        assert waited_s > SESSION_TIMEOUT_MS / 1000 - 0.5
        talk.text.clear()
        talk.await_text(10)
    finally:
        link.close()


def test_bye_brings_text_back_at_once(powered: PoweredBoard) -> None:
    link = powered.open_link()
    try:
        talk = Talk(link)
        talk.hello()
        talk.send(MessageType.BYE, 6)
        talk.reply(MessageType.BYE, 6)
        assert talk.await_text(10) < SESSION_TIMEOUT_MS / 1000
        assert "host lost" not in talk.text
    finally:
        link.close()


def test_a_second_host_is_told_which_process_has_the_port(powered: PoweredBoard) -> None:
    code = (
        "import sys\nfrom tinyhost.link import SerialLink\n"
        f"link = SerialLink({powered.port!r}, 'first')\nprint('open', flush=True)\nsys.stdin.read()"
    )
    first = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert first.stdout is not None
        assert first.stdout.readline() == "open\n"
        with pytest.raises(PortBusyError, match=rf"(?s)held by .*\(pid {first.pid}\)"):
            Device.open(powered)
    finally:
        first.communicate()
    Device.open(powered).close()


class Interrupted:
    """A powered board whose session ends while it is greeted, once: a BYE comes before the first PING."""

    def __init__(self, powered: PoweredBoard) -> None:
        self._powered = powered
        self.n_links = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._powered, name)

    def open_link(self) -> Link:
        """Return a link; the first one says BYE behind the HELLO."""
        link, self.n_links = self._powered.open_link(), self.n_links + 1
        if self.n_links > 1:
            return link
        write, hello = link.write, FrameDecoder()

        def write_and_leave(data: bytes, timeout_s: float = 10.0) -> None:
            write(data, timeout_s)
            if any(isinstance(item, Frame) and item.type == MessageType.HELLO for item in hello.feed(data)):
                write(encode_frame(MessageType.BYE, 999), timeout_s)

        link.write = write_and_leave  # type: ignore[method-assign]
        return link


def test_a_board_that_forgets_its_host_while_it_is_greeted_is_greeted_again(powered: PoweredBoard) -> None:
    interrupted = Interrupted(powered)
    with Device.open(interrupted) as device:  # type: ignore[arg-type]
        assert device.ping().uptime_us > 0
    assert interrupted.n_links == 2

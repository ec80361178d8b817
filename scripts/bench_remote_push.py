"""Measures how much of a remote board's raw link a push uses.

    python -m scripts.bench_remote_push                                # 1 MB/s, 1 ms each way
    python -m scripts.bench_remote_push --delay-ms 5 --rounds 20 --json push.json

A board native is on a TCP port of loopback, as `tinyhost board serve` puts it there, behind a relay that carries so
many bytes a second, each so late; USB of full speed carries 1 MB/s. In turn, an image that nearly fills a slot is
pushed (begun, written, verified, activated), and as many bytes are sent that the firmware only counts (SINK), all at
once, without waiting for a reply: the raw link. Prints the median of the rounds' ratios.
"""

from __future__ import annotations

import argparse
import json
import queue
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from tinyhost.boards import resolve
from tinyhost.boards.flash import flash_firmware
from tinyhost.boards.packaged import find_firmware
from tinyhost.boards.serving import BoardServer
from tinyhost.compiler import compile_tflite
from tinyhost.device import Device
from tinyhost.device.connection import Conversation
from tinyhost.models.push import push_image
from tinyhost.protocol.messages import MessageType

from tests.oracle.sketch import Sketch

PIECE_BYTES = 4096
READ_BYTES = 1024
REPLY_S = 60.0


def main() -> None:
    """Run it and print the ratio."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--delay-ms", type=float, default=1.0, help="each way")
    parser.add_argument("--rate", type=float, default=1e6, help="bytes per second, each way")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    sketch = Sketch((1, 96, 96, 1)).conv(16, 3, stride=8).conv(128, 3).conv(128, 3).conv(128, 3)
    image = compile_tflite(sketch.mean().softmax().tflite(), name="large").image
    pushes, raws = [], []
    with (
        served(asked.delay_ms / 1000, asked.rate) as url,
        resolve(url).power() as powered,
        Device.open(powered) as device,
    ):
        for _ in range(asked.rounds):
            pushes.append(len(image) / push_image(device, image, force=True).seconds)
            raws.append(raw_link(device, len(image)))
    ratio = statistics.median(push / raw for push, raw in zip(pushes, raws, strict=True))
    push, raw = statistics.median(pushes), statistics.median(raws)
    print(f"{len(image):,} B, {asked.rate / 1e6:g} MB/s, {asked.delay_ms:g} ms each way:")
    print(f"raw link {raw / 1e6:.3f} MB/s, push {push / 1e6:.3f} MB/s")
    print(f"push / raw link: {ratio:.3f} (median of {asked.rounds} rounds)")
    if asked.json:
        asked.json.write_text(json.dumps({"push_bytes_per_s": pushes, "raw_bytes_per_s": raws, "ratio": ratio}) + "\n")


def raw_link(device: Device, n_bytes: int) -> float:
    """Return the bytes per second that arrive if nobody waits for replies."""
    with Conversation(device._session.connection) as talk:
        began_s = time.monotonic()
        sizes = [min(PIECE_BYTES, n_bytes - start) for start in range(0, n_bytes, PIECE_BYTES)]
        waiting = {talk.send(MessageType.SINK, bytes(size)) for size in sizes}
        while waiting:
            frame = talk.receive(REPLY_S, waiting)
            assert frame is not None, "the link lost something"
            waiting.discard(frame.seq)
        return n_bytes / (time.monotonic() - began_s)


@contextmanager
def served(delay_s: float, rate: float) -> Iterator[str]:
    """Yield the address of a board native that runs vww."""
    with tempfile.TemporaryDirectory() as state, ExitStack() as stack:
        board = resolve("native", state=Path(state))
        flash_firmware(board, find_firmware("vww", "native"))
        server = BoardServer(stack.enter_context(board.power()), "127.0.0.1", 0, lambda said: None)
        stack.enter_context(server)
        ended = threading.Event()

        def poll() -> None:
            while not ended.is_set():
                server.poll()

        poller = threading.Thread(target=poll)
        poller.start()
        stack.callback(poller.join)
        stack.callback(ended.set)
        yield relay(server.url, delay_s, rate)


def relay(url: str, delay_s: float, rate: float) -> str:
    """Return the address of a relay to another address, which delays bytes and limits their rate."""
    listening = socket.create_server(("127.0.0.1", 0))
    host, _, port = url.removeprefix("socket://").rpartition(":")

    def accept() -> None:
        while True:
            near = listening.accept()[0]
            far = socket.create_connection((host, int(port)))
            for here, there in ((near, far), (far, near)):
                here.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                delayed: queue.Queue[tuple[float, bytes]] = queue.Queue()
                threading.Thread(target=take, args=(here, delayed), daemon=True).start()
                threading.Thread(target=give, args=(delayed, there), daemon=True).start()

    def take(here: socket.socket, delayed: queue.Queue[tuple[float, bytes]]) -> None:
        data = b"any"
        while data:
            with suppress(OSError):
                data = here.recv(READ_BYTES)
                delayed.put((time.monotonic() + delay_s, data))
                continue
            data = b""
            delayed.put((0.0, b""))

    def give(delayed: queue.Queue[tuple[float, bytes]], there: socket.socket) -> None:
        free_s = 0.0
        with suppress(OSError):
            while (item := delayed.get())[1]:
                free_s = max(free_s, item[0]) + len(item[1]) / rate
                time.sleep(max(0.0, free_s - time.monotonic()))
                there.sendall(item[1])
            there.shutdown(socket.SHUT_RDWR)

    threading.Thread(target=accept, daemon=True).start()
    return f"socket://127.0.0.1:{listening.getsockname()[1]}"


if __name__ == "__main__":
    main()

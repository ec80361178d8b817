"""Boards by their port: on this computer, or over the network from tinyhost board serve."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest
import serial
from serial.rfc2217 import PortManager
from tinyhost.boards import PoweredBoard, resolve
from tinyhost.boards.ports import PortBoard
from tinyhost.boards.serving import BoardServer, is_loopback, parse_listen
from tinyhost.device import Device
from tinyhost.errors import BoardError, ConfigError, LinkError, LinkLostError, UsageError
from tinyhost.hil.rigs import RigBoard
from tinyhost.hil.station import Station as HilStation
from tinyhost.protocol.messages import InferSource, Source

from tests.commands import run_json, run_tinyhost
from tests.stations import Station, Stations, shipped_image


@contextmanager
def served(powered: PoweredBoard) -> Iterator[tuple[str, list[str]]]:
    """Yield a board's address, and what its server says."""
    said: list[str] = []
    done = threading.Event()
    with BoardServer(powered, "127.0.0.1", 0, said.append) as server:

        def poll() -> None:
            while not done.is_set():
                server.poll()

        thread = threading.Thread(target=poll)
        thread.start()
        try:
            yield server.url, said
        finally:
            done.set()
            thread.join()


@pytest.fixture
def native(stations: Stations) -> Station:
    return stations("native", model=True)


@pytest.mark.firmware
def test_a_board_over_the_network_is_the_board_itself(native: Station) -> None:
    with native.board.power() as powered:
        with Device.open(powered) as device:
            here = device.info, device.infer(InferSource.PATTERN, seed=5).output, device.read(Source.MODEL)
        with (
            served(powered) as (url, said),
            resolve(url).power() as remote,
            Device.open(remote) as device,
        ):
            there = device.info, device.infer(InferSource.PATTERN, seed=5).output, device.read(Source.MODEL)
            assert there == here
            assert device.push(shipped_image("vww"), force=True).image_bytes == len(shipped_image("vww"))
            link = device.measure_link()
            assert link.to_device_useful_bytes_per_s > 0
        assert [line.split()[-1] for line in said] == ["connected", "disconnected"]


@pytest.mark.firmware
def test_commands_take_an_address_and_flash_refuses_it(native: Station, tmp_path: Path) -> None:
    with native.board.power() as powered, served(powered) as (url, _):
        here_and_there = run_json("bench", "--board", url, "--runs", "1", "--samples", "3")
        assert here_and_there["device"]["name"] == url
        assert (here_and_there["board"], here_and_there["agreement"]["mismatches"]) == ("native", 0)
        assert run_tinyhost("reset", "--board", url).code == 0
        for words in (("flash", "vww"), ("bench", "--app", "vww")):
            refused = run_tinyhost(*words, "--board", url)
            assert (refused.code, "through a port" in refused.err) == (2, True)
        scene = run_tinyhost("monitor", "--board", url, "--scene", str(tmp_path))
        assert "a scene cannot be played through a port" in scene.err


@pytest.mark.firmware
def test_a_rig_uses_a_board_behind_a_port_with_the_app_that_it_has(native: Station, tmp_path: Path) -> None:
    for app, said in (("vww", ""), ("kws", "runs the app vww, expected kws")):
        with native.board.power() as powered, served(powered) as (url, _):
            asked = RigBoard(name="far", type="native", app=app, address=url)
            with (
                HilStation(asked, state=tmp_path) as rig,
                pytest.raises(BoardError, match=said) if said else nullcontext(),
            ):
                assert rig.open_device().info.build_id == rig.firmware.build_id


@pytest.mark.firmware
def test_one_client_at_a_time_and_then_the_next(native: Station) -> None:
    with native.board.power() as powered, served(powered) as (url, said):
        remote = resolve(url)
        with remote.power() as first, Device.open(first) as device:
            assert device.info.app == "vww"
            with remote.power() as second, pytest.raises(LinkError):
                Device.open(second, greet_s=1.0)
            assert any("the board is in use" in line for line in said)
            assert device.ping().uptime_us > 0
        deadline = time.monotonic() + 30
        while not said[-1].endswith("disconnected"):
            assert time.monotonic() < deadline, said
            time.sleep(0.02)
        with remote.power() as next_one, Device.open(next_one) as device:
            assert device.info.app == "vww"


@pytest.mark.firmware
def test_a_serial_port_of_no_known_board_is_taken_by_its_path(native: Station) -> None:
    with native.board.power(keep_on=True) as powered:
        board = resolve(powered.port)
        assert isinstance(board, PortBoard)
        with board.power() as by_path, Device.open(by_path) as device:
            assert (device.info.app, device.info.board) == ("vww", "native")
            with pytest.raises(BoardError, match="power cannot be switched"):
                by_path.reset()
        with pytest.raises(ConfigError, match="a scene cannot be played"), board.power(scene="x"):
            pass


class Pty(serial.Serial):  # type: ignore[misc]
    """A pty has no modem lines, which the server wants to tell of."""

    cts = dsr = ri = cd = property(lambda self: False)

    def _update_dtr_state(self) -> None: ...

    def _update_rts_state(self) -> None: ...


def serve_rfc2217(port: str, server: socket.socket) -> None:
    """Serve a serial port to one client with pyserial's own part of RFC 2217, as ser2net does."""
    client = server.accept()[0]
    with client, Pty(port, timeout=0.02) as opened:
        manager = PortManager(opened, SimpleNamespace(write=client.sendall))
        client.settimeout(0.02)
        while True:
            if data := opened.read(opened.in_waiting or 1):
                client.sendall(b"".join(manager.escape(data)))
            try:
                got = client.recv(4096)
            except TimeoutError:
                continue
            if not got:
                return
            opened.write(b"".join(manager.filter(got)))


@pytest.mark.firmware
def test_a_port_server_of_others_is_spoken_to_by_rfc2217(native: Station) -> None:
    with native.board.power(keep_on=True) as powered, socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve_rfc2217, args=(powered.port, server))
        thread.start()
        address = f"rfc2217://127.0.0.1:{server.getsockname()[1]}?ign_set_control&timeout=3"
        with resolve(address).power() as remote, Device.open(remote) as device:
            model = device.read(Source.MODEL)
        thread.join()
        assert model == shipped_image("vww")


@pytest.mark.firmware
def test_a_served_board_ends_with_its_command(native: Station) -> None:
    process = native.start("board", "serve", "--listen", "0.0.0.0:0")
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        port = said.strip().rpartition(":")[2]
        with resolve(f"socket://127.0.0.1:{port}").power() as remote, Device.open(remote) as device:
            assert device.info.app == "vww"
            process.terminate()
            _, remarks = process.communicate(timeout=60)
        assert process.returncode == 143
        assert "anybody who can connect to 0.0.0.0 sees the sensor's data" in " ".join(remarks.split())
    finally:
        native.end_processes()


def test_nobody_there_is_reported() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with resolve(f"socket://127.0.0.1:{port}").power() as powered, pytest.raises(LinkLostError, match="cannot open"):
        powered.open_link()


@pytest.mark.parametrize(
    "address",
    ["socket://", "socket://host", "socket://host:x", "loop://", "http://h:1", "socket://h:1/x", "socket://:5"],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match="not the address of a port"):
        resolve(address)


def test_where_to_listen() -> None:
    assert parse_listen("5555") == ("127.0.0.1", 5555)
    assert parse_listen("0.0.0.0:1") == ("0.0.0.0", 1)
    assert parse_listen("[::1]:0") == ("::1", 0)
    assert [is_loopback(host) for host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "example.org")] == [
        True, True, True, False, False,
    ]  # fmt: skip
    for text in ("x", "host:", "host:70000", ""):
        with pytest.raises(UsageError, match="expected HOST:PORT or PORT"):
            parse_listen(text)

"""Labs of the real programs: sshd, labgrid's coordinator and exporter, and a power switch with a URL.

Where this user may make network namespaces, a lab is another machine: it has a network of its own, and only its address
leads there. Elsewhere it is on loopback, and a warning says so.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import socket
import subprocess
import threading
import time
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tinyhost.boards.power_switch import ask_for_power_cut
from tinyhost.boards.remote.labgrid_text import parse_show

from tests.commands import TINYHOST

__all__ = ["Lab", "Network", "Sshd", "free_port", "labgrid_folder", "own_network", "power_relay", "sshd"]

REPO = Path(__file__).resolve().parents[1]
_START_S = 60.0


@dataclass(frozen=True, kw_only=True)
class Network:
    """Where a machine's programs run."""

    host: str = "127.0.0.1"
    enter: tuple[str, ...] = ()
    """before the command of a program that is to run there"""


@contextlib.contextmanager
def own_network() -> Iterator[Network]:
    """Yield a network namespace with a cable to ours; loopback, with a warning, where there can be none."""
    pid = os.getpid()
    name, ours, theirs = f"tinyhost-{pid}", f"th{pid}a", f"th{pid}b"
    net = f"10.{200 + pid // 64 // 256 % 50}.{pid // 64 % 256}.{pid % 64 * 4}".rpartition(".")
    near, far = (f"{net[0]}.{int(net[2]) + n}" for n in (1, 2))
    commands = (
        f"netns add {name}", f"link add {ours} type veth peer name {theirs} netns {name}",
        f"addr add {near}/30 dev {ours}", f"link set {ours} up",
        f"-n {name} addr add {far}/30 dev {theirs}", f"-n {name} link set {theirs} up", f"-n {name} link set lo up",
    )  # fmt: skip
    try:
        try:
            for command in commands:
                subprocess.run(["ip", *command.split()], check=True, capture_output=True, text=True, timeout=60)
            network = Network(host=far, enter=("ip", "netns", "exec", name))
        except (OSError, subprocess.CalledProcessError) as exc:
            why = getattr(exc, "stderr", "") or exc
            warnings.warn(f"no network namespaces ({str(why).strip()}): the lab is on loopback", stacklevel=2)
            network = Network()
        yield network
    finally:
        if shutil.which("ip"):
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True, timeout=60)


def free_port() -> int:
    """Return a free TCP port of loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def labgrid_folder() -> Path:
    """Return the folder of labgrid's programs, in an environment of their own, which the Makefile makes."""
    subprocess.run(["make", "--silent", "build/labgrid/bin/labgrid-client"], cwd=REPO, check=True, timeout=600)
    return REPO / "build/labgrid/bin"


def await_port(host: str, port: int, process: subprocess.Popen[Any]) -> None:
    """Wait until a program listens on a port."""
    deadline = time.monotonic() + _START_S
    while True:
        with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=1):
            return
        assert process.poll() is None and time.monotonic() < deadline, (
            f"{process.args!r} does not listen: {process.poll()}"
        )
        time.sleep(0.02)


@dataclass(kw_only=True)
class Sshd:
    """A machine behind ssh: this computer, with a tinyhost state of its own."""

    network: Network
    port: int
    state: Path
    process: subprocess.Popen[bytes]
    path: str
    """PATH with an `ssh` that has the key"""

    @property
    def address(self) -> str:
        """As `ssh:` takes it, without the board."""
        return f"ssh:{self.network.host}:{self.port}"


@contextlib.contextmanager
def sshd(folder: Path, network: Network) -> Iterator[Sshd]:
    """Yield a running sshd with keys of its own; it serves this user only."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("key", "hostkey"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    port, state = free_port(), folder / "state"
    (folder / "sshd_config").write_text(
        f"Port {port}\nListenAddress {network.host}\nHostKey {folder}/hostkey\nAuthorizedKeysFile {folder}/key.pub\n"
        "PidFile none\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n"
        f"SetEnv PATH={TINYHOST.parent}:/usr/bin:/bin TINYHOST_STATE={state} HOME={folder}\n"
    )  # a home without a .bashrc, which might wait for something
    (folder / "ssh_config").write_text(
        f"Host *\n  IdentityFile {folder}/key\n  IdentitiesOnly yes\n  UserKnownHostsFile {folder}/known\n"
        "  StrictHostKeyChecking accept-new\n  LogLevel ERROR\n"
    )
    (folder / "bin").mkdir()
    wrapper = folder / "bin/ssh"
    wrapper.write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F {folder}/ssh_config "$@"\n')
    wrapper.chmod(0o755)
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # where sshd of root gives its privileges up
    program = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program, "openssh-server is missing: scripts/install_packages.sh dev"
    with (folder / "sshd.log").open("wb") as log:
        command = [*network.enter, program, "-D", "-e", "-f", str(folder / "sshd_config")]
        process = subprocess.Popen(command, stderr=log, stdout=log)
    try:
        await_port(network.host, port, process)
        path = f"{folder / 'bin'}:{os.environ['PATH']}"
        yield Sshd(network=network, port=port, state=state, process=process, path=path)
    finally:
        process.kill()
        process.wait()


class _Relay(BaseHTTPRequestHandler):
    """A power switch as labgrid's model `rest` has it; switching on gives the board its power back."""

    state: Path

    def do_PUT(self) -> None:
        if self.rfile.read(int(self.headers["Content-Length"])) == b"1":
            ask_for_power_cut(self.state / "native")
        self._reply(b"")

    def do_GET(self) -> None:
        self._reply(b"1")

    def _reply(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def power_relay(state: Path) -> ThreadingHTTPServer:
    """Return a running power switch of the board native whose state is there: PUT 1 gives its power back."""
    relay = ThreadingHTTPServer(("127.0.0.1", 0), type("Relay", (_Relay,), {"state": state}))
    threading.Thread(target=relay.serve_forever, daemon=True).start()
    return relay


@dataclass(kw_only=True)
class Lab:
    """labgrid on a machine with one place, native-1: a virtual board that `tinyhost board serve` keeps on.

    Each of its programs may be killed and started again. A context manager.
    """

    folder: Path
    machine: Sshd
    """has the board"""
    coordinator_port: int = field(default_factory=free_port)
    board_port: int = field(default_factory=free_port)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    """coordinator, exporter, serve"""

    def __post_init__(self) -> None:
        self._programs, self._host = labgrid_folder(), self.machine.network.host
        self._relay = power_relay(self.machine.state)

    def __enter__(self) -> Lab:
        self.folder.mkdir(parents=True, exist_ok=True)
        user = f"username: {getpass.getuser()}, port: {self.machine.port}"
        (self.folder / "exports.yaml").write_text(
            "desk:\n"
            f"  NetworkSerialPort: {{host: {self._host}, port: {self.board_port}, speed: 115200, protocol: raw}}\n"
            f"  NetworkService: {{address: {self._host}, {user}}}\n"
            f"  NetworkPowerPort: {{model: rest, host: 'http://127.0.0.1:{self._relay.server_port}/', index: 0}}\n"
        )
        for name in ("serve", "coordinator", "exporter"):
            self.start(name)
        self.client("create")
        self.client("set-tags", "board=native", "tinyhost=native")
        self.client("add-match", "rig/desk/*")
        return self

    def __exit__(self, *_: object) -> None:
        for name in tuple(self.running):
            self.kill(name)
        self._relay.shutdown()
        self._relay.server_close()

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a user of the lab."""
        return {
            "PATH": f"{self.machine.path.partition(':')[0]}:{self._programs}:{os.environ['PATH']}",
            "LG_COORDINATOR": f"{self._host}:{self.coordinator_port}",
            "LG_USERNAME": "ada",
            "LG_HOSTNAME": "one",
            "TINYHOST_STATE": str(self.folder / "state"),
            "TINYHOST_ALLOWED": str(self.folder / "allowed.json"),
        }

    def client(self, *words: str, user: str = "ada", check: bool = True) -> str:
        """Return labgrid-client's description of the place."""
        done = subprocess.run(
            [self._programs / "labgrid-client", "-p", "native-1", *words], capture_output=True, text=True, timeout=120,
            env={**os.environ, **self.environment, "LG_USERNAME": user}, check=False,
        )  # fmt: skip
        assert not check or done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    def holder(self) -> str:
        """Return who holds the place, HOST/USER; empty if nobody does."""
        return parse_show(self.client("show"), "the lab").holder

    def start(self, name: str) -> None:
        """Start one of the lab's programs; return when it is ready."""
        address = f"{self._host}:{self.coordinator_port}"
        commands: Mapping[str, list[str | Path]] = {
            "coordinator": [self._programs / "labgrid-coordinator", "-l", address],
            "exporter": [
                self._programs / "labgrid-exporter", "-c", address, "-n", "rig", "--hostname", self._host,
                "exports.yaml",
            ],
            "serve": [
                TINYHOST, "board", "serve", "--board", "native", "--scene", REPO / "hil/scenes/cards",
                "--listen", f"{self._host}:{self.board_port}",
            ],
        }  # fmt: skip
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                [*self.machine.network.enter, *commands[name]], cwd=self.folder, stdout=log, stderr=log,
                env={**os.environ, "TINYHOST_STATE": str(self.machine.state)},
            )  # fmt: skip
        if name != "exporter":
            await_port(
                self._host, self.coordinator_port if name == "coordinator" else self.board_port, self.running[name]
            )
            return
        deadline = time.monotonic() + _START_S
        while "rig/desk/NetworkSerialPort" not in self.client("resources", check=False):
            assert time.monotonic() < deadline, (self.folder / "exporter.log").read_text()

    def kill(self, name: str) -> None:
        """Kill one of the lab's programs, as a power cut would."""
        process = self.running.pop(name)
        process.kill()
        process.wait()

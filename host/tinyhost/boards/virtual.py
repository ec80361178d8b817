"""Virtual boards, which need no hardware."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tinyhost.boards.base import BoardKind, PoweredBoard
from tinyhost.boards.power_switch import ask_for_power_cut
from tinyhost.boards.state import BoardFolder, BoardLock, Running
from tinyhost.boards.supervisor import Supervisor
from tinyhost.boards.switches import throw_switch
from tinyhost.boards.usb_ports import await_leaving
from tinyhost.boards.virtual_types import VirtualBoardType
from tinyhost.boards.virtual_usb import await_plugged, find_plugged
from tinyhost.errors import BoardError, ConfigError, LinkLostError, TinyhostError
from tinyhost.link.base import Link
from tinyhost.link.serial import SerialLink
from tinyhost.system.user_folders import state_folder

if TYPE_CHECKING:
    from tinyhost.boards.scenes.player import ScenePlayer

__all__ = ["AttachedBoard", "VirtualBoard", "VirtualPower"]

_RESET_TIMEOUT_S = 10.0
_PLUG_S = 20.0
"""from power to the program on USB; it takes about a second"""


class VirtualBoard:
    """A virtual board on this computer; its flash is a folder."""

    is_virtual = True

    def __init__(self, record: VirtualBoardType, state: Path | None = None) -> None:
        self.record = record
        self.kind: BoardKind = record.kind
        self.name = record.name
        self.firmware_kind = record.firmware_kind
        self.has_bootloader = record.has_bootloader
        self.tick_unit = record.tick_unit
        self.folder = BoardFolder(state or state_folder(), record.name)
        self.now_s = record.clock(self.folder.path)

    @contextmanager
    def power(self, *, scene: str | None = None, hold_s: float = 0.0, keep_on: bool = False) -> Iterator[PoweredBoard]:
        """Yield the running board; see base.Board. One that `tinyhost board run` keeps on is used as it is."""
        if self.folder.flashed() is None:
            raise BoardError(f"no firmware on {self.name}", hint=f"tinyhost flash vww --board {self.name}")
        lock = BoardLock(self.folder)
        if not lock.acquire():
            yield self._attach(scene)
            return
        with ExitStack() as stack:
            stack.callback(lock.release)
            player = self._play(scene, hold_s, stack)
            power = VirtualPower(self, player, scene or "", keep_on)
            stack.callback(power.close)
            power.start()
            self.await_program(lambda: power.failure)
            yield power

    @contextmanager
    def power_for_upload(self) -> Iterator[VirtualPower]:
        """Keep a board with a bootloader on in the block, whatever it runs; the caller has its lock."""
        power = VirtualPower(self, None, "", shared=False)
        try:
            power.start()
            yield power
        finally:
            power.close()

    def port(self, noted: str) -> str:
        """Return the board's present port; see wiring.Wiring. Raises BoardNotFoundError while it is away."""
        return self.record.wiring.port(self.folder.path, noted)

    def await_program(self, failure: Callable[[], str]) -> None:
        """Wait until the board is on its port with its program.

        failure: returns why the firmware crashed, else "". Raises BoardError then, and for a board that waits for a
        program in its bootloader.
        """
        if not self.has_bootloader:
            return
        port = await_plugged(self.folder.path, _PLUG_S, failure)
        if port.bootloader and self.folder.bootloader.is_file():
            port = await_leaving(lambda: find_plugged(self.folder.path), self.now_s)
        if port.bootloader:
            raise BoardError(f"{self.name} is in its bootloader", hint=f"tinyhost flash vww --board {self.name}")

    def _play(self, scene: str | None, hold_s: float, stack: ExitStack) -> ScenePlayer | None:
        # Imported on use: scenes bring numpy, which `tinyhost boards` does without.
        from tinyhost.boards.scenes import SceneOptions, open_scene
        from tinyhost.boards.scenes.player import ScenePlayer, remove_channels

        remove_channels(self.folder.path)
        if scene is None:
            return None
        player = ScenePlayer(open_scene(scene, SceneOptions(hold_s=hold_s)), self.folder.path)
        stack.callback(player.close)
        return player

    def _attach(self, scene: str | None) -> AttachedBoard:
        running = self.folder.running()
        if running is None or not running.shared:
            who = f"process {running.pid}" if running else "another process"
            raise BoardError(
                f"{self.name} is powered by {who} (state {self.folder.path})",
                hint="wait for it, or give another state folder with --state",
            )
        if scene is not None and scene != running.scene:
            shown = running.scene or "none"
            raise ConfigError(
                f"{self.name} is kept on by process {running.pid} with scene {shown!r}, not {scene!r}",
                hint="omit --scene, or restart `tinyhost board run` with the other scene",
            )
        return AttachedBoard(self, running)


class VirtualPower:
    """A virtual board that this process keeps on."""

    stays_on = False

    def __init__(self, board: VirtualBoard, player: ScenePlayer | None, scene: str, shared: bool) -> None:
        self.board = board
        self._player = player
        self._scene = scene
        self._shared = shared
        self._closed = False
        forget = player.restarted if player else lambda: None
        command = board.record.command(board.folder)
        self._wiring = board.record.wiring(board.folder.path)
        self._supervisor = Supervisor(command, board.folder, self._wiring, self._note, before_boot=forget)

    def start(self) -> None:
        """Return when the firmware runs."""
        self._supervisor.start()

    @property
    def port(self) -> str:
        """The board's present port. Raises BoardNotFoundError while it is away from USB, as it is during a reset."""
        return self.board.port(self._wiring.noted_port)

    @property
    def scene_name(self) -> str:
        """The name of the last picture before the camera."""
        return self._player.scene.current_name if self._player else ""

    def scene_item(self, capture: int) -> str:
        """Return the name of the picture in a capture since the board's start; "" if it is long ago."""
        return self._player.picture_of(capture) if self._player and self.board.record.names_captures else ""

    @property
    def scene_failure(self) -> TinyhostError | None:
        """Why the scene failed; None if it plays."""
        return self._player.failure if self._player else None

    @property
    def failure(self) -> str:
        """Why the firmware stopped running; "" if it runs."""
        return self._supervisor.failure

    def open_link(self) -> Link:
        """Return a new link to the firmware."""
        self._supervisor.check_runs()
        try:
            return SerialLink(self.port, f"{self.board.name} (pid {self._supervisor.firmware_pid})")
        except LinkLostError:
            self._supervisor.check_runs()  # it may have died since
            raise

    def reset(self) -> None:
        """Cut the power and give it back."""
        self._supervisor.power_cut()
        self.board.await_program(lambda: self.failure)

    def switch(self, command: str) -> str:
        """Send the emulated Nano a command in place of a person at the bench; return its reply.

        command: a line that firmware/emulator takes, such as `vbus off`. Raises BoardError for a board without switches
        and for a command that is refused.
        """
        return throw_switch(self.board.folder.path, command)

    def close(self) -> None:
        """Switch the board off."""
        if not self._closed:
            self._closed = True
            self._supervisor.stop()
            self.board.folder.remove_running()

    def _note(self, supervisor: Supervisor) -> None:
        self.board.folder.write_running(
            Running(
                pid=os.getpid(),
                firmware_pid=supervisor.firmware_pid,
                boots=supervisor.boots,
                port=self._wiring.noted_port,
                scene=self._scene,
                shared=self._shared,
                failure=supervisor.failure,
            )
        )


class AttachedBoard:
    """A virtual board that another process keeps on."""

    stays_on = True

    def __init__(self, board: VirtualBoard, running: Running) -> None:
        self.board = board
        self._noted_port = running.port
        self.scene_name = ""
        self.scene_failure: TinyhostError | None = None

    @property
    def port(self) -> str:
        """The board's present port. Raises BoardNotFoundError while it is away from USB."""
        return self.board.port(self._noted_port)

    def scene_item(self, capture: int) -> str:
        """Return "": only the process that plays the scene knows it."""
        del capture
        return ""

    @property
    def failure(self) -> str:
        """Why the firmware stopped running; "" if it runs."""
        running = self.board.folder.running()
        return running.failure if running else f"{self.board.name} is off: the process that kept it on has ended"

    def open_link(self) -> Link:
        """Return a new link to the firmware."""
        return SerialLink(self.port, f"{self.board.name} (kept on by pid {self._running().pid})")

    def reset(self) -> None:
        """Cut the power; the process that keeps the board on gives it back."""
        before = self._running()
        if not ask_for_power_cut(self.board.folder.path):
            raise BoardError(
                f"{self.board.name}: process {before.pid}, which keeps it on, does not accept requests for a power cut",
                hint="restart `tinyhost board run`",
            )
        deadline = time.monotonic() + _RESET_TIMEOUT_S
        while self._running().boots == before.boots:
            if time.monotonic() > deadline:
                raise BoardError(
                    f"{self.board.name}: process {before.pid} did not restart it in {_RESET_TIMEOUT_S:g} s",
                    hint="restart `tinyhost board run`",
                )
            time.sleep(0.01)
        self.board.await_program(lambda: self.failure)

    def close(self) -> None:
        """Leave the board on: it is not ours."""

    def _running(self) -> Running:
        running = self.board.folder.running()
        if running is None or running.failure:
            raise BoardError(self.failure, hint="start `tinyhost board run` again")
        return running

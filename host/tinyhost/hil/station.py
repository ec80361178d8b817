"""A station: one board on the bench with its build, flash, power, reset, and triage of faults."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from types import TracebackType

from tinyhost.boards import resolve
from tinyhost.boards.base import Board, PoweredBoard
from tinyhost.boards.build import Firmware
from tinyhost.boards.flash import flash_firmware
from tinyhost.boards.packaged import find_firmware
from tinyhost.boards.ports import check_app
from tinyhost.boards.project import shipped_models
from tinyhost.boards.remote.board import held
from tinyhost.device import Device
from tinyhost.errors import (
    BoardError,
    BuildError,
    ConfigError,
    LinkError,
    ModelError,
    ProtocolError,
    RouteLostError,
    StimulusError,
    TinyhostError,
    UsageError,
)
from tinyhost.hil.allowed import check_allowed, read_allowed
from tinyhost.hil.audit import AuditLog
from tinyhost.hil.faults import Fault
from tinyhost.hil.power import check_power_lost
from tinyhost.hil.rigs import RigBoard
from tinyhost.hil.stimuli.actuators import Actuator, open_actuator
from tinyhost.hil.stimuli.stimulus import Stimulus
from tinyhost.link import Link
from tinyhost.models.file import ModelFile, load_model_file
from tinyhost.models.push import first_fitting
from tinyhost.models.sampling import SensorSampling
from tinyhost.protocol.frames import LogText
from tinyhost.tasks.registry import task_of_app

__all__ = ["Observer", "Station"]

Observer = Callable[..., None]
RECENT_LOG_LINES = 60


class Station:
    """One board under test, powered on first use and kept on until the end of the session.

    An error during its preparation is stored and raised for every test: nothing is tried twice.
    """

    def __init__(self, asked: RigBoard, *, state: Path, observer: Observer | None = None, run: str = "") -> None:
        """run: the fields of the run for the audit log."""
        self.asked = asked
        self._audit = AuditLog(asked, run=run)
        self._state = state
        self.tell: Observer = observer or (lambda *_, **__: None)
        self._on, self._held = ExitStack(), ExitStack()
        self._powered: PoweredBoard | None = None
        self._opened: Device | Link | None = None
        self._broken: TinyhostError | None = None
        self._in_doubt = False
        self._boot = 0
        self._sensor: SensorSampling | None = None
        self.stimulus = Stimulus(asked.name, self._open_actuator)
        self._log: deque[str] = deque(maxlen=RECENT_LOG_LINES)

    def __enter__(self) -> Station:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stimulus.close()
        self._on.close()
        self._audit.write("close")
        self._held.close()

    @property
    def broken(self) -> str:
        """Why the board cannot be used any more; empty if it can."""
        return self._broken.message if self._broken is not None else ""

    @property
    def scene(self) -> str | None:
        """The sensor's scene, if known."""
        return self.asked.scene

    @property
    def room(self) -> Path:
        """The folder of a simulated room (boards.scenes.room)."""
        return self._state.absolute() / "room"

    def _open_actuator(self) -> Actuator:
        plan = self.asked.stimulus
        if plan is None:
            raise StimulusError(
                f"{self.asked.name}: the rig file has no stimulus for it", hint="mark the test with needs_stimulus"
            )
        check_allowed(self.asked, read_allowed())
        self._audit.write("stimulus", kind=plan.kind, commands=[list(command) for command in plan.commands])
        return open_actuator(plan, self.room)

    def _played(self) -> str | None:
        """Return the scene: a simulated room's, where the stimulus is one."""
        task = task_of_app(self.asked.app)
        if task is None or self.asked.stimulus is None or self.asked.stimulus.kind != "room":
            return self.asked.played_scene
        return f"room:{self.room}?sensor={task.sensor.name}"

    def powered(self) -> PoweredBoard:
        """Return the board with the app of the rig flashed, powered. Raises BoardError, LinkError."""
        if self._broken is not None:
            raise self._broken
        if self._powered is None:
            try:
                self._flash()
                self._powered = self._power()
                with self._open() as device:
                    self._sensor = SensorSampling.of_info(device.info)
                    self.tell("identity", device=asdict(device.info))
                    check_app(self._board, device.info.app, self.asked.app)
            except TinyhostError as exc:
                self._broken = exc
                raise
        return self._powered

    def open_device(self) -> Device:
        """Return the connected device; restarted first if the last test may have left it in a bad state.

        A board that does not answer is restarted once; only if that does not help it is a rig fault.
        Raises BoardError, LinkError.
        """
        self.powered()
        try:
            if self._in_doubt:
                self._revive()
            try:
                return self._open()
            except (BoardError, LinkError):
                self._revive()
                return self._open()
        except TinyhostError as exc:
            self._broken = exc
            raise

    def open_link(self) -> Link:
        """Return a raw link to the board, after a check that the board answers. Raises BoardError, LinkError."""
        self.open_device().close()
        self._opened = self.powered().open_link()
        return self._opened

    def restart(self, device: Device) -> None:
        """Cycle the power; a board whose power cannot be cut is reset by command."""
        if "power_cut" in self.asked.capabilities:
            self.cut_power(device)
        else:
            self._audit.write("reset")
            device.reset()

    def cut_power(self, device: Device) -> None:
        """Cycle the power. Raises BoardError if the board did not lose it, whatever the switch reports."""
        before = device.info
        self._cut()
        device.ping()
        check_power_lost(self.asked.name, before, device.info)

    def _cut(self) -> None:
        commands = self.asked.power
        self._audit.write("power_cut", commands=[list(command) for command in commands.commands] if commands else [])
        if commands is None or not commands.commands:  # the connection to the board has its own switch
            self.powered().reset()
            return
        check_allowed(self.asked, read_allowed())
        commands.cut(self.asked.name)

    def distrust(self) -> None:
        """Restart the board before the next test, as the last one failed."""
        self._in_doubt = True

    def condemn(self, why: TinyhostError) -> None:
        """End all further tests with this error: the rig is out of its limits."""
        self._broken = why

    def triage(self, error: BaseException | None = None) -> tuple[Fault, str]:
        """Return the class of a dead link's fault, with the reason: a board that answers after a restart had hung.

        error: of the test. On another machine the connection may have broken instead: then the board answers on a new
        link without a restart.
        """
        try:
            self._let_go()
            if self.asked.address and (broken := self._broken_way(error, self._boot)):
                return "rig", broken
            died = self._revive() or "the firmware stopped answering"
            self._open().close()
        except TinyhostError as exc:
            self._broken = exc
            return "rig", f"The board does not answer after a restart either ({exc.message}): this is a rig fault."
        return "test", f"The board answers again after a restart, so the rig is fine: {died}."

    def _broken_way(self, error: BaseException | None, boot: int) -> str:
        """Return the evidence that the connection to the board broke; empty if there is none. boot: the last one."""
        try:
            if isinstance(error, RouteLostError):
                raise error
            with self._open() as device:
                same = "The board answers on a new link and did not restart: the link broke, a rig fault."
                return same if device.info.boot == boot else ""
        except RouteLostError:  # which may be detected later than the test's error
            self._powered = self._power()
            return "The connection to the board had ended and works again: this is a rig fault."
        except LinkError:
            return ""

    def recent_log(self) -> list[str]:
        """Return the device's last log lines."""
        return list(self._log)

    def compile_model(self, *, name: str | None = None) -> ModelFile:
        """Return the rig's compiled model, else the one that ships for the sensor; `name` changes the image."""
        return self._compiled([self.asked.model] if self.asked.model else shipped_models(self.asked.app), name)

    def golden_model(self) -> ModelFile:
        """Return the model that ships for the board's sensor."""
        return self._compiled(shipped_models(self.asked.app), None)

    def _compiled(self, paths: Sequence[Path], name: str | None) -> ModelFile:
        if not paths:
            raise ModelError(
                f"{self.asked.name}: {self.asked.app} ships without a model",
                hint="name one in the rig file: model = FILE",
            )
        return first_fitting([load_model_file(path, name=name) for path in paths], self._sensor)

    @cached_property
    def firmware(self) -> Firmware:
        """The app's firmware for this board, from the present sources.

        Raises BuildError, MissingToolError. Any error here is a build fault, never a rig fault.
        """
        asked, kind = self.asked, self._board.firmware_kind or self.asked.firmware_kind  # no board: no build fault
        self.tell("stage", text=f"building {asked.app} for {asked.type}")
        try:
            return find_firmware(asked.app, kind, progress=lambda line: self.tell("stage", text=f"building: {line}"))
        except (ConfigError, UsageError) as exc:
            raise BuildError(exc.message, hint=exc.hint) from exc
        except OSError as exc:
            raise BuildError(f"{asked.app} for {asked.type}: {exc}", hint="tinyhost doctor") from exc

    def _flash(self) -> None:
        board = self._board  # before the firmware: a missing board needs no build
        if not board.firmware_kind or self._runs(firmware := self.firmware):
            return  # it cannot be flashed, or need not be
        self.tell("stage", text=f"flashing {self.asked.name}")
        self._audit.write("flash", app=firmware.app, build_id=firmware.build_id)
        flash_firmware(board, firmware, lambda line: self.tell("stage", text=f"flashing: {line}"))

    def _runs(self, firmware: Firmware) -> bool:
        """Return whether the board already runs exactly this build, which saves its flash."""
        try:
            with self._board.power() as powered, Device.open(powered) as device:
                return (device.info.app, device.info.build_id) == (firmware.app, firmware.build_id)
        except (BoardError, LinkError, ProtocolError):
            return False

    @cached_property
    def _board(self) -> Board:
        check_allowed(self.asked, read_allowed())
        board = resolve(self.asked.spec, state=self._state)
        self._audit.write("hold", address=self.asked.spec)
        self._held.enter_context(held(board))
        return board

    def _power(self) -> PoweredBoard:
        """Return the board, switched on; switched off before if it was on."""
        self.tell("stage", text=f"powering {self.asked.name}")
        self._audit.write("open", port=self.asked.spec)
        self._on.close()
        return self._on.enter_context(self._board.power(scene=self._played()))

    def _open(self) -> Device:
        device = Device.open(self.powered(), log=self._on_log)
        self._opened, self._boot = device, device.info.boot
        return device

    def _let_go(self) -> None:
        """Close the test's device or link: there is one link at a time."""
        if self._opened is not None:
            with suppress(TinyhostError):
                self._opened.close()
        self._opened = None

    def _revive(self) -> str:
        """Restart the board; return how its firmware crashed, if it did."""
        self._in_doubt = False
        if "power_cut" not in self.asked.capabilities:
            self._audit.write("reset")
            with self._open() as device:
                device.reset()
            return ""
        try:
            self._cut()
        except (BoardError, RouteLostError) as exc:
            self._powered = self._power()
            return exc.message
        return ""

    def _on_log(self, line: LogText) -> None:
        text = f"[{line.level.name.lower()}] {line.text}" if line.level is not None else line.text
        self._log.append(text)
        self.tell("log", text=text)

"""Configuration of labgrid's and jumpstarter's exporters from a rig file: each board on a TCP port of loopback.

`tinyhost board serve` puts the board there. Switches that these programs have drivers for are exported, too.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from tinyhost.errors import UsageError
from tinyhost.hil.rigs import Rig, RigBoard

__all__ = ["ExportedBoard", "exported_boards", "jumpstarter_exporter", "labgrid_exports"]

_FIRST_PORT = 15_300
_LAST_PORT = 65_535


@dataclass(frozen=True, kw_only=True)
class ExportedBoard:
    """A board of this computer and its port."""

    board: RigBoard
    port: int

    @property
    def serve(self) -> tuple[str, ...]:
        """The command that serves the board on the port."""
        scene = ("--scene", self.board.scene) if self.board.scene else ()
        return ("tinyhost", "board", "serve", "--board", self.board.spec, "--listen", str(self.port), *scene)

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags of its place; `tinyhost` is the board's name here."""
        return (f"board={self.board.type}", f"app={self.board.app}", f"tinyhost={self.board.spec}")


def exported_boards(rig: Rig, first_port: int = _FIRST_PORT) -> tuple[ExportedBoard, ...]:
    """Return the boards of this computer with a port each. Raises UsageError without boards or enough ports."""
    here = [board for board in rig.boards if board.address is None]
    if not here:
        raise UsageError(f"{rig.path}: all boards are on other machines", hint="run it there")
    if first_port + len(here) - 1 > _LAST_PORT:
        raise UsageError(
            f"--first-port {first_port}: {len(here)} boards need ports up to {_LAST_PORT}", hint="a lower one"
        )
    return tuple(ExportedBoard(board=board, port=first_port + n) for n, board in enumerate(here))


def labgrid_exports(boards: tuple[ExportedBoard, ...], *, host: str, user: str, ssh_port: int) -> str:
    """Return exports.yaml for labgrid-exporter: a group for each board."""
    lines = ["# For labgrid-exporter, of a rig file of tinyhost. Each group is a board."]
    for exported in boards:
        service = {"address": host, **({"username": user} if user else {}), "port": ssh_port}
        resources = {
            "NetworkSerialPort": {"host": host, "port": exported.port, "speed": 115_200, "protocol": "raw"},
            "NetworkService": service,
            **_labgrid_power(exported.board),
        }
        lines.append(f"{json.dumps(exported.board.name)}:")
        for name, values in resources.items():
            lines += [f"  {name}:", *(f"    {key}: {json.dumps(value)}" for key, value in values.items())]
    return "\n".join(lines) + "\n"


def _labgrid_power(board: RigBoard) -> dict[str, dict[str, object]]:
    power = board.power
    if power is None or power.switch not in ("uhubctl", "ykush"):
        return {}
    if power.switch == "uhubctl":
        return {"USBPowerPort": {"match": {"sys_name": power.off[2]}, "index": int(power.off[4])}}
    return {"YKUSHPowerPort": {"serial": power.off[2], "index": int(power.off[4])}}


def jumpstarter_exporter(exported: ExportedBoard) -> str:
    """Return the exporter file of one board for `jmp run --exporter-config`; the lab adds endpoint and token."""
    power = exported.board.power
    lines = [
        "# For jumpstarter, of a rig file of tinyhost: jmp run --exporter-config FILE",
        "apiVersion: jumpstarter.dev/v1alpha1",
        "kind: ExporterConfig",
        "metadata:",
        "  namespace: default",
        f"  name: {json.dumps(exported.board.name)}",
        "export:",
        "  serial:",
        "    type: jumpstarter_driver_pyserial.driver.PySerial",
        "    config:",
        f'      url: "socket://127.0.0.1:{exported.port}"',
        "      check_present: false",
    ]
    if power is not None and power.switch == "ykush":
        lines += [
            "  power:",
            "    type: jumpstarter_driver_yepkit.driver.Ykush",
            "    config:",
            f"      serial: {json.dumps(power.off[2])}",
            f"      port: {json.dumps(power.off[4])}",
        ]
    return "\n".join(lines) + "\n"

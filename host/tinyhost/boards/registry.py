"""Resolves `--board` to a board, and lists the boards."""

from __future__ import annotations

import os
from pathlib import Path

from tinyhost.boards.base import Board, BoardStatus
from tinyhost.boards.ports import PortBoard, is_port
from tinyhost.boards.remote.addresses import is_remote
from tinyhost.boards.serial_boards import SerialBoard, UsbPort, find_port, find_usb_ports
from tinyhost.boards.state import Running
from tinyhost.boards.virtual import VirtualBoard
from tinyhost.boards.virtual_types import VIRTUAL_BOARD_TYPES, virtual_board_type
from tinyhost.errors import BoardError, BoardNotFoundError, UsageError
from tinyhost.system.posix import HAS_PTYS

__all__ = ["list_boards", "resolve"]

_DEFAULT = VIRTUAL_BOARD_TYPES[0]
_NO_VIRTUAL = "run tinyhost in WSL, where virtual boards work"


def resolve(spec: str | None, *, state: Path | None = None) -> Board:
    """Return the board of `spec`: a virtual one's name, nano33ble, nano33ble:SERIAL, a port (the path of a serial port,
    socket://HOST:PORT, rfc2217://HOST:PORT), or one of another machine: ssh:HOST/SERIAL, labgrid:PLACE,
    jumpstarter:SELECTOR.

    Without a spec: the one real board that is plugged in, else native. `state`: folder of the virtual boards.
    Raises UsageError for any other spec, BoardNotFoundError if the board is missing or the spec is ambiguous.
    """
    if spec is None:
        ports = find_usb_ports()
        if ports or not HAS_PTYS:
            return SerialBoard(_only(ports).serial)
        return VirtualBoard(_DEFAULT, state)
    if record := virtual_board_type(spec):
        if not HAS_PTYS:
            raise BoardError(f"{spec} needs Linux or macOS", hint=_NO_VIRTUAL)
        return VirtualBoard(record, state)
    if is_remote(spec) or is_port(spec):
        return _board_of_address(spec)
    kind_name, colon, serial = spec.partition(":")
    if kind_name != "nano33ble" or (colon and not serial):
        names = ", ".join([record.name for record in VIRTUAL_BOARD_TYPES] + ["nano33ble or nano33ble:SERIAL"])
        expected = (
            f"{names}; a port: its path, socket://HOST:PORT, rfc2217://HOST:PORT; or a board on another machine: "
        )
        expected += "ssh:HOST/SERIAL, labgrid:PLACE, jumpstarter:LABEL=VALUE"
        raise UsageError(f"there is no board {spec!r}", hint=f"expected {expected}")
    if serial:
        return SerialBoard(find_port(serial).serial)
    return SerialBoard(_only(find_usb_ports()).serial)


def _board_of_address(port: str) -> Board:
    """Return a board of another machine, a Nano that is plugged in, or the board behind a port."""
    if is_remote(port):
        from tinyhost.boards.remote.finding import remote_board  # here: it brings much that others do not need

        return remote_board(port)
    if "://" in port:
        return PortBoard(port)
    here = os.path.realpath(port)
    plugged = next((found for found in find_usb_ports() if os.path.realpath(found.port) == here), None)
    return SerialBoard(plugged.serial) if plugged else PortBoard(port)


def list_boards(state: Path | None = None) -> list[BoardStatus]:
    """Return the real boards that are plugged in, then the virtual ones."""
    return [
        *(_usb_status(port) for port in find_usb_ports()),
        *(_virtual_status(VirtualBoard(record, state)) for record in VIRTUAL_BOARD_TYPES if HAS_PTYS),
    ]


def _only(ports: list[UsbPort]) -> UsbPort:
    if not ports:
        other = "use --board native, which needs no hardware" if HAS_PTYS else _NO_VIRTUAL
        raise BoardNotFoundError("no nano33ble is plugged in", hint=f"use a data cable and press reset; or {other}")
    if len(ports) > 1:
        names = ", ".join(f"nano33ble:{port.serial}" for port in ports)
        raise BoardNotFoundError(f"{len(ports)} boards are plugged in: {names}", hint="choose one with --board")
    return ports[0]


def _usb_status(port: UsbPort) -> BoardStatus:
    state = "bootloader" if port.bootloader else "other firmware" if port.other_firmware else "ready"
    notes = {
        "bootloader": "waits for a program: tinyhost flash, or press reset once to leave",
        "other firmware": f"runs {port.other_firmware}",
    }
    named = ", ".join(part for part in (port.product, f"USB {port.usb_id}", port.location) if part)
    return BoardStatus(
        name=f"nano33ble:{port.serial}",
        kind="nano33ble",
        is_virtual=False,
        state=state,
        port=port.port,
        serial=port.serial,
        usb_id=port.usb_id,
        detail="; ".join(part for part in (notes.get(state, ""), named) if part),
    )


def _virtual_status(board: VirtualBoard) -> BoardStatus:
    try:
        flashed, running = board.folder.flashed(), board.folder.running()
    except BoardError as error:
        return BoardStatus(
            name=board.name, kind=board.kind, is_virtual=True, state="damaged", detail=f"{error.message}; {error.hint}"
        )
    state = "no firmware" if flashed is None else "ready"
    if running:
        state = "failed" if running.failure else "running"
    return BoardStatus(
        name=board.name,
        kind=board.kind,
        is_virtual=True,
        state=state,
        port=_port_of(board, running) if running else "",
        pid=running.pid if running else 0,
        app=flashed.app if flashed else "",
        build_id=flashed.build_id if flashed else "",
        detail=f"scene {running.scene}" if running and running.scene else "",
    )


def _port_of(board: VirtualBoard, running: Running) -> str:
    try:
        return board.port(running.port)
    except BoardNotFoundError:
        return ""

"""JSON documents of a board's model slots."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from tinyhost.protocol.messages import SlotInfo, SlotState
from tinyhost.protocol.status import Status

__all__ = ["SlotDocument", "SlotsDocument"]


@dataclass(frozen=True, kw_only=True)
class SlotDocument:
    """One model slot."""

    slot: int
    """the slot's number"""
    state: str
    """`empty`, `partial`, `valid`, `invalid`"""
    active: bool
    """whether its model is the active one"""
    name: str
    """name of the model"""
    image_bytes: int
    """size of the model image"""
    received_bytes: int
    """for a partial image, the bytes that have been received"""
    sha256: str
    """SHA-256 of the model image, hex; empty for an empty slot"""
    status: str
    """why the model cannot run; `ok` if it can"""


@dataclass(frozen=True, kw_only=True)
class SlotsDocument:
    """`tinyhost models --json FILE` and `tinyhost models rollback --json FILE`."""

    schema: Literal["tinyhost.slots/1"] = "tinyhost.slots/1"
    slots: tuple[SlotDocument, ...]
    """every slot of the board"""

    @classmethod
    def of(cls, slots: Iterable[SlotInfo]) -> SlotsDocument:
        """Return the document of a board's slots."""
        return cls(slots=tuple(map(_slot, slots)))


def _slot(slot: SlotInfo) -> SlotDocument:
    return SlotDocument(
        slot=slot.slot,
        state=SlotState(slot.state).name.lower(),
        active=bool(slot.active),
        name=slot.name,
        image_bytes=slot.image_bytes,
        received_bytes=slot.received_bytes,
        sha256=slot.sha256.hex() if slot.state != SlotState.EMPTY else "",
        status=Status(slot.status).name.lower(),
    )

"""The board's settings, by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tinyhost.device.connection import Connection
from tinyhost.device.replies import unpacked, unpacked_list
from tinyhost.errors import ProtocolError, UsageError
from tinyhost.protocol.messages import MessageType, Setting, SettingInfo, SettingSetRequest

__all__ = ["SettingDocument", "SettingsDocument", "read_settings", "set_setting", "setting_name"]


@dataclass(frozen=True, kw_only=True)
class SettingDocument:
    """One setting."""

    value: int
    minimum: int
    maximum: int
    default: int


@dataclass(frozen=True, kw_only=True)
class SettingsDocument:
    """`tinyhost settings --json FILE`."""

    schema: Literal["tinyhost.settings/1"] = "tinyhost.settings/1"
    settings: Mapping[str, SettingDocument]
    """by name"""

    @classmethod
    def of(cls, infos: Mapping[str, SettingInfo]) -> SettingsDocument:
        """Return the board's settings for programs."""
        settings = {
            name: SettingDocument(
                value=info.value, minimum=info.minimum, maximum=info.maximum, default=info.default_value
            )
            for name, info in infos.items()
        }
        return cls(settings=settings)


def setting_name(setting: int) -> str:
    """Return the name of a setting, or its number if this version does not know it."""
    try:
        return Setting(setting).name.lower()
    except ValueError:
        return str(setting)


def read_settings(connection: Connection) -> dict[str, SettingInfo]:
    """Return all settings with their values and bounds."""
    data = connection.request(MessageType.SETTINGS)
    infos = unpacked_list(SettingInfo, data, connection.name)
    return {setting_name(info.setting): info for info in infos}


def set_setting(connection: Connection, name: str, value: int, *, persist: bool) -> SettingInfo:
    """Change a setting, until the next start or for good; returns it as it is now.

    Raises UsageError for an unknown name or a value out of bounds.
    """
    known = read_settings(connection)
    info = known.get(name)
    if info is None:
        raise UsageError(f"{connection.name}: no setting {name!r}", hint=f"one of: {', '.join(known)}")
    if not info.minimum <= value <= info.maximum:
        raise UsageError(
            f"{connection.name}: {name} = {value} is out of bounds",
            hint=f"a whole number from {info.minimum} to {info.maximum}; default {info.default_value}",
        )
    request = SettingSetRequest(setting=info.setting, value=value, persist=int(persist))
    # Keeping it may erase a flash page.
    data = connection.request(MessageType.SETTING_SET, request.pack(), slow=True, deadline_s=10.0)
    now = unpacked(SettingInfo, data, connection.name)
    if (now.setting, now.value) != (info.setting, value):
        raise ProtocolError(
            f"{connection.name}: expected {name} = {value}, the board reports {setting_name(now.setting)} = "
            f"{now.value}",
            hint="flash the board with this version of tinyhost: tinyhost flash vww",
        )
    return now

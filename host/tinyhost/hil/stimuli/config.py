"""Configuration of a board's stimulus in a rig file.

stimulus = { kind = "screen", display = ":0" }             # a window that fills a display
    stimulus = { kind = "screen", display = ":0", side = 480, on = ["ssh", "bench", "python3"] }
    stimulus = { kind = "speaker", device = "USB Audio" }      # by the extra `mic`; without `device`, the default one
    stimulus = { kind = "speaker", play = ["paplay", "--device=rig", "{file}"] }
    stimulus = { kind = "shaker", play = ["aplay", "-q", "{file}"] }
    stimulus = { kind = "room" }                               # of a virtual board: a simulated one

Programs are started only if this computer's owner allowed them: hil.allowed.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

from tinyhost.hil.power import check_program
from tinyhost.system.toml_tables import Table

__all__ = ["StimulusPlan", "read_stimulus"]

FILE = "{file}"
_SENSOR_OF = {"screen": "camera", "speaker": "microphone", "shaker": "accelerometer"}
_ROOM = "room"
_MAX_SIDE = 10_000.0


@dataclass(frozen=True, kw_only=True)
class StimulusPlan:
    """The stimulus of a board's sensor.

    display: name of a screen's X11 display; "": the default one. side: of its window, pixels; None fills the display.
    device: name of a loudspeaker's or shaker's sound device; None: the default one. play: the program that plays a file
    instead. on: command that starts Python on the display's computer; () means this one.
    """

    kind: str
    display: str = ""
    side: int | None = None
    device: str | None = None
    play: tuple[str, ...] | None = None
    on: tuple[str, ...] = ()

    @property
    def commands(self) -> tuple[tuple[str, ...], ...]:
        """All commands given by the rig file; `{file}` stands for a file of tinyhost's."""
        return tuple(each for each in (self.play, self.on) if each)


def read_stimulus(table: Table, *, sensor: str, virtual: bool) -> StimulusPlan:
    """Return the plan in a rig's `stimulus` table. sensor: of the board's app. Raises ConfigError with its line."""
    kind = table.choice("kind", (*_SENSOR_OF, _ROOM))
    if _SENSOR_OF.get(kind, sensor) != sensor:
        fits = next(name for name, its in _SENSOR_OF.items() if its == sensor)
        raise table.error("kind", f"a {kind} is for a {_SENSOR_OF[kind]}, the app's is a {sensor}", hint=f'"{fits}"')
    if kind == _ROOM and not virtual:
        raise table.error("kind", "a room is simulated, and a real board is in a real one", hint="see docs/guides")
    display, on, side = "", None, 0.0
    device, play = None, None
    if kind == "screen":
        display = table.optional_text("display") or ""
        side, on = table.positive("side", 0.5), table.texts("on")
        if side > _MAX_SIDE:
            raise table.error("side", f"expected at most {_MAX_SIDE:g} pixels, got {side:g}", hint="side = 480")
    elif kind != _ROOM:
        device, play = table.optional_text("device"), table.texts("play")
        if device and play:
            raise table.error("play", "either a device or a program plays", hint="remove one of the lines")
        if play and FILE not in play:
            raise table.error("play", f"no argument is {FILE}", hint='play = ["paplay", "{file}"]')
    table.finish()
    for key, command in (("play", play), ("on", on)):
        if command:
            check_program(table, key, command[0])
    return StimulusPlan(kind=kind, display=display, side=int(side) or None, device=device, play=play, on=on or ())


def window_command(plan: StimulusPlan) -> tuple[str, ...]:
    """Return the command that starts the window of a screen."""
    module = ("-m", "tinyhost.hil.stimuli.window", plan.display, str(plan.side or 0))
    return (*(plan.on or (sys.executable,)), *module)

"""What a person should know of a scene before it plays."""

from __future__ import annotations

from pathlib import Path

from tinyhost.boards.scenes.files import passed_over
from tinyhost.boards.scenes.motion import said_units
from tinyhost.boards.scenes.spec import SceneSpec
from tinyhost.errors import TinyhostError
from tinyhost.motion.csv import read_motion_csv

__all__ = ["remarks_on"]


def remarks_on(scene: str) -> tuple[str, ...]:
    """Return which files of a scene are not played, and what is taken for granted about a recording of motion.

    What is wrong with a scene is told when it is opened.
    """
    names = passed_over(scene)
    more = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
    return tuple(filter(None, (f"skipped {names[0]}{more}" if names else "", _assumed(scene))))


def _assumed(scene: str) -> str:
    try:
        spec = SceneSpec.parse(scene)
        path = Path(spec.name).expanduser()
        is_motion = path.suffix.lower() == ".csv" and path.is_file()
        return read_motion_csv(path, said_units(spec)).assumed if is_motion else ""
    except TinyhostError:
        return ""

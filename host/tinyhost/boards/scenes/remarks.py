"""Remarks on a scene before it plays."""

from __future__ import annotations

from pathlib import Path

from tinyhost.boards.scenes.files import passed_over
from tinyhost.boards.scenes.motion import said_units
from tinyhost.boards.scenes.spec import SceneSpec
from tinyhost.errors import TinyhostError
from tinyhost.motion.csv import read_motion_csv
from tinyhost.motion.recording import MotionRecording
from tinyhost.system.wording import counted

__all__ = ["gaps_in", "remarks_on"]


def remarks_on(scene: str) -> tuple[str, ...]:
    """Return the files of a scene that are not played, and the assumptions and gaps of a recording of motion.

    Errors of a scene are raised when it is opened.
    """
    names = passed_over(scene)
    more = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
    recording = _recording(scene)
    assumed, gaps = (recording.assumed, _gaps(recording)) if recording else ("", "")
    return tuple(filter(None, (f"skipped {names[0]}{more}" if names else "", assumed, gaps)))


def gaps_in(scene: str) -> str:
    """Return what is missing in a recording of motion, whose samples are played without a pause; "" if nothing is."""
    recording = _recording(scene)
    return _gaps(recording) if recording else ""


def _gaps(recording: MotionRecording) -> str:
    gaps = [issue for issue in recording.issues if issue.kind == "gap"]
    if not gaps:
        return ""
    more = f", and {counted(len(gaps) - 1, 'more gap')}" if len(gaps) > 1 else ""
    return f"gap: {gaps[0]}{more}; what follows is played without a pause"


def _recording(scene: str) -> MotionRecording | None:
    try:
        spec = SceneSpec.parse(scene)
        path = Path(spec.name).expanduser()
        is_motion = path.suffix.lower() == ".csv" and path.is_file()
        return read_motion_csv(path, said_units(spec)) if is_motion else None
    except TinyhostError:
        return None

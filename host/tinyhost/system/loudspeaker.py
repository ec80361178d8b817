"""The computer's loudspeaker, by an installed player."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from tinyhost.errors import MissingToolError
from tinyhost.system.tools import how_to_install

__all__ = ["play_wav"]

_PLAYERS = (("pw-play",), ("paplay",), ("aplay", "--quiet"), ("afplay",), ("play", "-q"))
_TIMEOUT_S = 10.0


def play_wav(data: bytes) -> None:
    """Play the content of a wav file to its end. Raises MissingToolError if no player is installed, or if it fails."""
    command = next(((path, *rest) for name, *rest in _PLAYERS if (path := shutil.which(name))), None)
    if command is None:
        names = ", ".join(name for name, *_ in _PLAYERS)
        raise MissingToolError(f"no program to play sound (looked for {names})", hint=how_to_install("aplay"))
    with tempfile.TemporaryDirectory(prefix="tinyhost-") as folder:
        file = Path(folder) / "clip.wav"
        file.write_bytes(data)
        try:
            done = subprocess.run([*command, str(file)], capture_output=True, timeout=_TIMEOUT_S, check=False)
        except (OSError, subprocess.TimeoutExpired) as exc:
            raise MissingToolError(f"{command[0]} failed to play: {exc}", hint="check the sound output") from exc
    if done.returncode != 0:
        words = done.stderr.decode(errors="replace").strip().splitlines()
        raise MissingToolError(f"{command[0]} does not play: {words[-1] if words else done.returncode}")

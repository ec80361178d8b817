"""Files as they are at a revision of a git repository."""

from __future__ import annotations

import subprocess

from tinyhost.errors import ConfigError
from tinyhost.system.tools import require_tool

__all__ = ["read_at_revision"]

_TIMEOUT_S = 30.0


def read_at_revision(name: str, *, max_bytes: int) -> bytes:
    """Return a file of the repository around the current folder. name: REVISION:PATH, from the repository's root.

    Raises ConfigError if there is no such repository, revision or file, or it is larger; MissingToolError without git.
    """
    if _git("-t", name).strip() != b"blob":
        raise ConfigError(f"{name}: a folder, expected a file", hint="name a file: main:baselines.json")
    size = int(_git("-s", name))
    if size > max_bytes:
        raise ConfigError(f"{name}: {size:,} bytes, expected at most {max_bytes:,}", hint="name another file")
    return _git("blob", name)


def _git(option: str, name: str) -> bytes:
    git = require_tool("git", why=f"{name} names a revision")
    if name.startswith("-"):
        raise ConfigError(f"{name}: no revision starts with a hyphen", hint="name it as in main:baselines.json")
    try:
        done = subprocess.run([git, "cat-file", option, name], capture_output=True, timeout=_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired as exc:
        raise ConfigError(f"{name}: git did not answer in {_TIMEOUT_S:.0f} s", hint=f"try: git show {name}") from exc
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise ConfigError(f"{name}: git: {said[0] if said else 'no answer'}", hint="fetch the revision: git fetch")
    return done.stdout

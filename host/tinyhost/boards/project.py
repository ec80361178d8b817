"""The resources that come with tinyhost beside Python: firmware sources, models, HIL tests, rigs.

A clone contains them. A wheel has them in its folder `resources`, laid out as in a clone; `find_project` copies it to
build in.
"""

from __future__ import annotations

import hashlib
import secrets
import shutil
from pathlib import Path

from tinyhost.errors import ConfigError
from tinyhost.system.installation import installed_files
from tinyhost.system.locks import locked
from tinyhost.system.user_folders import cache_folder

__all__ = ["PACKAGE_FOLDER", "all_shipped_models", "find_project", "find_shipped", "own_sources", "shipped_models"]

PACKAGE_FOLDER = Path(__file__).resolve().parents[1] / "firmware"
"""Packaged programs, which need no sources: for the Nano, in a wheel also for native."""
_RESOURCES = Path(__file__).resolve().parents[1] / "resources"
_SHIPPED = ("models", "hil")


def find_project(project: Path | None = None) -> Path:
    """Return a project folder to build in: `project`, else the current folder or one above it, else our own.

    Our own is the checkout of this package, or a copy of its wheel's resources in the user's cache. Raises ConfigError
    if `project` has no platformio.ini and firmware folder, or there is none of our own.
    """
    if project is not None:
        if not _is_project(project):
            raise ConfigError(
                f"{project}: expected platformio.ini and firmware/ here", hint="give the folder of a tinyhost checkout"
            )
        return project.resolve()
    found = _sources()
    return _copy() if found == _RESOURCES else found


def shipped_models(app: str) -> list[Path]:
    """Return the .tflite files that ship with a firmware app, the default one first, then those for other sensors.

    Raises ConfigError without sources.
    """
    models = _sources() / "models"
    paths = [models / app / "model.tflite", *sorted(models.glob(f"{app}_*/model.tflite"))]
    return [path for path in paths if path.is_file()]


def all_shipped_models() -> list[Path]:
    """Return every .tflite file that ships. Raises ConfigError without sources."""
    return sorted((_sources() / "models").glob("*/model.tflite"))


def find_shipped(path: Path) -> Path:
    """Return the path of a shipped file, such as models/vww/model.tflite or hil/rigs/virtual.toml.

    A file in the current folder takes precedence.
    """
    if path.is_absolute() or path.parts[:1] not in [(name,) for name in _SHIPPED] or path.exists():
        return path
    shipped = _sources() / path
    return shipped if shipped.exists() else path


def own_sources() -> Path | None:
    """Return the sources that a user may have changed; None without any, or if they are the wheel's."""
    try:
        found = _sources()
    except ConfigError:
        return None
    return None if found == _RESOURCES or found.parent == _copies() else found


def _sources() -> Path:
    """Return the folder that is laid out as a clone: the current one or one above it, our checkout, or the wheel's."""
    here = Path.cwd().resolve()
    for folder in (here, *here.parents, *Path(__file__).resolve().parents, _RESOURCES):
        if _is_project(folder):
            return folder
    raise ConfigError(
        f"no firmware sources: neither {here} nor a folder above it has platformio.ini and firmware/",
        hint="reinstall tinyhost, whose wheel contains them, or run this in a clone",
    )


def _copy() -> Path:
    """Return a copy of the wheel's sources in the user's cache, made again for another wheel."""
    wheel = hashlib.sha256(installed_files().encode()).hexdigest()[:12]
    copies = _copies()
    copy = copies / wheel
    if not copy.is_dir():
        copies.mkdir(parents=True, exist_ok=True)
        with locked(copies / "lock"):
            if not copy.is_dir():
                part = copies / f".{wheel}.{secrets.token_hex(4)}"
                shutil.copytree(_RESOURCES, part, ignore=shutil.ignore_patterns("__pycache__"))
                part.rename(copy)
    return copy


def _copies() -> Path:
    return cache_folder() / "projects"


def _is_project(folder: Path) -> bool:
    return (folder / "platformio.ini").is_file() and (folder / "firmware" / "apps").is_dir()

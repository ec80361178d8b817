"""The firmware project: the folder with platformio.ini and firmware/."""

from __future__ import annotations

from pathlib import Path

from tinyhost.errors import ConfigError

__all__ = ["PACKAGE_FOLDER", "find_project", "shipped_models"]

PACKAGE_FOLDER = Path(__file__).resolve().parents[1] / "firmware"
"""What comes with the package and needs no sources: programs for the Nano, and in a wheel the apps' models."""


def find_project(project: Path | None = None) -> Path:
    """Return the project: `project`, else the current folder or one above it, else the checkout of this package.

    Raises ConfigError if none of them has a platformio.ini and a firmware folder.
    """
    if project is not None:
        if not _is_project(project):
            raise ConfigError(
                f"{project}: no platformio.ini and firmware/ here", hint="give the folder of a tinyhost checkout"
            )
        return project.resolve()
    here = Path.cwd().resolve()
    for folder in (here, *here.parents, *Path(__file__).resolve().parents):
        if _is_project(folder):
            return folder
    raise ConfigError(
        f"no firmware sources: neither {here} nor a folder above it has platformio.ini and firmware/",
        hint="clone tinyhost and run this in the clone",
    )


def shipped_models(app: str) -> list[Path]:
    """Return the .tflite files that ship with a firmware app, the usual one first, then those for other sensors.

    They are the project's, or without one the package's.
    """
    try:
        folder = find_project()
    except ConfigError:
        folder = PACKAGE_FOLDER
    models = folder / "models"
    paths = [models / app / "model.tflite", *sorted(models.glob(f"{app}_*/model.tflite"))]
    return [path for path in paths if path.is_file()]


def _is_project(folder: Path) -> bool:
    return (folder / "platformio.ini").is_file() and (folder / "firmware" / "apps").is_dir()

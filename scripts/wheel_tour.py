"""Install the wheel in a new environment, and run the README's tour with it, from an empty folder.

    python -m scripts.wheel_tour                       builds the wheel; leaves all in build/wheel-tour
    python -m scripts.wheel_tour --with uv             the same by `uv tool install`; pipx: by `pipx install`

Nothing of the repository is in sight of the commands: they run elsewhere, with a home of their own. Prints how long
each step took and what the environment takes on disk.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from scripts.demo import tour

__all__ = ["build_wheel", "main"]

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "build/wheel-tour"


def build_wheel(folder: Path) -> Path:
    """Return the wheel of this repository, built into an empty folder with this Python's own build tools."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*command, "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT)], check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def install(wheel: Path, extras: str, way: str, home: Path) -> tuple[Path, Path]:
    """Return (command, environment) of the wheel, installed in a new home by pip, pipx or uv."""
    what = f"{wheel}[{extras}]" if extras else str(wheel)
    if way == "pip":
        environment = home / "env"
        subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
        subprocess.run([str(environment / "bin/pip"), "install", "--quiet", what], check=True)
        return environment / "bin/tinyhost", environment
    tool = [sys.executable, "-m", way, *(["tool"] if way == "uv" else []), "install", "--quiet", what]
    subprocess.run(tool, check=True, env=at_home(home))
    places = {"uv": home / ".local/share/uv/tools/tinyhost-hil", "pipx": home / ".local/share/pipx/venvs/tinyhost-hil"}
    return home / ".local/bin/tinyhost", places[way]


def at_home(home: Path) -> dict[str, str]:
    """Return the environment of a user with this home folder who has never used tinyhost."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TINYHOST", "XDG_", "VIRTUAL_"))}
    return {
        **kept,
        "HOME": str(home),
        "PIPX_HOME": str(home / ".local/share/pipx"),
        "PIPX_DEFAULT_PYTHON": sys.executable,
    }


def run(command: str, program: Path, home: Path) -> float:
    """Return how many seconds a command took. Raises CalledProcessError if it fails."""
    started = time.monotonic()
    _, *words = shlex.split(command)
    subprocess.run([str(program), *words], check=True, cwd=home / "empty", env=at_home(home))
    return time.monotonic() - started


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tour; returns 0, or raises CalledProcessError of the step that failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--with", dest="way", choices=("pip", "pipx", "uv"), default="pip")
    parser.add_argument("--wheel", type=Path, help="this one, in place of one that is built now")
    parser.add_argument("--extras", default="tour")
    parser.add_argument("--only", nargs="*", help="these commands, in place of the tour: --only 'tinyhost boards'")
    options = parser.parse_args(arguments)
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    wheel = options.wheel.resolve() if options.wheel else build_wheel(WORK)
    with tempfile.TemporaryDirectory(prefix="tinyhost-wheel-") as folder:
        home = Path(folder)
        (home / "empty").mkdir()
        started = time.monotonic()
        program, environment = install(wheel, options.extras, options.way, home)
        seconds = time.monotonic() - started
        n_bytes = sum(path.lstat().st_size for path in environment.rglob("*") if path.is_file())
        extras = f"[{options.extras}]" if options.extras else ""
        lines = [f"{options.way} install {wheel.name}{extras}: {seconds:.0f} s, {n_bytes / 1e6:.0f} MB"]
        for command in options.only or tour():
            print(f"$ {command}", flush=True)
            lines.append(f"{run(command, program, home):7.1f} s  {command}")
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())

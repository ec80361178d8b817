"""Files of Debian packages, without installing them: for measurements with files that may not be in the repository."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

__all__ = ["files_of_package"]


def files_of_package(package: str, inside: str, target: Path) -> Path:
    """Return `target`, a folder with what a package has at `inside`, as apt-get brings it, unless it is there."""
    if not target.is_dir():
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
            subprocess.run(["apt-get", "download", package], cwd=scratch, check=True, stdout=subprocess.DEVNULL)
            archive = next(Path(scratch).glob(f"{package}_*.deb"))
            subprocess.run(["dpkg-deb", "--extract", archive, Path(scratch) / "all"], check=True)
            (Path(scratch) / "all" / inside).rename(target)
    return target

"""PlatformIO development platform that builds for all boards and needs nothing from PlatformIO's registry."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
from pathlib import Path
from typing import Any

from platformio.dependencies import get_core_dependencies
from platformio.project.config import ProjectConfig
from platformio.public import PlatformBase

# PlatformIO starts `<package>/scons.py`; this is that file.
SCONS_PY = """import SCons.Script

SCons.Script.main()
"""


class LocalPlatform(PlatformBase):  # type: ignore[misc]
    """Builds with the system's compilers and the SCons of this Python environment."""

    def configure_default_packages(self, options: dict[str, Any], targets: list[str]) -> Any:
        if importlib.util.find_spec("SCons"):
            self.packages["tool-scons"] = {
                "owner": "platformio",  # any other owner is passed over when PlatformIO looks for its core packages
                "version": f"symlink://{self._scons_package()}",
                "optional": False,
            }
        return super().configure_default_packages(options, targets)

    @staticmethod
    def _scons_package() -> Path:
        """Return a package folder that wraps the installed SCons, written again if it is not the one wanted.

        PlatformIO numbers SCons 4.11.1 as 4.41101.0; it asks for `~4.41101.0`.
        """
        version = get_core_dependencies()["tool-scons"].lstrip("~^=")
        workspace = Path(ProjectConfig.get_instance().get("platformio", "workspace_dir"))
        folder = workspace / "system" / "tool-scons"
        manifest = {
            "name": "tool-scons",
            "version": version,
            "description": f"SCons {importlib.metadata.version('scons')} of this Python environment",
            "system": "*",
        }
        files = {"package.json": json.dumps(manifest, indent=2), "scons.py": SCONS_PY}
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            path = folder / name
            if not path.is_file() or path.read_text() != text:
                path.write_text(text)
        return folder.resolve()

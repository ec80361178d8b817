"""PlatformIO extra script: gives firmware/boards/identity.cpp the build id and the version as defines.

The build id is the first 16 hex digits of the SHA-256 over path and content of every file that makes the firmware, and
over the environment's options in platformio.ini, so that the same sources and flags have the same id on every computer.
Only one file gets it: the others need no rebuild for it.
"""

import hashlib
import re
from pathlib import Path

Import("env")  # type: ignore[name-defined]  # noqa: F821

SOURCE_FOLDERS = ("apps", "boards", "lib", "platform")
SOURCE_SUFFIXES = {".c", ".cpp", ".h", ".S", ".ld", ".py", ".json"}
OPTIONS = ("platform", "board", "framework", "build_flags", "build_unflags", "build_src_filter", "extra_scripts")


def build_id(firmware: Path, options: dict[str, str]) -> str:
    files = sorted(
        (path.relative_to(firmware).as_posix(), path)
        for folder in SOURCE_FOLDERS
        for path in (firmware / folder).rglob("*")
        if path.suffix in SOURCE_SUFFIXES
    )
    digest = hashlib.sha256()
    for name, value in sorted(options.items()):
        digest.update(f"{name}\0{' '.join(value.split())}\0".encode())
    for name, path in files:
        content = path.read_bytes()
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:16]


def firmware_version(project: Path) -> str:
    match = re.search(r'^version = "([^"]+)"', (project / "pyproject.toml").read_text(), re.MULTILINE)
    if not match:
        raise SystemExit(f'{project / "pyproject.toml"}: no line version = "…"')
    return match[1]


def environment_options(env) -> dict[str, str]:
    """Return the options of this environment that change its program, as written."""
    options = {}
    for name in OPTIONS:
        value = env.GetProjectOption(name, "")
        options[name] = " ".join(map(str, value)) if isinstance(value, list) else str(value)
    return options


def define_identity(env, node):
    project = Path(env.subst("$PROJECT_DIR"))
    return env.Object(
        node,
        CPPDEFINES=[
            *env["CPPDEFINES"],
            ("TINYHOST_BUILD_ID", env.StringifyMacro(build_id(project / "firmware", environment_options(env)))),
            ("TINYHOST_FIRMWARE_VERSION", env.StringifyMacro(firmware_version(project))),
        ],
    )


env.AddBuildMiddleware(define_identity, "*/boards/identity.cpp")  # noqa: F821

"""PlatformIO extra script: gives firmware/boards/identity.cpp the build id and the version as defines.

Only that file gets them: the others need no rebuild for them.
"""

import runpy
from pathlib import Path

Import("env")  # type: ignore[name-defined]  # noqa: F821


def define_identity(env, node):
    project = Path(env.subst("$PROJECT_DIR"))
    module = runpy.run_path(str(project / "firmware/platform/build_id.py"))
    return env.Object(
        node,
        CPPDEFINES=[
            *env["CPPDEFINES"],
            (
                "TINYHOST_BUILD_ID",
                env.StringifyMacro(module["build_id"](project, env["PIOENV"])),
            ),
            ("TINYHOST_FIRMWARE_VERSION", env.StringifyMacro(module["firmware_version"](project))),
        ],
    )


env.AddBuildMiddleware(define_identity, "*/boards/identity.cpp")  # noqa: F821

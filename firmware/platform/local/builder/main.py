"""Builds a program for a board; what differs between the boards is in boards/*.json."""

import time
from pathlib import Path

from SCons.CacheDir import CacheDir
from SCons.Script import AlwaysBuild, Default, DefaultEnvironment
from SCons.Util import hash_collect, hash_signature

KEPT_S = 7 * 86400


class ObjectCache(CacheDir):
    """Objects that are compiled alike by several environments, and by copies of the project, are compiled once.

    SCons's own cache has the path of an object in its key, so that no two environments would share any.
    """

    def cachepath(self, node):
        """Return folder and path of an object, of its command without our folders and of all that it is made from.

        The compiler is among these: SCons counts a command's program as a source.
        """
        if not self.is_enabled() or not is_object(node):
            return None, None
        node_env = node.get_build_env()
        command = node.get_executor().get_contents()
        for folder in ("$BUILD_DIR", "$PROJECT_DIR"):
            for written in (node_env.subst(folder), str(node_env.Dir(folder))):
                command = command.replace(written.encode(), folder.encode())
        key = hash_collect([hash_signature(command), *(child.get_cachedir_csig() for child in node.children())])
        folder = Path(self.path) / key[:2]
        return str(folder), str(folder / key)

    def retrieve(self, node):
        return is_object(node) and super().retrieve(node)

    def push(self, node):
        return super().push(node) if is_object(node) else None

    def forget_old(self):
        """Delete what nobody has used for a week; SCons touches what it retrieves."""
        for path in Path(self.path).glob("??/*"):
            if path.is_file() and path.stat().st_mtime < time.time() - KEPT_S:
                path.unlink(missing_ok=True)


def is_object(node):
    return str(node).endswith(".o")


env = DefaultEnvironment()
board = env.BoardConfig()
prefix = board.get("build.toolchain_prefix")
cpu_flags = board.get("build.cpu_flags").split()

env.Replace(
    AR=prefix + "ar",
    AS=prefix + "as",
    CC=prefix + "gcc",
    CXX=prefix + "g++",
    LINK=prefix + "g++",
    RANLIB=prefix + "ranlib",
    SIZETOOL=prefix + "size",
    ARFLAGS=["rc"],
    SIZEPRINTCMD="$SIZETOOL $SOURCES",
    PROGSUFFIX=board.get("build.suffix"),
)
env.Append(
    ASFLAGS=cpu_flags,
    ASPPFLAGS=["-x", "assembler-with-cpp"],
    # The same bytes wherever the checkout is.
    CCFLAGS=[*cpu_flags, "-ffunction-sections", "-fdata-sections", "-ffile-prefix-map=$PROJECT_DIR=."],
    LINKFLAGS=[*cpu_flags, "-Wl,--gc-sections", *board.get("build.link_flags").split()],
)
if board.get("build.ldscript", ""):
    env.Replace(LDSCRIPT_PATH=env.subst("$PROJECT_DIR/") + board.get("build.ldscript"))

if board.get("build.name", ""):
    env.Replace(PROGNAME=board.get("build.name"))

env.CacheDir("$PROJECT_WORKSPACE_DIR/objects", ObjectCache)
env.get_CacheDir().forget_old()
program = env.BuildProgram()
outputs = [program]
if board.get("build.binary", ""):
    to_binary = env.VerboseAction(prefix + "objcopy -O binary $SOURCE $TARGET", "Writing $TARGET")
    outputs.append(env.Command("$BUILD_DIR/" + board.get("build.binary"), program, to_binary))
size = env.Alias("size", program, env.VerboseAction("$SIZEPRINTCMD", "Calculating size $SOURCE"))
AlwaysBuild(size)
Default(outputs)

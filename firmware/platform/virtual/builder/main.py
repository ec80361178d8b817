"""Builds a program for a virtual board; what differs between the boards is in boards/*.json."""

from SCons.Script import AlwaysBuild, Default, DefaultEnvironment

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
    CCFLAGS=[*cpu_flags, "-ffunction-sections", "-fdata-sections"],
    LINKFLAGS=[*cpu_flags, "-Wl,--gc-sections", *board.get("build.link_flags").split()],
)
if board.get("build.ldscript", ""):
    env.Replace(LDSCRIPT_PATH=env.subst("$PROJECT_DIR/") + board.get("build.ldscript"))

program = env.BuildProgram()
size = env.Alias("size", program, env.VerboseAction("$SIZEPRINTCMD", "Calculating size $SOURCE"))
AlwaysBuild(size)
Default([program])

"""Builds a program for a board; what differs between the boards is in boards/*.json."""

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
    # The same bytes wherever the checkout is.
    CCFLAGS=[*cpu_flags, "-ffunction-sections", "-fdata-sections", "-ffile-prefix-map=$PROJECT_DIR=."],
    LINKFLAGS=[*cpu_flags, "-Wl,--gc-sections", *board.get("build.link_flags").split()],
)
if board.get("build.ldscript", ""):
    env.Replace(LDSCRIPT_PATH=env.subst("$PROJECT_DIR/") + board.get("build.ldscript"))

if board.get("build.name", ""):
    env.Replace(PROGNAME=board.get("build.name"))

program = env.BuildProgram()
outputs = [program]
if board.get("build.binary", ""):
    to_binary = env.VerboseAction(prefix + "objcopy -O binary $SOURCE $TARGET", "Writing $TARGET")
    outputs.append(env.Command("$BUILD_DIR/" + board.get("build.binary"), program, to_binary))
size = env.Alias("size", program, env.VerboseAction("$SIZEPRINTCMD", "Calculating size $SOURCE"))
AlwaysBuild(size)
Default(outputs)

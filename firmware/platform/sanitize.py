"""PlatformIO extra script: hands -fsanitize flags of build_flags to the linker too."""

Import("env")  # type: ignore[name-defined]  # noqa: F821

env.Append(LINKFLAGS=[f for f in env.ParseFlags(env["BUILD_FLAGS"])["CCFLAGS"] if str(f).startswith("-fsanitize")])  # noqa: F821

"""PlatformIO extra script: compiles our own C++ as C++17 where the framework's and its libraries' must stay C++14.

Arduino.h defines abs() and round() as macros, which C++17's <chrono> does not survive, and mbed's headers include that
after it. So `build_unflags` takes -std=gnu++17 from all, and this gives it back to the sources below `firmware`.
"""

Import("env")  # type: ignore[name-defined]  # noqa: F821

OURS = ("*firmware/apps/*.cpp", "*firmware/boards/nano33ble_*/*.cpp", "*firmware/lib/*.cpp")


def compile_as_cpp17(env, node):
    return env.Object(node, TINYHOST_STANDARD="-std=gnu++17")


# CCFLAGS come after CXXFLAGS, and the last -std counts. The variable is empty for all other sources.
env.Append(CCFLAGS=["$TINYHOST_STANDARD"])  # noqa: F821
for pattern in OURS:
    env.AddBuildMiddleware(compile_as_cpp17, pattern)  # noqa: F821

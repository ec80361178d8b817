"""Options that several commands share, with the same names and help."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

from tinyhost.cli.declare import option

__all__ = [
    "MAX_SECONDS",
    "VIRTUAL_RIG",
    "Against",
    "AgainstOption",
    "BoardOption",
    "Engine",
    "JsonOption",
    "PassesOption",
    "RigOption",
    "SceneOption",
    "SensorName",
    "StateOption",
    "TimeUnitOption",
    "UnitOption",
]

MAX_SECONDS = 10_000_000.0
"""Largest value of an option for a time: four months, below the overflow of the system's timers."""

BoardOption = Annotated[
    str | None,
    option(
        "--board",
        "-b",
        envvar="TINYHOST_BOARD",
        key="board",
        values="board",
        help="The board: native, m4, nano33emu, nano33emu:rev2, nano33ble or nano33ble:SERIAL; a port: "
        "/dev/ttyACM0, socket://HOST:PORT, rfc2217://HOST:PORT; or a board on another machine: ssh:HOST/SERIAL, "
        "labgrid:PLACE, jumpstarter:LABEL=VALUE. Default: the one real board that is plugged in, or else native.",
    ),
]


class Against(str, Enum):
    """The reference for outputs."""

    HOST = "host"
    TFLM = "tflm"
    LITERT = "litert"


AgainstOption = Annotated[
    Against,
    option(
        "--against",
        help="The reference: host (the firmware's engine on this computer), tflm (the tflite-micro wheel), or "
        "litert (the reference kernels of the ai-edge-litert wheel).",
    ),
]


class Engine(str, Enum):
    """Engines that firmware is built with."""

    TINYHOST = "tinyhost"
    TFLM = "tflm"
    PORTABLE = "portable"


class SensorName(str, Enum):
    """Sensors, as tinyhost.sensors.sensor has them."""

    CAMERA = "camera"
    MIC = "mic"
    IMU = "imu"


SceneOption = Annotated[
    str | None,
    option(
        "--scene",
        values="scene",
        help="The input of a virtual board's sensor. Camera: a folder of pictures, a video, webcam:0. "
        "Microphone: a sound file, a folder of clips, speech:yes,no, mic:. Accelerometer: a CSV file, "
        "machine:imbalance. Options follow a question mark, as in 'clips?snr=10&seed=3'.",
    ),
]
StateOption = Annotated[
    Path | None,
    option(
        "--state",
        envvar="TINYHOST_STATE",
        key="state",
        help="The folder in which virtual boards store their flash. Default: ~/.local/state/tinyhost.",
    ),
]
JsonOption = Annotated[
    str | None,
    option("--json", metavar="FILE", help="Write the result as JSON to this file, or to stdout if it is -."),
]
UnitOption = Annotated[
    str,
    option(
        "--unit",
        metavar="UNIT",
        help="Motion: the unit of a CSV file's values if its header does not give it: m/s2, g, mg.",
    ),
]
VIRTUAL_RIG = Path("hil/rigs/virtual.toml")
RigOption = Annotated[
    Path,
    option(
        "--rig",
        key="rig",
        values="rig",
        show_default=False,
        help="The rig file, which lists the boards (docs/guides/rigs.md). Default: hil/rigs/virtual.toml, virtual "
        "boards with each app.",
    ),
]
TimeUnitOption = Annotated[
    str,
    option(
        "--time-unit",
        metavar="UNIT",
        help="Motion: the unit of a CSV file's times if its header does not give it: s, ms, us, ns.",
    ),
]
PassesOption = Annotated[
    bool,
    option(
        "--passes/--no-passes",
        help="Let the compiler remove and fuse operators where that does not change any output, or keep the "
        "operators of the file.",
    ),
]

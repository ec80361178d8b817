"""`tinyhost doctor`: problems of this computer or of a board's sensor, and how to fix them."""

from __future__ import annotations

from typing import Annotated

from tinyhost.cli.declare import Command, argument, make_command, option
from tinyhost.cli.options import BoardOption, JsonOption, SceneOption, SensorName, StateOption
from tinyhost.cli.output import console, print_table, write_json
from tinyhost.errors import CheckFailedError, UsageError
from tinyhost.system.wording import counted

__all__ = ["command"]


def command() -> Command:
    """Return `doctor`."""
    return make_command(
        doctor,
        examples=(
            "tinyhost doctor",
            "tinyhost doctor camera --board native --scene pictures/",
        ),
    )


def doctor(
    sensor: Annotated[
        SensorName | None,
        argument(metavar="[camera|mic|imu]", help="Test this sensor of a board instead of this computer."),
    ] = None,
    *,
    seconds: Annotated[
        float, option("--seconds", "-s", min=0.0, max=3600.0, help="How many seconds to watch the sensor.")
    ] = 6.0,
    board: BoardOption = None,
    scene: SceneOption = None,
    state: StateOption = None,
    udev: Annotated[
        bool, option("--udev", help="Print the udev rules for the board, to be put into /etc/udev/rules.d.")
    ] = False,
    json: JsonOption = None,
) -> None:
    """Check this computer, or a board's sensor, and show how to fix problems.

    Exits 1 if something is missing that tinyhost or the virtual boards need. Missing software that only real boards or
    training need is listed, but does not count as a failure.

    With a sensor, the board runs its self-test and tinyhost checks the sensor's data. Exits 1 if a test fails or the
    data are unusable, and 2 if the app on the board uses another sensor.
    """
    from tinyhost.boards.checks import UDEV_RULES, DoctorDocument, machine_checks, tensorflow_check, usb_checks
    from tinyhost.cli.connect import asked
    from tinyhost.views.doctor import fix_lines, machine_table

    if sensor is not None:
        from tinyhost.cli.doctor_sensor import examine

        return examine(sensor, seconds=seconds, board=board, scene=scene, state=state, json=json)
    if board is not None or scene is not None:
        raise UsageError("--board and --scene need a sensor to test", hint="tinyhost doctor camera --board native")
    if udev:
        console().print(UDEV_RULES, end="", soft_wrap=True)
        return
    checks = [*machine_checks(), *usb_checks(asked), tensorflow_check()]
    if json:
        write_json(DoctorDocument.of(checks), json)
    if json != "-":
        print_table(machine_table(checks))
        for line in fix_lines(checks):
            console().print(line, soft_wrap=True)
    blocking = [check for check in checks if check.blocks]
    if blocking:
        raise CheckFailedError(
            f"{len(blocking)} of {counted(len(checks), 'check')} failed: {', '.join(check.name for check in blocking)}",
            hint=blocking[0].fix,
        )

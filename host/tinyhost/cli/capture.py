"""`tinyhost capture`: labelled samples from the board's sensor into a data set."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tinyhost.cli.declare import Command, is_configured, make_command, option
from tinyhost.cli.options import (
    MAX_SECONDS,
    BoardOption,
    JsonOption,
    SceneOption,
    SensorName,
    StateOption,
)
from tinyhost.cli.output import write_json
from tinyhost.cli.people import ConsentOption, PurposeOption, RetainOption, SubjectOption
from tinyhost.errors import TinyhostError, UsageError

if TYPE_CHECKING:
    from tinyhost.cli.capture_run import CaptureOptions
    from tinyhost.datasets.people.consent import Person

__all__ = ["command"]


def command() -> Command:
    """Return `capture`."""
    return make_command(
        capture,
        examples=(
            "tinyhost capture --sensor camera --label person --count 200 --set hall",
            "tinyhost capture --sensor mic --label yes --speaker ann",
            "tinyhost capture --sensor mic --background --seconds 60",
            "tinyhost capture --sensor imu --label normal --seconds 300 --set machine",
        ),
    )


def capture(
    *,
    label: Annotated[
        str | None,
        option("--label", "-l", help="The label of the samples, which is also the name of their folder."),
    ] = None,
    sensor: Annotated[SensorName, option("--sensor", help="The sensor to capture from.")] = SensorName.CAMERA,
    count: Annotated[
        int | None,
        option(
            "--count",
            "-n",
            min=1,
            help="How many pictures or words to capture in this run. Default: 100 pictures, 20 words.",
        ),
    ] = None,
    set_name: Annotated[
        str | None,
        option("--set", help="The name of the data set, a folder in data/. Default: captured."),
    ] = None,
    data: Annotated[
        Path | None, option("--data", key="data", help="The folder of the data set, instead of a name with --set.")
    ] = None,
    every: Annotated[
        float,
        option(
            "--every", min=0.0, max=MAX_SECONDS, help="Pictures: the minimum time between two pictures, in seconds."
        ),
    ] = 0.0,
    background: Annotated[
        bool, option("--background", help="Record background noise for --seconds instead of words.")
    ] = False,
    seconds: Annotated[
        float,
        option(
            "--seconds",
            min=1.0,
            max=MAX_SECONDS,
            help="How many seconds of motion, or with --background of noise, to record.",
        ),
    ] = 60.0,
    countdown: Annotated[
        float,
        option(
            "--countdown", min=0.0, max=3600.0, help="Words: the time from the prompt to the recording, in seconds."
        ),
    ] = 1.0,
    review: Annotated[
        bool | None,
        option(
            "--review/--no-review",
            help="Words: after each one, ask whether to keep it, play it or record it again. Default: on in a "
            "terminal.",
        ),
    ] = None,
    speaker: Annotated[str, option("--speaker", help="Words: the speaker; a person's clips stay in one split.")] = "",
    note: Annotated[str, option("--note", help="A note to store with every sample.")] = "",
    subject: SubjectOption = "",
    consent: ConsentOption = "",
    purpose: PurposeOption = "",
    retain_until: RetainOption = "",
    board: BoardOption = None,
    scene: SceneOption = None,
    state: StateOption = None,
    json: JsonOption = None,
) -> None:
    """Capture labelled samples from the board's sensor.

    If the command is interrupted, all stored samples are complete, and the next run adds to them.
    """
    from tinyhost.cli.capture_run import CaptureOptions
    from tinyhost.datasets import validate_label
    from tinyhost.datasets.people.consent import Person

    if set_name is not None and is_configured("data"):
        data = None
    if set_name is not None and data is not None:
        raise UsageError("--set and --data both name the data set", hint="give one of them")
    if label is None and not background:
        raise UsageError("no --label: the samples need one", hint="--label person, --label yes, --label normal")
    person = Person(subject=subject, consent=consent, purpose=purpose, retain_until=retain_until)
    options = CaptureOptions(
        label=validate_label(label) if label is not None else None,
        count=count,
        every_s=every,
        background=background,
        seconds=seconds,
        countdown_s=countdown,
        review=review,
        speaker=speaker or person.subject,
    )
    root = data if data is not None else Path("data") / validate_label(set_name or "captured", "--set")
    _run(options, sensor, root, board=board, scene=scene, state=state, note=note, person=person, json=json)


def _run(
    options: CaptureOptions,
    sensor: SensorName,
    root: Path,
    *,
    board: str | None,
    scene: str | None,
    state: Path | None,
    note: str,
    person: Person,
    json: str | None,
) -> None:
    """Capture into `root` until all is there, or something ends it, which is raised once everything is told."""
    from tinyhost.cli.capture_run import CaptureRun, tell_recovery
    from tinyhost.cli.connect import connected
    from tinyhost.datasets import DatasetStore
    from tinyhost.datasets.capture import origin_of
    from tinyhost.datasets.people.consent import with_person
    from tinyhost.sensors import sensor_of_option
    from tinyhost.tasks.on_device import task_with_sensor

    failure: BaseException | None = None
    with connected(board, scene, state) as connection:
        wanted = sensor_of_option(sensor.value)
        task = task_with_sensor(connection.device, wanted, connection.board_name)
        run = CaptureRun(task.capture, options)
        with DatasetStore(root) as store:
            tell_recovery(store, root)
            origin = with_person(
                origin_of(connection.device, sensor=wanted.name, scene=connection.scene, note=note), person, root
            )
            try:
                if not run.capture(connection, store, origin):
                    failure = KeyboardInterrupt()
            except (KeyboardInterrupt, TinyhostError) as error:
                failure = error
            run.tell_result(root, store.counts())
            if json:
                write_json(run.document(root, store, origin, failure), json)
    if failure is not None:
        raise failure

"""`tinyhost collect`: what the board's model was unsure of, into a data set."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tinyhost.cli.declare import Command, argument, make_command, option
from tinyhost.cli.options import BoardOption, JsonOption, StateOption
from tinyhost.cli.output import note, say, write_json
from tinyhost.cli.people import ConsentOption, PurposeOption, RetainOption, SubjectOption
from tinyhost.system.wording import counted

if TYPE_CHECKING:
    from tinyhost.tasks.collecting import CollectDocument

__all__ = ["command"]


def command() -> Command:
    """Return `collect`."""
    return make_command(
        collect,
        examples=(
            "tinyhost collect data/unsure --margin 0.3",
            "tinyhost collect data/unsure --subject P07 --consent 'form 12'",
        ),
    )


def collect(
    folder: Annotated[Path, argument(metavar="SET", help="The data set to which the samples are added.")],
    *,
    margin: Annotated[
        float | None,
        option(
            "--margin",
            min=0.0,
            help="From now on, the board keeps samples whose two best scores differ by less than this (anomaly: whose "
            "score is closer to the threshold); 0: none.",
        ),
    ] = None,
    keep: Annotated[bool, option("--keep", help="Do not erase the samples on the board.")] = False,
    subject: SubjectOption = "",
    consent: ConsentOption = "",
    purpose: PurposeOption = "",
    retain_until: RetainOption = "",
    board: BoardOption = None,
    state: StateOption = None,
    json: JsonOption = None,
) -> None:
    """Collect the samples that the board's model was unsure of, and erase them there.

    A board keeps none until --margin is set; the setting survives a loss of power, the samples do not. They are stored
    under the label `unsure`, with time, scores and model, for `tinyhost data label`.
    """
    from tinyhost.cli.connect import connected
    from tinyhost.datasets.capture import origin_of
    from tinyhost.datasets.people.consent import Person, with_person
    from tinyhost.datasets.store import DatasetStore
    from tinyhost.sensors.sensor import sensor_of_code
    from tinyhost.tasks.collecting import collect as collect_samples
    from tinyhost.tasks.collecting import set_margin

    person = Person(subject=subject, consent=consent, purpose=purpose, retain_until=retain_until)
    with connected(board, None, state) as connection, DatasetStore(folder, once=True) as store:
        device = connection.device
        if margin is not None:
            set_margin(device, margin)
        sensor = sensor_of_code(device.info.sensor)
        origin = origin_of(device, sensor=sensor.name if sensor else "", scene=connection.scene, note="")
        done = collect_samples(device, store, with_person(origin, person, folder), clear=not keep)
        is_off = not connection.board.stays_on
        name = connection.board_name
    if json:
        write_json(done, json)
    if json != "-":
        _show(done, name, is_off=is_off)


def _show(done: CollectDocument, board: str, *, is_off: bool) -> None:
    from tinyhost.datasets.capture.unsure import UNSURE

    for sample in done.samples:
        say(f"{sample.taken}  {sample.file}  {sample.proposed or '-'}, margin {sample.margin:.3f}")
    lost = f"; {counted(done.overwritten, 'older one')} overwritten" if done.overwritten else ""
    say(f"{done.data}: {counted(len(done.samples), 'sample')} collected from {board}{lost}")
    if done.samples:
        note(f"label them: tinyhost data label {done.data / UNSURE} SET")
    if not done.margin:
        note(f"{board} keeps nothing: tinyhost collect {done.data} --margin 0.2 switches it on")
    elif is_off:
        note(f"{board} is off now, and an unpowered board keeps nothing: tinyhost board run keeps it on")

"""`tinyhost push`: send a model to the board, without a rebuild."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tinyhost.cli.declare import Command, argument, make_command, option
from tinyhost.cli.labels import LabelsOption, split_labels
from tinyhost.cli.options import BoardOption, JsonOption, StateOption
from tinyhost.cli.output import byte_progress, say, warn, write_json

if TYPE_CHECKING:
    from tinyhost.device import Device, PushResult
    from tinyhost.models.file import ModelFile

__all__ = ["command", "print_push", "push_model"]


def command() -> Command:
    """Return `push`."""
    return make_command(
        push,
        examples=(
            "tinyhost push runs/hall/model.tflite",
            "tinyhost push other.tflite --labels no_person,person --board nano33ble",
        ),
    )


def push(
    model: Annotated[Path, argument(help="A .tflite file, which is compiled first, or a model image (.thm).")],
    *,
    name: Annotated[
        str | None,
        option("--name", help="The model's name on the board. Default: the file's name."),
    ] = None,
    labels: LabelsOption = None,
    force: Annotated[
        bool,
        option("--force", help="Write the model even if the board already has it, or if it is for another app."),
    ] = False,
    board: BoardOption = None,
    state: StateOption = None,
    json: JsonOption = None,
) -> None:
    """Send a model to the board and activate it.

    The model is written into the inactive slot, and the previous one stays in the other: `tinyhost models rollback`
    activates it again. An interrupted push resumes where it stopped.
    """
    from tinyhost.cli.connect import connected
    from tinyhost.device.push import PushDocument
    from tinyhost.models.file import load_model_file

    file = load_model_file(model, split_labels(labels), name=name)
    with connected(board, None, state) as connection:
        result = push_model(connection.device, file, force=force)
    if json:
        write_json(PushDocument.of(connection.board_name, result), json)
    if json != "-":
        print_push(connection.board_name, result)


def push_model(device: Device, file: ModelFile, *, force: bool) -> PushResult:
    """Push under a progress bar.

    Raises, before anything is sent, unless the model is one for the device's app and for what its sensor gives.
    """
    from tinyhost.models.fits import operators_of
    from tinyhost.models.origin import adapted_from
    from tinyhost.models.push import push_image
    from tinyhost.models.sampling import SensorSampling
    from tinyhost.models.summary import summarize
    from tinyhost.models.withdrawn import check_not_withdrawn
    from tinyhost.tasks.on_device import check_model

    image = file.image_for(device.engine, operators_of(device))
    digests = (file.parsed.sha256, sha256(file.image).hexdigest(), adapted_from(file.path))
    check_not_withdrawn(file.path, [digest for digest in digests if digest is not None])
    if not force:
        sensor = SensorSampling.of_info(device.info)
        check_model(summarize(image), device.info.app, board=device.name, sensor=sensor)
    with byte_progress(f"push {file.parsed.name}") as progress:
        return push_image(device, image, force=force, progress=progress, remark=warn)


def print_push(board: str, result: PushResult) -> None:
    """Say what a push did."""
    image_bytes = result.image_bytes
    if result.skipped:
        how = "was there already"
    elif result.resumed_at:
        how = f"resumed at byte {result.resumed_at:,} of {image_bytes:,}, {result.seconds:.2f} s"
    else:
        how = f"{image_bytes:,} B in {result.seconds:.2f} s"
    retries = f", {result.retries} retries" if result.retries else ""
    say(f"{board}: ", (result.name, "green"), f" is active in slot {result.slot} ({how}", (retries, "yellow"), ")")

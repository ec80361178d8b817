"""`tinyhost flash`: build an app's firmware, put it on the board, and give it its default model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tinyhost.cli.options import BoardOption, Engine, JsonOption, StateOption, epilog
from tinyhost.cli.output import note, say, stage, write_json
from tinyhost.errors import UnsupportedModelError, UsageError

if TYPE_CHECKING:
    from tinyhost.boards import Board
    from tinyhost.boards.bootloader import UploadResult
    from tinyhost.boards.build import Firmware
    from tinyhost.device import PushResult
    from tinyhost.models.file import ModelFile

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add `flash`."""
    app.command(
        "flash",
        epilog=epilog(
            "tinyhost flash vww",
            "tinyhost flash kws --board nano33ble --model runs/words/model.tflite",
            "tinyhost flash anomaly --no-model",
        ),
    )(flash)


def flash(
    app: Annotated[str, typer.Argument(help="The app to build: kws, vww or anomaly.")],
    *,
    board: BoardOption = None,
    engine: Annotated[
        Engine,
        typer.Option(
            "--engine",
            help="The inference engine to build with: tinyhost's own, tflm (TensorFlow Lite Micro, fetched with git), "
            "or portable (tinyhost's own without its fast kernels).",
        ),
    ] = Engine.TINYHOST,
    model: Annotated[
        Path | None,
        typer.Option("--model", help="The model to push afterwards. Default: the one that ships with the app."),
    ] = None,
    no_model: Annotated[bool, typer.Option("--no-model", help="Leave the model slots as they are.")] = False,
    firmware: Annotated[
        Path | None,
        typer.Option(
            "--firmware",
            help="Flash this program instead of building one; for a nano33ble a .bin or .hex file.",
        ),
    ] = None,
    state: StateOption = None,
    json: JsonOption = None,
) -> None:
    """Build firmware, put it on the board, and push its model.

    Firmware that is built already is not built again. The command waits until the board answers with the new build.
    """
    from tinyhost.boards import resolve
    from tinyhost.boards.build import build_kind, check_firmware
    from tinyhost.boards.flash import check_free, flash_firmware
    from tinyhost.cli.connect import chosen_board
    from tinyhost.cli.documents import FlashDocument

    if firmware is not None and engine is not Engine.TINYHOST:
        raise UsageError("--engine chooses what is built, and --firmware is built already", hint="give one of them")
    if model is not None and no_model:
        raise UsageError("--model and --no-model contradict each other", hint="give one of them")
    target = chosen_board(board, None, state)
    if firmware is None:
        check_firmware(app, build_kind(target.firmware_kind, engine.value))
    check_free(target)
    file = None if no_model else _model_for(app, target, engine, model)
    with stage(f"building {app} for {target.name}") as progress:
        built = _prebuilt(app, target, firmware) if firmware else _build(app, target, engine, progress)
    with stage(f"flashing {target.name}") as progress:
        upload = flash_firmware(target, built, progress, ask=lambda what: note((what, "bold yellow")))
    if upload and not target.is_virtual and upload.serial and target.name != f"nano33ble:{upload.serial}":
        target = resolve(f"nano33ble:{upload.serial}")  # MicroPython had given it another number
    pushed = _greet(target, built, file, quiet=json == "-")
    if json:
        document = FlashDocument(
            board=target.name,
            app=built.app,
            build_id=built.build_id,
            program_bytes=built.text_bytes,
            ram_bytes=built.ram_bytes,
            upload=upload,
            model=pushed,
        )
        write_json(document, json)
    if json != "-":
        _print(target, built, upload)


def _build(app: str, board: Board, engine: Engine, progress: Callable[[str], None]) -> Firmware:
    from tinyhost.boards.build import build_firmware, build_kind

    return build_firmware(app, build_kind(board.firmware_kind, engine.value), progress=progress)


def _prebuilt(app: str, board: Board, path: Path) -> Firmware:
    from tinyhost.boards.build import prebuilt_firmware

    return prebuilt_firmware(path, app, board.firmware_kind)


def _model_for(app: str, board: Board, engine: Engine, given: Path | None) -> ModelFile | None:
    """Return the given model, or the one that ships with the app, if one does and the engine runs it.

    Raises, before anything is flashed, if the app's firmware cannot run the given one.
    """
    from tinyhost.boards.project import shipped_model

    path = given or shipped_model(app)
    if path is None:
        note((f"{app} ships without a model", "yellow"), ": tinyhost push MODEL")
        return None
    try:
        return _checked_model(path, app, board, engine)
    except UnsupportedModelError as error:
        if given is not None:
            raise
        note((f"the model that ships with {app} is left out", "yellow"), f": {error.message}")
        return None


def _checked_model(path: Path, app: str, board: Board, engine: Engine) -> ModelFile:
    from tinyhost.bench.engines import runs_images_of
    from tinyhost.models.file import load_model_file
    from tinyhost.models.fits import Limits, check_fits
    from tinyhost.models.summary import summarize
    from tinyhost.tasks.on_device import check_model

    file, runs = load_model_file(path), runs_images_of(engine.value)
    summary = summarize(file.image_for(runs))
    check_model(summary, app, board=board.name)
    check_fits(summary, Limits.of_firmware(app, runs, board=board.name))
    return file


def _greet(board: Board, built: Firmware, file: ModelFile | None, *, quiet: bool) -> PushResult | None:
    """Wait for the firmware's answer, check that it is what was flashed, and push the model.

    quiet: print nothing on stdout.
    """
    from tinyhost.cli.connect import show_log
    from tinyhost.cli.push import print_push, push_model
    from tinyhost.device import Device

    with board.power() as powered, Device.open(powered, log=show_log) as device:
        device.expect_build(built.build_id)
        result = push_model(device, file, force=False) if file else None
    if file and result and not quiet:
        print_push(board.name, result)
    return result


def _print(board: Board, built: Firmware, upload: UploadResult | None) -> None:
    """Say what runs and how large it is; a virtual board's RAM holds its flash too, so its size says nothing."""
    ram = f", {built.ram_bytes:,} B of RAM" if built.ram_bytes and not board.is_virtual else ""
    how = f", verified, in {upload.seconds:.0f} s" if upload else ""
    say(
        f"{board.name}: ",
        (built.app, "green"),
        f" build {built.build_id} runs ({built.text_bytes:,} B of program{ram}{how})",
    )

"""`tinyhost flash`: build an app's firmware if necessary, flash it, and push its default model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tinyhost.cli.declare import Command, argument, make_command, option
from tinyhost.cli.options import BoardOption, Engine, JsonOption, StateOption
from tinyhost.cli.output import note, say, stage, write_json
from tinyhost.errors import UnsupportedModelError, UsageError

if TYPE_CHECKING:
    from tinyhost.boards import Board
    from tinyhost.boards.build import Firmware
    from tinyhost.cli.documents import FlashDocument
    from tinyhost.models.file import ModelFile

__all__ = ["command"]

_ORIGINS = {"built": "built here", "packaged": "prebuilt", "given": "as given"}


def command() -> Command:
    """Return `flash`."""
    return make_command(
        flash,
        examples=(
            "tinyhost flash vww",
            "tinyhost flash kws --board nano33ble --model runs/words/model.tflite",
            "tinyhost flash anomaly --no-model",
            "tinyhost flash kws --board nano33emu",
        ),
    )


def flash(
    app: Annotated[str, argument(help="The app: vww, kws, anomaly, gestures or mlperf.", values="app")],
    *,
    board: BoardOption = None,
    engine: Annotated[
        Engine,
        option(
            "--engine",
            help="The inference engine: tinyhost's own, tflm (TensorFlow Lite Micro, fetched with git), "
            "or portable (tinyhost's own without its fast kernels).",
        ),
    ] = Engine.TINYHOST,
    model: Annotated[
        Path | None,
        option("--model", help="The model to push afterwards. Default: the app's default model."),
    ] = None,
    no_model: Annotated[bool, option("--no-model", help="Do not push a model; the slots stay unchanged.")] = False,
    firmware: Annotated[
        Path | None,
        option(
            "--firmware",
            help="Flash this program; for a Nano, a .bin or .hex file.",
        ),
    ] = None,
    build: Annotated[
        bool,
        option("--build", help="Build the firmware even if the prebuilt one is up to date."),
    ] = False,
    arduino: Annotated[
        bool,
        option(
            "--arduino",
            help="Build for the Nano on Arduino's core instead of bare metal (needs PlatformIO's registry).",
        ),
    ] = False,
    all_operators: Annotated[
        bool,
        option(
            "--all-operators",
            help="Build the Nano's firmware with all groups of operators, including float32; the prebuilt one has "
            "those of int8 models. Virtual boards always have all.",
        ),
    ] = False,
    bootloader: Annotated[
        Path | None,
        option("--bootloader", help="Let the emulated Nano run this bootloader from now on, such as Arduino's own."),
    ] = None,
    state: StateOption = None,
    json: JsonOption = None,
) -> None:
    """Flash an app's firmware and push its model.

    For a Nano, emulated or real, the prebuilt program that comes with tinyhost is used unless the sources here differ;
    the same holds for the board native if tinyhost was installed from a wheel. Other programs are built once and then
    reused. The command waits until the board reports the new build.
    """
    from tinyhost.boards.build import build_kind
    from tinyhost.boards.flash import burn_bootloader, check_free
    from tinyhost.boards.packaged import check_available
    from tinyhost.boards.ports import check_flashable
    from tinyhost.boards.remote.board import held
    from tinyhost.cli.connect import chosen_board
    from tinyhost.cli.flash_run import flash_and_greet

    _refuse_contradictions(engine, firmware, model, no_model=no_model, builds=build or arduino or all_operators)
    if all_operators and (arduino or engine is not Engine.TINYHOST):
        raise UsageError(
            "--all-operators works only with tinyhost's own engine, without --arduino", hint="leave it out"
        )
    target = chosen_board(board, None, state)
    with held(target):
        check_flashable(target)
        kind = build_kind(target.firmware_kind, engine.value, arduino=arduino, all_operators=all_operators)
        if firmware is None:
            check_available(app, kind, build=build)
        check_free(target)
        has_all = all_operators or firmware is not None or target.firmware_kind != "nano33ble"
        files = [] if no_model else _models_for(app, target, engine, model, all_operators=has_all)
        if bootloader is not None:
            burn_bootloader(target, bootloader)
        with stage(f"building {app} for {target.name}") as progress:
            found = _prebuilt(app, target, firmware) if firmware else _find(app, kind, build=build, progress=progress)
        document = flash_and_greet(target, found, files, state=state, quiet=json == "-")
    if json:
        write_json(document, json)
    if json != "-":
        _print(target, found, document)


def _refuse_contradictions(
    engine: Engine, firmware: Path | None, model: Path | None, *, no_model: bool, builds: bool
) -> None:
    """Raise UsageError if options contradict one another."""
    if firmware is not None and engine is not Engine.TINYHOST:
        raise UsageError("--engine selects what to build, but --firmware is already built", hint="give one of them")
    if firmware is not None and builds:
        raise UsageError(
            "--build, --arduino and --all-operators build firmware, but --firmware is already built",
            hint="give one of them",
        )
    if model is not None and no_model:
        raise UsageError("--model and --no-model contradict each other", hint="give one of them")


def _find(app: str, kind: str, *, build: bool, progress: Callable[[str], None]) -> Firmware:
    from tinyhost.boards.packaged import find_firmware

    return find_firmware(app, kind, build=build, progress=progress)


def _prebuilt(app: str, board: Board, path: Path) -> Firmware:
    from tinyhost.boards.build import prebuilt_firmware

    return prebuilt_firmware(path, app, board.firmware_kind)


def _models_for(app: str, board: Board, engine: Engine, given: Path | None, *, all_operators: bool) -> list[ModelFile]:
    """Return the given model, or those that ship with the app for its sensors, as far as the engine runs them.

    Raises, before anything is flashed, if the app's firmware cannot run the given one.
    """
    from tinyhost.boards.project import shipped_models

    if given is not None:
        return [_checked_model(given, app, board, engine, all_operators=all_operators)]
    paths, files = shipped_models(app), []
    if not paths:
        note((f"{app} has no default model", "yellow"), ": tinyhost push MODEL")
    for path in paths:
        try:
            files.append(_checked_model(path, app, board, engine, all_operators=all_operators))
        except UnsupportedModelError as error:
            note((f"the default model of {app} is not pushed", "yellow"), f": {error.message}")
    return files


def _checked_model(path: Path, app: str, board: Board, engine: Engine, *, all_operators: bool) -> ModelFile:
    from tinyhost.bench.engines import runs_images_of
    from tinyhost.models.file import load_model_file
    from tinyhost.models.fits import Limits, check_fits
    from tinyhost.models.summary import summarize
    from tinyhost.tasks.on_device import check_model

    file, runs = load_model_file(path), runs_images_of(engine.value)
    limits = Limits.of_firmware(app, runs, board=board.name, all_operators=all_operators)
    summary = summarize(file.image_for(runs, limits.operators))
    check_model(summary, app, board=board.name)
    check_fits(summary, limits)
    return file


def _print(board: Board, firmware: Firmware, document: FlashDocument) -> None:
    """Print the app, its size and origin; the RAM size is omitted where RAM contains the flash."""
    ram = f", {firmware.ram_bytes:,} B of RAM" if firmware.ram_bytes and board.has_bootloader else ""
    how = f", verified, in {document.upload.seconds:.0f} s" if document.upload else ""
    sizes = f"{firmware.text_bytes:,} B of program{ram}{how}"
    say(
        f"{document.board}: ",
        (firmware.app, "green"),
        f" build {firmware.build_id} runs ({_ORIGINS[firmware.origin]}, {sizes})",
    )

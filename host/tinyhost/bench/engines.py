"""Comparison of engines on one board: the other firmware is flashed and measured, and the board's own restored."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from tinyhost.bench.result import BenchResult, EngineRun
from tinyhost.bench.run import ActiveModel, BenchRequest, Progress, model_on_device, run_bench
from tinyhost.boards import Board
from tinyhost.boards.build import EngineBuild, Firmware, build_firmware, build_kind
from tinyhost.boards.flash import flash_firmware
from tinyhost.boards.project import shipped_models
from tinyhost.compiler import EngineName, ModelImage
from tinyhost.device import Device
from tinyhost.errors import UsageError
from tinyhost.models.file import ModelFile, load_model_file

__all__ = ["EngineTrial", "Line", "Measuring", "Stage", "file_of_active_model", "runs_images_of"]

Line = Callable[[str], None]
Stage = Callable[[str], AbstractContextManager[Line]]
Measuring = AbstractContextManager[Progress]


def runs_images_of(engine: EngineBuild) -> EngineName:
    """Return the engine that an engine's model images are made for; portable kernels are tinyhost's."""
    return "tflm" if engine == "tflm" else "tinyhost"


def file_of_active_model(device: Device) -> ModelFile:
    """Return the file of the active model if it is the one that ships with the app.

    Raises UsageError if it is another: TensorFlow Lite Micro needs the .tflite, which a model image does not contain.
    """
    active = device.active_model()
    for path in shipped_models(device.info.app):
        file = load_model_file(path)
        if active is not None and ModelImage.parse(file.image).sha256 == active.sha256:
            return file
    raise UsageError(
        f"{device.name}: the active model is not the default model of {device.info.app}, so its .tflite file is not "
        f"known",
        hint="name it: --model FILE.tflite",
    )


@dataclass(frozen=True, kw_only=True)
class EngineTrial:
    """A comparison of engines on a board."""

    board: Board
    engine: EngineBuild
    file: ModelFile
    own: Firmware
    """the board's firmware, to be restored"""
    other: Firmware
    """the same app with the other engine"""

    @classmethod
    def build(
        cls, board: Board, app: str, engine: EngineBuild, file: ModelFile, *, own: Firmware, progress: Line
    ) -> EngineTrial:
        """Return the trial with its firmware built, so that errors come before anything is measured.

        progress: called with each line of the build. Raises UsageError if there is no such firmware for the board, or
        the engine cannot run the file; BuildError, MissingToolError.
        """
        file.image_for(runs_images_of(engine))
        other = build_firmware(app, build_kind(board.firmware_kind, engine), progress=progress)
        return cls(board=board, engine=engine, file=file, own=own, other=other)

    def compare(
        self, result: BenchResult, request: BenchRequest, *, stage: Stage, measuring: Callable[[], Measuring]
    ) -> BenchResult:
        """Return `result` with the other engine's figures; latency and agreement are measured as requested.

        stage: opened for what takes a while, with its title; gives what wants to be called with lines of progress.
        Whatever happens, the board gets its own firmware back. Raises what flashing and measuring raise.
        """
        try:
            with stage(f"flashing the engine {self.engine}") as line:
                flash_firmware(self.board, self.other, line)
            with measuring() as on_progress:
                found = self._measure(request, on_progress)
        finally:
            with stage("flashing the board's own firmware again") as line:
                flash_firmware(self.board, self.own, line)
        return replace(result, other=found)

    def _measure(self, request: BenchRequest, on_progress: Progress) -> EngineRun:
        with self.board.power() as powered, Device.open(powered) as device:
            device.expect_build(self.other.build_id)
            with model_on_device(device, self.file, keep=False, on_progress=on_progress) as (image, tflite):
                found = run_bench(
                    device,
                    ActiveModel(image=image, tflite=tflite),
                    name=self.board.name,
                    request=BenchRequest(runs=request.runs, samples=request.samples, against=request.against),
                    on_progress=on_progress,
                )
        return EngineRun(
            engine=self.engine,
            device=found.device,
            program_bytes=self.other.text_bytes,
            own_program_bytes=self.own.text_bytes,
            model=found.model,
            latency=found.latency,
            agreement=found.agreement,
        )

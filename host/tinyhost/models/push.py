"""A model image put on a board that can run it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tinyhost.device import Device, PushResult
from tinyhost.device.push import Progress
from tinyhost.models.file import ModelFile
from tinyhost.models.fits import Limits, check_fits
from tinyhost.models.sampling import SensorSampling, misfit_of, sampling_of
from tinyhost.models.summary import summarize

__all__ = ["first_fitting", "push_image"]


def push_image(
    device: Device,
    image: bytes,
    *,
    force: bool = False,
    progress: Progress | None = None,
    remark: Callable[[str], None] = lambda words: None,
) -> PushResult:
    """Put a model image on the board and make it active, if the board can run it.

    image: made for the device's engine (ModelFile.image_for). force: write it even if a slot has it. remark: called
    with what a person should know, though it is no reason to stop. Raises the error of check_fits before anything is
    sent, ModelError for an image that is none, DeviceError, LinkError.
    """
    for words in check_fits(summarize(image), Limits.of_device(device)):
        remark(words)
    return device.push(image, force=force, progress=progress)


def first_fitting(files: Sequence[ModelFile], sensor: SensorSampling | None) -> ModelFile:
    """Return the first model that was made for what a board's sensor gives; the first of all if none was."""
    return next((file for file in files if not misfit_of(sampling_of(file.parsed), sensor)), files[0])

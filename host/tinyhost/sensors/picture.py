"""Assessment of a camera's pictures: light, lens, torn frames."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyhost.sensors.quality import SensorQuality
from tinyhost.sensors.remarks import Remark, worst_first
from tinyhost.sensors.seams import find_seam
from tinyhost.sensors.torn import torn_row
from tinyhost.system.wording import counted

__all__ = ["PictureFigures", "PictureQuality", "PictureReport", "picture_faults", "picture_figures", "picture_looks"]

_BLACK, _WHITE, _FLAT = 14.0, 241.0, 4.0
_DARK = 70
"""Not one pixel in a hundred is brighter; CleanVision's measure, whose own limit is 82."""
_BRIGHT, _VERY_BRIGHT = 195, 230.0
"""Not one pixel in a hundred is darker; or the mean is above this."""
_NOT_WHITE = (255 - _WHITE) / (255 - _BRIGHT)
"""Paper with a little text is as bright as this at most: it is not all white."""
_BURNT_LEVEL, _BURNT = 252, 0.5
"""Share of the pixels that are about white: their content is lost."""
_BLURRED = 0.4
"""The minimum of 3,000 drawings is 0.47; after a Gaussian blur of 3 pixels 99 in 100 have less than 0.4."""
_ROUNDING = 2.0
"""Rounding of grey levels alone gives a Laplacian this large."""
_LEAST_CONTRAST, _LEAST_STRUCTURE = 5.0, 0.05
"""A picture with less structure, such as a clear sky, tells nothing about the lens."""
_LOST_PIXELS = "pixels are lost: use shorter wires for PCLK (A0) and HREF (A1)"


@dataclass(frozen=True, kw_only=True, slots=True)
class PictureFigures:
    """Figures of one picture, in grey levels 0..255."""

    brightness: float
    """mean"""
    contrast: float
    """standard deviation"""
    sharpness: float
    """variance of the Laplacian over the variance of the pixels: 0.01 is blurred, 1 very fine detail"""
    edge: float
    """sharpness of the steepest edges: 99.9th percentile of the Laplacian over the standard deviation; low if blurred
    """
    structure: float
    """share of the variance beyond a smooth gradient of light across the picture"""
    darkest: int
    """1 % of the pixels are darker"""
    brightest: int
    """1 % of the pixels are brighter"""
    lowest: int
    """1 of 1,000 pixels is darker"""
    highest: int
    """1 of 1,000 pixels is brighter"""
    white_share: float
    """of the pixels"""
    torn_row: int | None
    """row at which the picture is torn: the parts above and below do not belong together; null if it is not"""
    seam_row: int | None
    """row at which it may be torn, if its set has few such pictures; null if there is none"""


def picture_figures(pixels: NDArray[np.uint8]) -> PictureFigures:
    """Return the figures of a (height, width) picture."""
    contrast = float(pixels.std())
    laplacian = _laplacian(pixels)
    edge = max(0.0, float(np.percentile(np.abs(laplacian), 99.9)) - _ROUNDING)
    seam = find_seam(pixels)
    lowest, darkest, brightest, highest = np.percentile(pixels, (0.1, 1, 99, 99.9))
    return PictureFigures(
        brightness=float(pixels.mean()),
        contrast=contrast,
        sharpness=float(laplacian.var()) / contrast**2 if contrast > 0 else 0.0,
        edge=edge / contrast if contrast > 0 else 0.0,
        structure=_structure(pixels),
        darkest=int(darkest),
        brightest=int(brightest),
        lowest=int(lowest),
        highest=int(highest),
        white_share=float((pixels >= _BURNT_LEVEL).mean()),
        torn_row=torn_row(pixels, seam),
        seam_row=None if seam is None else seam.row,
    )


def _structure(pixels: NDArray[np.uint8]) -> float:
    """Return the share of the variance beyond the lowest spatial frequencies: at most two half periods per side."""
    rows, columns = (
        np.sqrt(2 / n) * np.cos(np.pi / n * np.outer(np.arange(3), np.arange(n) + 0.5)) for n in pixels.shape
    )
    flat = pixels - pixels.mean()
    waves = np.square(rows @ flat @ columns.T)
    waves[0] /= 2
    waves[:, 0] /= 2
    total = float(np.square(flat).sum())
    return 1 - float(waves.sum() - waves[2, 2]) / total if total > 0 else 0.0


def picture_looks(figures: PictureFigures) -> dict[str, float]:
    """Return a picture's distance from each issue of light and lens, as a multiple of the limit: below 1 it has the
    issue. An issue may be a property of the scene; only a set of pictures can tell.
    """
    says_nothing = figures.contrast <= _LEAST_CONTRAST or figures.structure <= _LEAST_STRUCTURE
    light = min(
        (255 - figures.darkest) / (255 - _BRIGHT),
        (255 - figures.brightness) / (255 - _VERY_BRIGHT),
        (1 - figures.white_share) / (1 - _BURNT),
    )
    return {
        "dark": figures.brightest / _DARK if figures.highest < _BLACK else max(figures.brightest, _BLACK) / _DARK,
        "light": light if figures.lowest > _WHITE else max(light, _NOT_WHITE),
        "low_information": (1 + figures.contrast) / (1 + _FLAT),
        "blurry": np.inf if says_nothing else figures.edge / _BLURRED,
    }


def _laplacian(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return each pixel's four neighbours minus four times itself; at the edge the picture is mirrored."""
    around = np.pad(pixels.astype(np.float64), 1, "reflect" if min(pixels.shape) > 1 else "edge")
    sides = around[:-2, 1:-1] + around[2:, 1:-1] + around[1:-1, :-2] + around[1:-1, 2:]
    return np.asarray(sides - 4 * around[1:-1, 1:-1])


@dataclass(frozen=True, kw_only=True, slots=True)
class PictureReport:
    """Pictures of some seconds: counts of all, figures of the last."""

    fps: float
    """pictures a second, by the board's clock"""
    missed: int
    """number of failed captures and of pictures that did not arrive"""
    torn: int
    """number of pictures whose parts above and below some row do not belong together"""
    width: int | None
    height: int | None
    brightness: float | None
    """mean, 0..255"""
    contrast: float | None
    """standard deviation"""
    sharpness: float | None
    """variance of the Laplacian over that of the pixels"""


class PictureQuality(SensorQuality):
    """Assesses the pictures of some seconds."""

    what = "picture"

    def __init__(self) -> None:
        super().__init__()
        self.pixels: NDArray[np.uint8] | None = None
        """the newest picture"""
        self.figures: PictureFigures | None = None
        """of the newest picture"""
        self.n_missed = 0
        """number of failed captures and of pictures that did not arrive"""
        self.n_torn = 0
        self._first: tuple[int, int] | None = None
        self._last: tuple[int, int] | None = None
        self._n_changed = 0

    def add(self, pixels: NDArray[np.uint8], *, frame_index: int, timestamp_us: int) -> None:
        """Process a (height, width) picture. frame_index: number of its capture."""
        if self.pixels is not None and (pixels.shape != self.pixels.shape or (pixels != self.pixels).any()):
            self._n_changed += 1
        if self._last is not None:
            self.n_missed += max(0, frame_index - self._last[0] - 1)
        self.pixels, self.figures = pixels, picture_figures(pixels)
        self.n_torn += self.figures.torn_row is not None
        self.n_items += 1
        self._last = frame_index, timestamp_us
        self._first = self._first or self._last

    @property
    def fps(self) -> float:
        """Pictures a second, by the board's clock; 0 if there are fewer than two."""
        if self._first is None or self._last is None or self._last[1] <= self._first[1]:
            return 0.0
        return (self.n_items - 1) * 1e6 / (self._last[1] - self._first[1])

    def faults(self) -> Iterator[Remark]:
        """Yield remarks on faults of light, lens and frame rate."""
        if self.figures is not None:
            yield from _light(self.figures)
        yield from self._flow()

    def praise(self) -> str:
        """Return the remark on good pictures."""
        return "the picture is complete, with light, shade and detail"

    def _flow(self) -> Iterator[Remark]:
        if self.figures is not None and self.n_torn:
            where = f", the last at row {self.figures.torn_row}" if self.figures.torn_row is not None else ""
            yield Remark(
                level="bad",
                text=f"torn: {self.n_torn} of {counted(self.n_items, 'picture')}{where}: parts do not belong together",
                action=_LOST_PIXELS,
            )
        if self.n_items >= 8 and not self._n_changed:
            yield Remark(
                level="look",
                text="all pictures are identical",
                action="this is normal for a scene with one picture; with a real camera, reset the board",
            )
        if self.n_missed > self.n_items // 10:
            yield Remark(
                level="look",
                text=f"{counted(self.n_missed, 'picture')} missed",
                action="connect the board without a hub",
            )

    def report(self) -> PictureReport:
        """Return the figures."""
        figures, pixels = self.figures, self.pixels
        return PictureReport(
            fps=self.fps,
            missed=self.n_missed,
            torn=self.n_torn,
            width=None if pixels is None else pixels.shape[1],
            height=None if pixels is None else pixels.shape[0],
            brightness=figures.brightness if figures else None,
            contrast=figures.contrast if figures else None,
            sharpness=figures.sharpness if figures else None,
        )


def picture_faults(figures: PictureFigures) -> list[Remark]:
    """Return remarks on the light, the lens and the rows of one picture, worst first."""
    faults = list(_light(figures))
    if figures.torn_row is not None:
        text = f"torn at row {figures.torn_row}: the parts above and below do not belong together"
        faults.append(Remark(level="bad", text=text, action=_LOST_PIXELS, issue="torn"))
    return worst_first(faults)


def _light(figures: PictureFigures) -> Iterator[Remark]:
    """Yield remarks on light and lens."""
    looks = picture_looks(figures)
    if figures.highest < _BLACK:
        yield Remark(
            level="bad",
            text="black: the lens cap is on, or the room is dark",
            action="remove the lens cap",
            issue="dark",
        )
    elif figures.lowest > _WHITE:
        yield Remark(
            level="bad",
            text="white: there is far too much light",
            action="turn the camera away from the lamp or window",
            issue="light",
        )
    elif looks["dark"] < 1:
        yield Remark(level="look", text="dark", action="more light", issue="dark")
    elif looks["light"] < 1:
        yield Remark(level="look", text="very bright", action="less light", issue="light")
    if looks["low_information"] < 1 and figures.highest >= _BLACK and figures.lowest <= _WHITE:
        yield Remark(
            level="bad",
            text="flat: uniformly grey",
            action="point the camera at something; if the picture stays flat, colour bytes are read instead of "
            "brightness: see the test pattern",
            issue="low_information",
        )
    if looks["blurry"] < 1:
        yield Remark(level="look", text="blurred", action="focus the lens, or clean it", issue="blurry")

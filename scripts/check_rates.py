"""How often `data check` finds a fault that was planted, by kind and material, and what it finds in clean samples.

    python -m scripts.check_rates --count 1000

Pictures are drawings, pieces of photographs (OpenCV's documentation, scikit-image), of Debian's wallpapers and of a
film; clips are words of espeak-ng and of people (ktuberling), motion is that of simulated machines and of a watch
(seglearn). Clean photographs and voices are not all without a fault: wallpapers are blurred, recordings clipped.
Nothing of it is in the repository.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from tinyhost.datasets.checking import clips as of_clips
from tinyhost.datasets.checking import pictures as of_pictures
from tinyhost.datasets.checking.copies import Likeness, near_pairs
from tinyhost.datasets.checking.motion import motion_faults
from tinyhost.datasets.checking.sample import CheckedSample, Fingerprint
from tinyhost.datasets.checking.sensor_faults import faults_of
from tinyhost.motion.csv import motion_csv, parse_motion_csv
from tinyhost.motion.sensor import LSM9DS1, STANDARD_GRAVITY
from tinyhost.motion.units import MotionUnits
from tinyhost.sensors.picture import picture_faults, picture_figures
from tinyhost.synth.machine.machine import Machine, MachineOptions
from tinyhost.synth.pictures import LABELS, render
from tinyhost.synth.voices.clips import Job, SpeechConfig, make_clips

from scripts.debian_files import files_of_package
from scripts.real_pictures import cut_film, fetch_film, read_photographs
from scripts.real_sounds import read_words

__all__ = [
    "CLIPS",
    "MOTION",
    "MOTION_HZ",
    "PICTURES",
    "RATE_HZ",
    "SEAM",
    "Values",
    "found_in",
    "joined",
    "machines",
    "read_wallpapers",
    "small",
    "words",
]

Values = NDArray[Any]
Plant = Callable[[Values, np.random.Generator], Values | str]
_SIDE, RATE_HZ, MOTION_HZ = 96, 16_000, 100.0
SEAM = "seam"
"""a picture that counts as torn in a set of 200 or more, if hardly any other has such an edge"""
_SEGLEARN = "seglearn==1.2.5"


def _levels(values: Values) -> Values:
    return np.clip(values, 0, 255).astype(np.uint8)


def _pcm(values: Values) -> Values:
    return np.clip(values, -32768, 32767).astype(np.int16)


def _blurred(sigma: float) -> Plant:
    return lambda picture, _: np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.uint8)


def _torn(least: int) -> Plant:
    def plant(picture: Values, rng: np.random.Generator) -> Values:
        height, width = picture.shape
        first = int(rng.integers(height // 8, 7 * height // 8)) * width
        stream = picture.ravel().copy()
        stream[first:] = np.roll(stream[first:], int(rng.integers(least, 49)) * int(rng.choice([-1, 1])))
        return stream.reshape(height, width)

    return plant


def _missing(picture: Values, rng: np.random.Generator) -> Values:
    short = picture.copy()
    short[int(rng.integers(len(picture) // 6, 5 * len(picture) // 6)) :] = rng.choice([0, 128])
    return short


def _upper_missing(picture: Values, rng: np.random.Generator) -> Values:
    return np.asarray(_missing(picture[::-1], rng)[::-1])


def _moved(picture: Values, rng: np.random.Generator) -> Values:
    """Return a picture of which 4 to 40 rows are lost or there twice."""
    height = len(picture)
    row, by = int(rng.integers(height // 8, 7 * height // 8)), int(rng.integers(4, 41)) * int(rng.choice([-1, 1]))
    moved = picture.copy()
    moved[row:] = np.roll(picture, by, axis=0)[row:]
    return moved


def joined(picture: Values, other: Values, rng: np.random.Generator) -> Values:
    row = int(rng.integers(len(picture) // 8, 7 * len(picture) // 8))
    return np.concatenate([picture[:row], other[row:]])


def _cut(share: float) -> Plant:
    """Return a function that cuts a clip where it has reached a share of its energy."""

    def plant(pcm: Values, _: np.random.Generator) -> Values:
        energy = np.cumsum(pcm.astype(np.float64) ** 2)
        end = int(np.searchsorted(energy, share * energy[-1]))
        return np.concatenate([np.zeros(len(pcm) - end, np.int16), pcm[:end]])

    return plant


def _stuck(seconds: float) -> Plant:
    def plant(motion: Values, rng: np.random.Generator) -> Values:
        n = round(seconds * MOTION_HZ)
        first, axis = int(rng.integers(0, len(motion) - n)), int(rng.integers(3))
        held = motion.copy()
        held[first : first + n, axis] = held[first, axis]
        return held

    return plant


def _saturated(motion: Values, rng: np.random.Generator) -> Values:
    full, first = motion.copy(), int(rng.integers(len(motion) - 3))
    full[first : first + 3, int(rng.integers(3))] = 4 * STANDARD_GRAVITY
    return full


def _gapped(n_missing: int) -> Plant:
    def plant(motion: Values, rng: np.random.Generator) -> str:
        lines = motion_csv(motion, MOTION_HZ).decode().splitlines()
        first = int(rng.integers(10, len(lines) - n_missing - 10))
        return "\n".join(lines[:first] + lines[first + n_missing :])

    return plant


def _clip_at(share: float) -> Plant:
    return lambda pcm, _: np.clip(pcm, -share * abs(pcm).max(), share * abs(pcm).max()).astype(np.int16)


PICTURES: Mapping[tuple[str, str], Plant] = {
    ("dark", "a quarter of the light"): lambda picture, _: picture // 4,
    ("dark", "a tenth"): lambda picture, _: picture // 10,
    ("light", "three times the light"): lambda picture, _: _levels(3.0 * picture),
    ("light", "faint, at 205"): lambda picture, _: _levels(205 + picture // 5),
    ("blurry", "sigma 3"): _blurred(3),
    ("blurry", "sigma 6"): _blurred(6),
    ("low_information", "one grey and noise"): lambda picture, rng: _levels(120 + rng.normal(0, 2, picture.shape)),
    ("torn", "by 4 to 48 pixels"): _torn(4),
    ("torn", "lower part missing"): _missing,
    ("torn", "upper part missing"): _upper_missing,
    ("torn", "by 4 to 40 rows"): _moved,
    (SEAM, "by 4 to 40 rows"): _moved,
    ("near_duplicates", "lit otherwise"): lambda picture, _: _levels(0.85 * picture + 15),
    ("near_duplicates", "noise of 5"): lambda picture, rng: _levels(picture + rng.normal(0, 5, picture.shape)),
    ("near_duplicates", "JPEG 60"): lambda picture, _: _jpeg(picture),
}
CLIPS: Mapping[tuple[str, str], Plant] = {
    ("quiet", "1 %"): lambda pcm, _: _pcm(0.01 * pcm),
    ("clipped", "ten times as loud"): lambda pcm, _: _pcm(10.0 * pcm),
    ("clipped", "at half the peak"): _clip_at(0.5),
    ("cut", "after half the energy"): _cut(0.5),
    ("shifted", "by 3,000"): lambda pcm, _: _pcm(pcm.astype(np.int32) + 3000),
    ("constant", "one value"): lambda pcm, _: np.full_like(pcm, 7),
    ("near_duplicates", "softer, later"): lambda pcm, _: np.roll(_pcm(0.7 * pcm), 800),
    ("near_duplicates", "noise, 30 dB below"): lambda pcm, rng: _pcm(pcm + rng.normal(0, 0.03 * pcm.std(), len(pcm))),
}
MOTION: Mapping[tuple[str, str], Plant] = {
    ("stuck", "an axis for 0.5 s"): _stuck(0.5),
    ("stuck", "an axis for 2 s"): _stuck(2.0),
    ("saturated", "three samples at 4 g"): _saturated,
    ("gap", "of one sample"): _gapped(1),
    ("gap", "of 20 samples"): _gapped(20),
}


def _jpeg(picture: Values) -> Values:
    coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 60])[1]
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE), np.uint8)


def _pieces(pictures: Sequence[Values]) -> Iterator[Values]:
    """Yield squares of at least three tenths of a picture's shorter side, anywhere in it."""
    rng = np.random.default_rng(1)
    while True:
        picture = pictures[int(rng.integers(len(pictures)))]
        side = int(rng.integers(max(_SIDE, 0.3 * min(picture.shape)), min(picture.shape) + 1))
        top, left = (int(rng.integers(length - side + 1)) for length in picture.shape)
        yield small(picture[top : top + side, left : left + side])


def small(picture: Values) -> Values:
    return np.asarray(cv2.resize(picture, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA), np.uint8)


def read_wallpapers(folder: Path) -> list[Values]:
    place = files_of_package("mate-backgrounds", "usr/share/backgrounds/mate/nature", folder / "wallpapers")
    return [np.asarray(cv2.imread(str(file), cv2.IMREAD_GRAYSCALE), np.uint8) for file in sorted(place.glob("*.jpg"))]


def words(count: int) -> Iterator[Values]:
    jobs = [Job(config=SpeechConfig(words=("yes", "no")), label=("yes", "no")[i % 2], index=i) for i in range(count)]
    return (clip.pcm for _, clip in zip(jobs, make_clips(jobs, n_workers=1), strict=True))


def machines() -> Iterator[Values]:
    for seed in range(10_000):
        counts = Machine(MachineOptions(seed=seed)).read(1000).astype(np.float64)
        yield counts / LSM9DS1.counts_per_g * STANDARD_GRAVITY


def _watch(folder: Path) -> Iterator[Values]:
    """Yield ten seconds each of a smartwatch's acceleration, at half its rate."""
    file = folder / "watch_dataset.npy"
    if not file.is_file():
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "--dest", scratch, _SEGLEARN]
            subprocess.run(command, check=True)
            with zipfile.ZipFile(next(Path(scratch).glob("*.whl"))) as wheel:
                file.write_bytes(wheel.read("seglearn/data/watch_dataset.npy"))
    for run in np.load(file, allow_pickle=True).item()["X"]:
        for first in range(0, len(run) - 500, 500):
            yield STANDARD_GRAVITY * np.asarray(run[first : first + 500, :3], np.float64)


def found_in(values: Values | str) -> set[str]:
    """Return the issues of one sample by itself, of the kind that its shape and type say."""
    if isinstance(values, str) or (values.ndim == 2 and values.shape[1] == 3):
        text = values if isinstance(values, str) else motion_csv(values, MOTION_HZ).decode()
        recording = parse_motion_csv(text.splitlines(), where="a.csv", units=MotionUnits.of("m/s2", ""))
        return {fault.issue for fault in motion_faults(recording, "normal")}
    if values.ndim == 2:
        figures = picture_figures(values)
        found: set[str] = {fault.issue for fault in faults_of(picture_faults(figures))}
        return found if figures.seam_row is None else found | {SEAM}
    return {fault.issue for fault in of_clips.clip_faults(values, "yes")}


def _is_found(issue: str, one: Values, other: Values | str) -> bool:
    if issue != "near_duplicates" or isinstance(other, str):
        return issue in found_in(other)
    if one.ndim == 2:
        return _are_near([of_pictures.fingerprint(item) for item in (one, other)], of_pictures.LIKENESS)
    likeness = replace(of_clips.likeness(Path()), confirm=lambda *_: of_clips.same_sound(one, other))
    return _are_near([of_clips.fingerprint(item) for item in (one, other)], likeness)


def _are_near(prints: Sequence[Fingerprint | None], likeness: Likeness) -> bool:
    return bool(list(near_pairs([_printed(item) for item in prints], likeness)))


def _printed(own: Fingerprint | None) -> CheckedSample:
    return CheckedSample(file="", label="", digest="", faults=(), fingerprint=own)


def measure(name: str, clean: Sequence[Values], plants: Mapping[tuple[str, str], Plant], n_planted: int) -> None:
    """Print what is found in clean samples, and the share of each fault that is found."""
    rng = np.random.default_rng(2)
    counts = Counter(issue for values in clean for issue in found_in(values))
    print(f"{name}: {len(clean)} clean samples, {dict(counts) or 'nothing found'}", flush=True)
    some = clean[:: max(1, len(clean) // n_planted)]
    for (issue, how), plant in plants.items():
        _print_rate(issue, how, [(values, plant(values, rng)) for values in some])
    if plants is PICTURES:
        others = [*some[len(some) // 2 :], *some[: len(some) // 2]]
        seams = [(one, joined(one, other, rng)) for one, other in zip(some, others, strict=True)]
        for issue in ("torn", SEAM):
            _print_rate(issue, "below of another picture", seams)


def _print_rate(issue: str, how: str, changed: Sequence[tuple[Values, Values | str]]) -> None:
    n = sum(_is_found(issue, values, other) for values, other in changed)
    print(f"    {issue:16} {how:24} {100 * n / len(changed):5.1f} % of {len(changed)}", flush=True)


def main() -> None:
    """Print the rates of every material, or of those that were named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("materials", nargs="*")
    parser.add_argument("--folder", type=Path, default=Path("build/real"), help="keeps what is not made up")
    parser.add_argument("--count", type=int, default=1000, help="clean samples of each (default: %(default)s)")
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    film = fetch_film(args.folder)
    materials: dict[str, tuple[Callable[[], Iterable[Values]], Mapping[tuple[str, str], Plant]]] = {
        "drawings": (
            lambda: (render(LABELS[i % 2], np.random.default_rng((7, i))) for i in range(args.count)),
            PICTURES,
        ),
        "photographs": (lambda: _pieces([picture for _, _, picture in read_photographs(args.folder)]), PICTURES),
        "wallpapers": (lambda: _pieces(read_wallpapers(args.folder)), PICTURES),
        "film": (lambda: (scene.picture for scene in cut_film(film)), PICTURES),
        "espeak": (lambda: words(args.count), CLIPS),
        "voices": (lambda: read_words(args.folder), CLIPS),
        "machines": (machines, MOTION),
        "watch": (lambda: _watch(args.folder), MOTION),
    }
    for name in args.materials or materials:
        make, plants = materials[name]
        measure(name, list(islice(make(), args.count)), plants, min(200, args.count))


if __name__ == "__main__":
    main()

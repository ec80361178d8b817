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

import cv2
import numpy as np
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
from scripts.faulty_samples import CLIPS, MOTION, MOTION_HZ, PICTURES, SEAM, Plant, Values, joined
from scripts.real_pictures import cut_film, fetch_film, read_photographs
from scripts.real_sounds import read_words

__all__ = ["found_in", "machines", "read_wallpapers", "small", "words"]

_SIDE = 96
_SEGLEARN = "seglearn==1.2.5"


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

"""How often `data check` finds every fault in a set that has exactly one of each, and what else it reports.

    python -m scripts.check_planted_sets --seeds 20

A set has 200 good samples of two labels, in sessions of ten, each of one person and in one part, and the planted
faults. Samples by themselves are good if nothing is found in them. Materials are those of scripts/check_rates.py;
photographs and wallpapers are divided into squares that do not overlap. `--clean N` checks sets without faults instead.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from tinyhost.audio.speakers import Part
from tinyhost.audio.wav import wav_bytes
from tinyhost.datasets.checking.check import check_dataset
from tinyhost.datasets.checking.findings import DataCheck, DataIssue
from tinyhost.datasets.manifest import Sample, write_manifest
from tinyhost.datasets.parts import write_lists
from tinyhost.motion.csv import motion_csv
from tinyhost.synth.pictures import LABELS, render

from scripts.check_rates import found_in, machines, read_wallpapers, small, words
from scripts.faulty_samples import CLIPS, MOTION, MOTION_HZ, PICTURES, RATE_HZ, SEAM, Values, joined
from scripts.real_pictures import read_photographs
from scripts.real_sounds import read_words

__all__ = ["PlantedSet", "found_by", "write_clean_set", "write_planted_set"]

_SESSION = 10
_PARTS: tuple[Part, ...] = ("training", "training", "validation", "training", "testing", "training", "training")
_START = datetime(2026, 1, 1, 8, tzinfo=timezone.utc)
_SUFFIX = {"pictures": "png", "clips": "wav", "motion": "csv"}
_OF_KIND = {"pictures": PICTURES, "clips": CLIPS, "motion": MOTION}


@dataclass(kw_only=True)
class PlantedSet:
    """A data set in the making."""

    root: Path
    kind: str
    """pictures, clips, motion"""
    lines: list[Sample] = field(default_factory=list)
    parts: dict[str, Part] = field(default_factory=dict)
    planted: dict[DataIssue, set[str]] = field(default_factory=dict)
    """the files that a finding must name, or the label that its text must"""

    def add(self, values: Values | str, label: str, session: int, *, part: Part | None = None, person: int = -1) -> str:
        """Write a sample of a session, and return its name; part, person: not the session's own."""
        number = len(self.lines)
        speaker = f"{(session if person < 0 else person) + 1:08x}"
        stem = f"{speaker}_nohash_{number}" if self.kind == "clips" else f"{number:05}"
        name = f"{label}/{stem}.{_SUFFIX[self.kind]}"
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_coded(values, self.kind))
        time = _START + timedelta(hours=session, seconds=5 * (number % _SESSION))
        subject = "" if self.kind == "clips" else speaker
        self.lines.append(Sample(file=name, sha256="", label=label, time=time.isoformat(), device="A", subject=subject))
        self.parts[name] = part or _PARTS[session % len(_PARTS)]
        return name

    def finish(self) -> None:
        """Write the set's manifest and lists."""
        write_manifest(self.root, sorted(self.lines, key=lambda line: line.time))
        write_lists(self.root, self.parts)


def _coded(values: Values | str, kind: str) -> bytes:
    if isinstance(values, str):
        return values.encode()
    if kind == "pictures":
        return cv2.imencode(".png", values)[1].tobytes()
    return wav_bytes(values, RATE_HZ) if kind == "clips" else motion_csv(values, MOTION_HZ)


def write_clean_set(root: Path, kind: str, samples: Sequence[Values], labels: Sequence[str]) -> PlantedSet:
    """Write a set without faults, ten samples in each session, whose labels take turns."""
    made = PlantedSet(root=root, kind=kind)
    for number, values in enumerate(samples):
        made.add(values, labels[number % len(labels)], number // _SESSION)
    made.finish()
    return made


def write_planted_set(
    root: Path, kind: str, good: Sequence[Values], spare: Iterator[Values], *, labels: tuple[str, str], seed: int
) -> PlantedSet:
    """Write a set of good samples and one of each fault. spare: as many more good samples as are needed."""
    rng = np.random.default_rng(seed)
    made = write_clean_set(root, kind, good, labels)
    files = [line.file for line in made.lines]
    session = -(-len(good) // _SESSION)
    session += -session % len(_PARTS)
    _plant_singly(made, spare, labels[0], session, rng)
    _plant_copies(made, good, files, labels, rng)
    train, test = _PARTS.index("training"), _PARTS.index("testing")
    made.planted["speakers_across_parts"] = {
        made.add(next(spare), labels[0], session + test, person=train),
    }
    made.planted["sessions_across_parts"] = {
        made.add(next(spare), labels[0], 3, part="testing", person=session + test),
    }
    for label, n, at in (("rare", 3, session + train), ("unseen", len(good) // 4, session + test)):
        for _ in range(n):
            made.add(next(spare), label, at)
    made.planted["imbalance"] = {"of rare"}
    made.planted["no_training_samples"] = {"of unseen"}
    made.finish()
    return made


def _plant_singly(
    made: PlantedSet,
    spare: Iterator[Values],
    label: str,
    session: int,
    rng: np.random.Generator,
) -> None:
    """Add one sample of each fault that a sample has by itself, in one of its ways."""
    ways: dict[str, list[Callable[[Values, np.random.Generator], Values | str]]] = {}
    for (issue, _), plant in _OF_KIND[made.kind].items():
        ways.setdefault(issue, []).append(plant)
    if made.kind == "pictures":
        ways["torn"].append(lambda picture, rng: joined(picture, next(spare), rng))
        held = next(spare)
        made.planted["stuck"] = {made.add(held, label, session) for _ in range(4)}
        ways["odd_size"] = [lambda picture, _: np.kron(picture, np.ones((13, 13), np.uint8))]
        ways["odd_aspect_ratio"] = [lambda picture, _: picture[:30]]
    for issue, plants in ways.items():
        if issue not in ("near_duplicates", SEAM):
            plant = plants[int(rng.integers(len(plants)))]
            made.planted[issue] = {made.add(plant(next(spare), rng), label, session)}  # type: ignore[index]


def _plant_copies(
    made: PlantedSet, good: Sequence[Values], files: Sequence[str], labels: tuple[str, str], rng: np.random.Generator
) -> None:
    """Add copies of good samples: in their session, under the other label, and in another part."""
    near = [plant for (issue, _), plant in _OF_KIND[made.kind].items() if issue == "near_duplicates"]
    chosen = [int(at) for at in rng.choice(_SESSION, 4, replace=False)]  # the first session is for training
    copies: tuple[tuple[DataIssue, int, bool, Part | None], ...] = (
        ("exact_duplicates", chosen[0], False, None),
        ("conflicting_labels", chosen[1], True, None),
        ("duplicates_across_parts", chosen[2], False, "testing"),
    )
    for issue, at, is_other, part in copies:
        own = labels.index(files[at].split("/")[0])
        name = made.add(good[at], labels[own ^ is_other], 0, part=part)
        made.planted[issue] = {files[at], name}
    if near:
        at = chosen[3]
        changed = near[int(rng.integers(len(near)))](good[at], rng)
        made.planted["near_duplicates"] = {files[at], made.add(changed, files[at].split("/")[0], 0)}


def found_by(check: DataCheck, made: PlantedSet) -> tuple[set[DataIssue], list[str]]:
    """Return the planted faults that were found, and the findings in which nothing planted is named."""
    everything = set[str]().union(*made.planted.values())
    found: set[DataIssue] = set()
    others = []
    for finding in check.findings:
        named = made.planted.get(finding.issue, set())
        if named and (named <= set(finding.files) or any(label in finding.text for label in named)):
            found.add(finding.issue)
        elif not everything.intersection(finding.files) and "of unseen" not in finding.text:
            others.append(f"{finding.level} {finding.issue}: {finding.text}; {', '.join(finding.files[:2])}")
    return found, others


def _different(samples: Iterable[Values]) -> Iterator[Values]:
    """Yield the samples that are none of those before: the people's words have some twice."""
    seen: set[bytes] = set()
    for values in samples:
        if (content := values.tobytes()) not in seen:
            seen.add(content)
            yield values


def _tiles(pictures: Iterable[Values]) -> Iterator[Values]:
    """Yield squares of pictures, about a fifth of their shorter sides, that do not overlap."""
    for picture in pictures:
        side = max(96, min(picture.shape) // 5)
        for top in range(0, picture.shape[0] - side + 1, side):
            for left in range(0, picture.shape[1] - side + 1, side):
                yield small(picture[top : top + side, left : left + side])


def _materials(folder: Path) -> Mapping[str, tuple[str, tuple[str, str], Callable[[], Iterable[Values]]]]:
    """Return the kind, the labels and the samples of each material."""
    return {
        "drawings": (
            "pictures",
            LABELS,
            lambda: (render(LABELS[i % 2], np.random.default_rng((8, i))) for i in range(2000)),
        ),
        "photographs": ("pictures", LABELS, lambda: _tiles(picture for _, _, picture in read_photographs(folder))),
        "wallpapers": ("pictures", LABELS, lambda: _tiles(read_wallpapers(folder))),
        "espeak": ("clips", ("no", "yes"), lambda: words(2000)),
        "voices": ("clips", ("no", "yes"), lambda: read_words(folder)),
        "machines": ("motion", ("normal", "worn"), machines),
    }


def main() -> None:
    """Print how many sets each fault was found in, and what else was."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("materials", nargs="*")
    parser.add_argument("--folder", type=Path, default=Path("build/real"), help="keeps what is not made up")
    parser.add_argument("--seeds", type=int, default=20, help="sets of each material (default: %(default)s)")
    parser.add_argument("--count", type=int, default=200, help="good samples of each set (default: %(default)s)")
    parser.add_argument("--clean", type=int, help="check one set of so many samples of each material, without faults")
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    materials = _materials(args.folder)
    for name in args.materials or materials:
        kind, labels, make = materials[name]
        with tempfile.TemporaryDirectory() as scratch:
            if args.clean:
                samples = list(islice(_different(make()), args.clean))
                write_clean_set(Path(scratch), kind, samples, labels)
                _print_clean(name, check_dataset(Path(scratch)))
                continue
        pool = [values for values in islice(_different(make()), 800) if not found_in(values)]
        _measure(name, kind, labels, pool, count=args.count, seeds=args.seeds)


def _print_clean(name: str, check: DataCheck) -> None:
    print(f"{name}: {sum(check.labels.values())} clean samples, {dict(check.issues) or 'nothing found'}", flush=True)
    for finding in check.findings:
        print(f"    {finding.level} {finding.issue}: {finding.text}; {', '.join(finding.files[:3])}", flush=True)


def _measure(name: str, kind: str, labels: tuple[str, str], pool: Sequence[Values], *, count: int, seeds: int) -> None:
    n_found: Counter[str] = Counter()
    n_planted: Counter[str] = Counter()
    others: list[str] = []
    for seed in range(seeds):
        order = np.random.default_rng(seed).permutation(len(pool))
        samples = [pool[at] for at in order]
        with tempfile.TemporaryDirectory() as scratch:
            good, spare = samples[:count], iter(samples[count:])
            made = write_planted_set(Path(scratch), kind, good, spare, labels=labels, seed=seed)
            found, more = found_by(check_dataset(Path(scratch)), made)
        n_found.update(found)
        n_planted.update(list(made.planted))
        others += more
    print(f"{name}: {seeds} sets of {count} good samples of {len(pool)} and one of each fault", flush=True)
    for issue, n in n_planted.items():
        print(f"    {issue:24} {n_found[issue]:3} of {n}", flush=True)
    print(f"    {len(others)} other findings", *others[:20], sep="\n        ", flush=True)


if __name__ == "__main__":
    main()

"""Recordings of gestures for training: windows of steps, by part."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.speakers import Part
from tinyhost.datasets.movements import Movement, MovementSet, load_movements, windows_of_movements
from tinyhost.datasets.skipped import Skipped, none_usable
from tinyhost.errors import DatasetError, UsageError
from tinyhost.motion.sensor import SENSORS
from tinyhost.motion.steps import STEP_CHANNELS, step_window, steps_of
from tinyhost.synth.gestures.hand import GESTURES
from tinyhost.synth.gestures.sensing import GestureOptions, GestureSource
from tinyhost.system.wording import counted
from tinyhost.tasks.gestures.windows import OTHER
from tinyhost.train.gestures.config import GestureTrainConfig
from tinyhost.train.gestures.feed import StepSet

__all__ = ["GestureData", "HeldOutWindows", "load_data"]

_SECONDS = 8.0
_HOP = 0.25  # of a window, between two that are learnt from
_SPARE = 1.25  # times a window is a stretch: what a faster pace takes
_PARTS: tuple[Part, ...] = ("training", "training", "training", "validation", "testing")


@dataclass(frozen=True, kw_only=True)
class HeldOutWindows:
    """Windows for validation or testing, and the recording of each."""

    windows: NDArray[np.int8]
    """(n, n_steps, 6)"""
    classes: NDArray[np.int64]
    paths: tuple[Path, ...]


@dataclass(frozen=True, kw_only=True)
class GestureData:
    """Samples for training, validation and testing."""

    labels: tuple[str, ...]
    """the silent ones first"""
    n_silent: int
    train: StepSet
    val: HeldOutWindows
    test: HeldOutWindows
    whole: HeldOutWindows
    """windows of all parts"""
    n_recordings: int
    seconds: float
    skipped: tuple[Skipped, ...]
    notes: tuple[str, ...]

    def __len__(self) -> int:
        return self.n_recordings


def load_data(folder: Path | None, config: GestureTrainConfig) -> GestureData:
    """Return the windows of a folder, or of made-up people. Raises DatasetError if they cannot be learnt from."""
    movements = _made_up(config) if folder is None else load_movements(folder)
    if config.labels:
        movements = _renamed(movements, config.labels)
    labels = _ordered(config.labels or movements.labels, config.silent)
    n_silent = sum(label in config.silent for label in labels)
    if len(labels) < 2 or n_silent == len(labels):
        raise DatasetError(
            f"{movements.root}: {', '.join(labels)}: expected two classes or more, and one that is a gesture",
            hint="tinyhost capture --sensor imu --label wave; record still and other movements, too",
        )
    stretches, too_short = _stretches(movements.of("training"), labels, config)
    held = {part: _held(movements.of(part), labels, config) for part in ("validation", "testing")}
    _check(movements, labels, stretches.classes, "training", too_short, least=config.min_windows)
    for part, windows in held.items():
        _check(movements, labels, windows.classes, part, too_short, least=1)
    return GestureData(
        labels=labels,
        n_silent=n_silent,
        train=stretches,
        val=held["validation"],
        test=held["testing"],
        whole=_held(movements, labels, config),
        n_recordings=len(movements),
        seconds=movements.seconds,
        skipped=(*movements.skipped, *too_short),
        notes=movements.notes,
    )


def _ordered(labels: Iterable[str], silent: tuple[str, ...]) -> tuple[str, ...]:
    found = list(labels)
    return (*(label for label in silent if label in found), *(label for label in found if label not in silent))


def _renamed(movements: MovementSet, labels: tuple[str, ...]) -> MovementSet:
    """Return the recordings of these labels; all others become `other` if that is one of them."""
    kept = [
        run if run.label in labels else replace(run, label=OTHER)
        for run in movements.runs
        if run.label in labels or OTHER in labels
    ]
    missing = [label for label in labels if label not in {run.label for run in kept}]
    if missing:
        raise UsageError(f"--labels: no recording of {', '.join(missing)} in {movements.root}")
    return replace(movements, runs=tuple(kept))


def _stretches(
    movements: MovementSet, labels: tuple[str, ...], config: GestureTrainConfig
) -> tuple[StepSet, tuple[Skipped, ...]]:
    """Return many stretches of each recording, a little longer than a window."""
    n = round(config.n_steps * _SPARE)
    found: list[NDArray[np.int8]] = []
    classes: list[int] = []
    skipped: list[Skipped] = []
    for run in movements.runs:
        n_before = len(found)
        for piece in run.pieces:
            steps = steps_of(run.samples[piece], run.rate_hz, config.step_hz)
            if config.n_steps <= len(steps) < n:
                steps = np.concatenate([steps, np.repeat(steps[-1:], n - len(steps), axis=0)])
            found += [steps[i : i + n] for i in range(0, len(steps) - n + 1, max(1, round(config.n_steps * _HOP)))]
        classes += [labels.index(run.label)] * (len(found) - n_before)
        if len(found) == n_before:
            reason = f"{run.name}: no {config.n_steps / config.step_hz:g} s without a gap, which a window has"
            skipped.append(Skipped(what=run.name, reason=reason))
    stretches = np.stack(found) if found else np.zeros((0, n, STEP_CHANNELS), np.int8)
    return StepSet(stretches=stretches, classes=np.array(classes, np.int64)), tuple(skipped)


def _held(movements: MovementSet, labels: tuple[str, ...], config: GestureTrainConfig) -> HeldOutWindows:
    windows, _ = windows_of_movements(movements, config.n_steps, config.step_hz)
    steps = [step_window(window.samples, config.n_steps) for window in windows]
    return HeldOutWindows(
        windows=np.stack(steps) if steps else np.zeros((0, config.n_steps, STEP_CHANNELS), np.int8),
        classes=np.array([labels.index(window.label) for window in windows], np.int64),
        paths=tuple(window.path for window in windows),
    )


def _check(
    movements: MovementSet,
    labels: tuple[str, ...],
    classes: NDArray[np.int64],
    part: str,
    skipped: tuple[Skipped, ...],
    *,
    least: int,
) -> None:
    """Raise DatasetError for a class with too little in a part."""
    counts = np.bincount(classes, minlength=len(labels))
    few = [f"{label} has {counted(int(n), 'window')}" for label, n in zip(labels, counts, strict=True) if n < least]
    if few and not len(classes):
        raise none_usable(movements.root, [*movements.skipped, *skipped], hint="record longer ones, and more of them")
    if few:
        raise DatasetError(
            f"{movements.root}: for {part} {', '.join(few)}, expected {least} or more",
            hint="three recordings or more of each: tinyhost capture --sensor imu --seconds 20 --label LABEL",
        )


def _made_up(config: GestureTrainConfig) -> MovementSet:
    """Return gestures of simulated people on both revisions of the board; whole people are held out."""
    runs = []
    sensors = tuple(SENSORS.values())
    for person in range(config.people):
        sensor = sensors[person % len(sensors)]
        for gesture in GESTURES:
            options = GestureOptions(
                gestures=(gesture,),
                person=config.seed * 1_000_003 + person,
                take=GESTURES.index(gesture),
                sensor=sensor,
            )
            samples = GestureSource(options).read(round(_SECONDS * sensor.rate_hz))
            runs.append(
                Movement(
                    label=gesture,
                    name=f"{gesture}/{person:04d}",
                    samples=samples,
                    rate_hz=sensor.rate_hz,
                    pieces=(slice(0, len(samples)),),
                    part=_PARTS[person // len(sensors) % len(_PARTS)],
                )
            )
    return MovementSet(root=Path("hands"), runs=tuple(runs))

"""Score machine sounds with an anomaly model, such as MLPerf Tiny's ad01, and print the AUC of each machine.

    tinyhost data fetch toycar data/toycar --unverified
    python scripts/example_machine_sounds.py data/toycar --model ad01_int8.tflite

The features are made on this computer, the network and its error are the firmware's own code. A clip's score is the
mean of its windows' mean squared errors; AUC and pAUC (up to 10 % false alarms) are those of DCASE's Task 2.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from tinyhost.bench.machine_sounds import ClipScore, SoundModel, machine_figures, score_clips
from tinyhost.datasets.machine_sounds import MachineClip, find_machine_sounds
from tinyhost.errors import DatasetError, TinyhostError


def main() -> int:
    """Score the clips for testing; print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="MIMII, ToyADMOS, or a data set of DCASE's Task 2")
    parser.add_argument("--model", type=Path, required=True, help="an int8 .tflite of 640 values")
    parser.add_argument("--convert", action="store_true", help="take the first channel, and bring it to 16 kHz")
    parser.add_argument("--count", type=int, help="at most so many normal and so many anomalous clips of each machine")
    parser.add_argument("--csv", type=Path, help="write each clip's score here")
    args = parser.parse_args()
    try:
        sounds = find_machine_sounds(args.folder)
        clips = chosen(sounds.machines().values(), args.count)
        model = SoundModel(args.model.read_bytes(), where=args.model.stem)
        scores = list(score_clips(model, clips, convert=args.convert))
    except (TinyhostError, OSError) as error:
        hint = error.hint if isinstance(error, TinyhostError) else ""
        print(f"error: {error}" + (f"\nhint: {hint}" if hint else ""), file=sys.stderr)
        return 1
    print(f"{args.folder}: {sounds.layout}, {len(scores)} clips scored, {len(sounds.skipped)} files skipped")
    show(scores)
    if args.csv:
        write(args.csv, scores)
    return 0


def chosen(machines: Iterable[Sequence[MachineClip]], count: int | None) -> list[MachineClip]:
    """Return the clips for testing, of each machine at most `count` of a kind. Raises DatasetError without any."""
    clips = [
        clip
        for own in machines
        for anomalous in (False, True, None)
        for clip in [clip for clip in own if clip.part == "test" and clip.anomalous is anomalous][:count]
    ]
    if not clips:
        raise DatasetError("no clip is for testing", hint="name the folder with test/, or with normal/ and abnormal/")
    return clips


def show(scores: Sequence[ClipScore]) -> None:
    """Print each machine's figures, and their means over the machines."""
    figures = [machine for machine in machine_figures(scores) if machine.auc is not None]
    for machine in figures:
        print(
            f"{machine.name}: {len(machine.normal)} normal clips (mean score {np.mean(machine.normal):.3f}), "
            f"{len(machine.anomalous)} anomalous ({np.mean(machine.anomalous):.3f}): "
            f"AUC {machine.auc:.4f}, pAUC {machine.partial_auc:.4f}"
        )
    if figures:
        means = [np.mean([getattr(machine, name) for machine in figures]) for name in ("auc", "partial_auc")]
        print(f"mean of {len(figures)} machines: AUC {means[0]:.4f}, pAUC {means[1]:.4f}")
    else:
        print("no machine has clips of both kinds: no AUC")


def write(path: Path, scores: Sequence[ClipScore]) -> None:
    """Write a table of all clips."""
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["machine", "file", "anomalous", "score"])
        for one in scores:
            anomalous = "" if one.clip.anomalous is None else int(one.clip.anomalous)
            table.writerow([one.clip.name, one.clip.path.name, anomalous, one.score])


if __name__ == "__main__":
    raise SystemExit(main())

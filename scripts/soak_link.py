"""Soaks the link: pushes and captures over every kind of fault, on the board `native`, and checks every byte.

    python -m scripts.soak_link                                  # 1,000 pushes and 10,000 frames
    python -m scripts.soak_link --pushes 16 --frames 80 --large-pushes 0 --json soak.json

The firmware is real, the faults are put on its link by tinyhost.link. Checked are: each pushed model, by the hash that
the board computes over its flash and by what it answers to a known input; each frame, by comparing all its pixels
with the picture that the scene shows at its index; each stream item that did not come, by the indices of those that
did. Exits 1 if anything is corrupt or unreported.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tinyhost.boards import PoweredBoard, resolve
from tinyhost.boards.build import build_firmware
from tinyhost.boards.flash import flash_firmware
from tinyhost.device import Device, PredictionItem
from tinyhost.link.faults import Faults
from tinyhost.protocol.messages import InferSource, StreamId

from tests.device.rig import make_pictures, small_model
from tests.stations import shipped_image

CASES = {
    "drop 0.1%": Faults(drop=0.001),
    "drop 1.0%": Faults(drop=0.01),
    "flip 0.1%": Faults(flip=0.001),
    "flip 1.0%": Faults(flip=0.01),
    "duplicate 0.1%": Faults(duplicate=0.001),
    "duplicate 1.0%": Faults(duplicate=0.01),
    "stall": Faults(stall_every_bytes=200_000, stall_s=0.3),
    "vanish": Faults(vanish_after_bytes=50_000),
}
N_PICTURES = 64
N_PREDICTIONS = 20
SEED = 11


@dataclass(frozen=True, kw_only=True)
class Model:
    """A model image and what it answers to the pattern of seed 11."""

    image: bytes
    output: bytes


@dataclass(frozen=True, kw_only=True)
class Share:
    """A case's part of the work."""

    pushes: int
    large_pushes: int
    frames: int


@dataclass(kw_only=True)
class Case:
    """What happened under one kind of fault."""

    name: str
    pushes: int = 0
    large_pushes: int = 0
    bad_models: int = 0
    frames: int = 0
    bad_frames: int = 0
    skipped_captures: int = 0
    """captures whose reply was lost; the next index tells"""
    predictions: int = 0
    lost_predictions: int = 0
    """reported by the device's or the host's counters"""
    unreported: int = 0
    retries: int = 0
    reconnects: int = 0
    broken_frames: int = 0
    megabytes: float = 0.0
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether nothing was corrupt and nothing lost unreported."""
        return not (self.bad_models or self.bad_frames or self.unreported)


def main() -> int:
    """Run all cases and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pushes", type=int, default=1000, help="of small models, over all cases")
    parser.add_argument("--large-pushes", type=int, default=8, help="of the default model, over all cases")
    parser.add_argument("--frames", type=int, default=10_000, help="over all cases")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write the results there")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        pictures = make_pictures(Path(folder) / "scene", N_PICTURES)
        board = resolve("native", state=Path(folder) / "state")
        flash_firmware(board, build_firmware("vww", "native"))
        models = [small_model(seed) for seed in range(3)]
        cases = []
        print_row("case", "pushes", "frames", "corrupt", "lost", "unreported", "retries", "reconnects", "MB", "s")
        for number, (name, faults) in enumerate(CASES.items()):
            share = Share(
                pushes=part(arguments.pushes, number),
                large_pushes=part(arguments.large_pushes, number),
                frames=part(arguments.frames, number),
            )
            with board.power(scene=str(Path(folder) / "scene")) as powered:
                known = [learn(powered, image) for image in [*models, shipped_image("vww")]]
                with Device.open(powered, faults=faults, fault_seed=arguments.seed + number * 1000) as device:
                    cases.append(run_case(name, device, share, known, pictures))
            print_case(cases[-1])
    if arguments.json:
        arguments.json.write_text(json.dumps({"cases": [asdict(case) for case in cases]}, indent=2) + "\n")
    return 0 if all(case.passed for case in cases) else 1


def part(total: int, number: int) -> int:
    """Return this case's part of `total`; the parts add up."""
    return total // len(CASES) + (number < total % len(CASES))


def run_case(name: str, device: Device, share: Share, models: list[Model], pictures: list[NDArray[np.uint8]]) -> Case:
    """Stream, push and capture over a link that has one kind of fault; the last model is the large one."""
    case = Case(name=name)
    started = time.monotonic()
    watch(device, case)  # the large model is active still
    for number in range(share.pushes):
        case.pushes += 1
        case.bad_models += not push_is_right(device, models[number % (len(models) - 1)])
    for _ in range(share.large_pushes):
        case.large_pushes += 1
        case.bad_models += not push_is_right(device, models[-1])
    capture(device, case, share.frames, pictures)
    stats = device.link_stats
    case.retries, case.reconnects, case.broken_frames = stats.retries, stats.reconnects, stats.bad_frames
    case.megabytes = round((stats.bytes_in + stats.bytes_out) / 1e6, 1)
    case.seconds = round(time.monotonic() - started, 1)
    return case


def learn(powered: PoweredBoard, image: bytes) -> Model:
    """Return the board's answer with this model, over a link without faults."""
    with Device.open(powered) as device:
        device.push(image)
        return Model(image=image, output=device.infer(InferSource.PATTERN, seed=SEED).output)


def push_is_right(device: Device, model: Model) -> bool:
    """Push; return whether the board runs this very image."""
    device.push(model.image, force=True)
    active = next(slot for slot in device.models() if slot.active)
    is_stored = active.sha256 == hashlib.sha256(model.image).digest()
    return is_stored and device.infer(InferSource.PATTERN, seed=SEED).output == model.output


def capture(device: Device, case: Case, n_frames: int, pictures: list[NDArray[np.uint8]]) -> None:
    """Capture frames; each must be the picture that its index says, so that gaps in the index are the lost ones."""
    last = None
    for _ in range(n_frames):
        frame = device.snapshot()
        case.frames += 1
        case.bad_frames += not np.array_equal(frame.pixels, pictures[frame.index % len(pictures)])
        case.skipped_captures += 0 if last is None else frame.index - last - 1
        last = frame.index


def watch(device: Device, case: Case) -> None:
    """Stream predictions; those that did not come must be in the counters, unless the port was away."""
    with device.stream(StreamId.PREDICTIONS) as items:
        seen = [item for item in itertools.islice(items, N_PREDICTIONS) if isinstance(item, PredictionItem)]
    case.predictions = len(seen)
    for before, item in itertools.pairwise(seen):
        reported = item.link_lost + item.device_dropped + item.host_dropped
        newly = reported - (before.link_lost + before.device_dropped + before.host_dropped)
        case.lost_predictions += newly
        # The camera's own count, which the stream's bookkeeping does not use; a new session starts the index anew.
        missing = item.prediction.position - before.prediction.position - 1
        if item.index > before.index:
            case.unreported += max(0, missing - newly)


def print_case(case: Case) -> None:
    print_row(
        case.name,
        case.pushes + case.large_pushes,
        case.frames,
        case.bad_models + case.bad_frames,
        case.skipped_captures + case.lost_predictions,
        case.unreported,
        case.retries,
        case.reconnects,
        case.megabytes,
        case.seconds,
    )


def print_row(*cells: object) -> None:
    print(f"{cells[0]!s:<16}" + "".join(f"{cell!s:>11}" for cell in cells[1:]), flush=True)


if __name__ == "__main__":
    sys.exit(main())

"""Uploads programs to simulated boards that fail in all ways, and checks every board's flash.

    python scripts/soak_upload.py                       # 10,000 uploads with random faults
    python scripts/soak_upload.py --uploads 200 --json soak.json
    python scripts/soak_upload.py --every-byte          # a lost byte, and a reset, at every byte of an upload

The uploader is the real one, over ptys; the board is tests/boards/bootloader_model.py. Each upload must end with the
right program and the app back on USB, or with an error that says what to do and a board that can be flashed again by a
double tap. Bootloader and model slots must never change. Exits 1 if anything else happens.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

REPO = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(REPO), str(REPO / "host")]

from tests.boards.bootloader_model import BoardFaults  # noqa: E402
from tests.boards.upload_cases import random_faults, run_case  # noqa: E402

N_BYTES_IN = 17_500
N_COMMANDS = 64
SHOWN = 10

Case = tuple[BoardFaults, int, bool]
"""faults, seed, whether the board is in its bootloader"""


def main() -> int:
    """Run all uploads and print their results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--uploads", type=int, default=10_000)
    parser.add_argument("--every-byte", action="store_true")
    parser.add_argument("--stride", type=int, default=1, help="with --every-byte: only every so many bytes")
    parser.add_argument("--first", type=int, default=0, help="with --every-byte: from this byte on")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--json", type=Path, help="write the results there")
    arguments = parser.parse_args()
    cases = list(
        every_byte(arguments.first, arguments.stride)
        if arguments.every_byte
        else at_random(arguments.uploads, arguments.seed)
    )
    began = time.monotonic()
    counts: Counter[str] = Counter()
    problems: list[str] = []
    errors: list[str] = []
    with ProcessPoolExecutor(arguments.jobs) as pool:
        for done, (case, (words, error)) in enumerate(zip(cases, pool.map(run, cases, chunksize=8), strict=True), 1):
            counts.update(words)
            if error:
                errors.append(f"{error}: {case}")
            if words[-1] != "well":
                problems.append(f"{words[-1]}: {case}")
            if done % 1000 == 0:
                print(f"{done:>7,} of {len(cases):,} uploads, {time.monotonic() - began:.0f} s", flush=True)
    report(counts, problems, len(cases), time.monotonic() - began)
    if arguments.json:
        arguments.json.write_text(
            json.dumps({"uploads": len(cases), "counts": counts, "problems": problems, "errors": errors}, indent=1)
            + "\n"
        )
    return 1 if problems else 0


def at_random(n_uploads: int, seed: int) -> Iterator[Case]:
    """Yield uploads with up to three faults each."""
    for number in range(n_uploads):
        chance = random.Random(seed * 1_000_003 + number)
        yield random_faults(chance, N_BYTES_IN, N_COMMANDS), number, chance.random() < 0.5


def every_byte(first: int, stride: int) -> Iterator[Case]:
    """Yield uploads that lose the byte with each number, and such that the board resets at."""
    for number in range(first, N_BYTES_IN, stride):
        yield BoardFaults(lost_in={number}), number, True
        yield BoardFaults(reset_at_byte=number), number, True


def run(case: Case) -> tuple[list[str], str]:
    """Return the counts of an upload, the last one being whether it ended correctly, and its error message."""
    faults, seed, in_bootloader = case
    outcome = run_case(faults, seed=seed, in_bootloader=in_bootloader)
    words = ["uploaded" if outcome.result else f"error: {type(outcome.error).__name__}"]
    if outcome.result and (outcome.result.retries or outcome.result.reconnects):
        words.append("uploaded after retries")
    if outcome.taps:
        words.append("somebody double-tapped")
    return [*words, outcome.problem or "well"], outcome.error.message if outcome.error else ""


def report(counts: Counter[str], problems: list[str], n_uploads: int, seconds: float) -> None:
    """Print the counts, and the first problems."""
    print(f"{n_uploads:,} uploads in {seconds:.0f} s")
    for name, count in sorted(counts.items()):
        print(f"{count:>7,}  {name}")
    for problem in problems[:SHOWN]:
        print(f"PROBLEM {problem}")


if __name__ == "__main__":
    sys.exit(main())

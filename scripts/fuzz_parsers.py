"""Fuzz the parsers of outside input in this process: python -m scripts.fuzz_parsers --runs 200000 --target wav

Prints a line for each target. What fails is written to build/fuzz-python/, and the exit code is 1. Equal seeds make
equal inputs.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
from pathlib import Path

from tests.fuzz.engine import Failure, fuzz
from tests.fuzz.targets import TARGETS

_FOLDER = Path("build/fuzz-python")


def main() -> int:
    """Fuzz the targets that were named, or all."""
    arguments = _arguments()
    names = arguments.target or list(TARGETS)
    unknown = sorted(set(names) - set(TARGETS))
    if unknown:
        print(f"no target {unknown[0]!r}; there are: {', '.join(TARGETS)}", file=sys.stderr)
        return 2
    n_failures = 0
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())  # where libraries in C say what they do not like
    for name in names:
        outcome = fuzz(TARGETS[name], arguments.runs, seed=arguments.seed)
        print(
            f"{name:22} {outcome.n_runs:9,} runs, {outcome.n_taken:9,} taken, {outcome.seconds:7.1f} s, "
            f"slowest {1000 * outcome.slowest_s:4.0f} ms, +{outcome.growth_mib:.0f} MiB, "
            f"{len(outcome.failures)} kinds of failure",
            flush=True,
        )
        for failure in outcome.failures:
            print(f"    {failure.what}: {_kept(name, failure)}", flush=True)
        n_failures += len(outcome.failures)
    return 1 if n_failures else 0


def _kept(name: str, failure: Failure) -> Path:
    """Write a failure's input and traceback; return the input's path."""
    _FOLDER.mkdir(parents=True, exist_ok=True)
    path = _FOLDER / f"{name.replace(' ', '_')}-{hashlib.sha256(failure.data).hexdigest()[:12]}"
    path.write_bytes(failure.data)
    path.with_suffix(".txt").write_text(failure.report, encoding="utf-8")
    return path


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20_000, help="inputs for each target (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the inputs (default: %(default)s)")
    parser.add_argument("--target", action="append", metavar="NAME", help="one of the targets; more with another one")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

"""Random models of one operator against the oracle, by the ten thousand: python -m tests.oracle.long_run [OPERATOR...]

Every model runs on three inputs: on the oracle, on the portable kernels, on those for Cortex-M4 with their instructions
emulated, and on the board m4. Results are in build/oracle.json; an operator that is done for these very sources is not
run again. `make oracle-long` runs all, two at a time.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path

from hypothesis import HealthCheck, given, seed, settings

from scripts.engine_hash import sources_hash
from tests.oracle.m4_batch import Case, build_batch_program, case_of, run_on_m4
from tests.oracle.oracle import assert_equals_oracle, describe_oracle
from tests.oracle.strategies import OPERATOR_MODELS, Model

__all__ = ["Result"]

_ROOT = Path(__file__).resolve().parents[2]
_BLOCK = 2000
_INPUTS_PER_MODEL = 3


@dataclass(frozen=True, kw_only=True)
class Result:
    """What one operator's run came to."""

    operator: str
    models: int
    """that ran, no two alike"""
    mismatches: int
    seconds: float
    sources: str
    """hash of the engine, the compiler and the strategies"""


def main() -> int:
    """Run, print, write; 1 if a model answers otherwise than the oracle."""
    arguments = _arguments()
    path: Path = arguments.results
    results = {item["operator"]: Result(**item) for item in json.loads(path.read_text())} if path.is_file() else {}
    sources = sources_hash("firmware/lib/engine", "host/tinyhost/compiler", "tests/oracle")
    program = build_batch_program()
    print(f"oracle: {describe_oracle()}; sources {sources}", flush=True)  # noqa: T201
    wanted = [
        name
        for name in arguments.operators or sorted(OPERATOR_MODELS)
        if name not in results or results[name].sources != sources or results[name].models < arguments.models
    ]
    with ProcessPoolExecutor(arguments.processes) as pool:
        runs = [pool.submit(_run, name, arguments.models, sources, program) for name in wanted]
        for run in as_completed(runs):
            result = run.result()
            print(f"{result.operator}: {result.models:,} models, {result.mismatches} mismatches", flush=True)  # noqa: T201
            results[result.operator] = result
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps([asdict(results[name]) for name in sorted(results)], indent=1) + "\n")
    return int(any(item.mismatches for item in results.values()))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("operators", nargs="*", metavar="OPERATOR", help=", ".join(sorted(OPERATOR_MODELS)))
    parser.add_argument("--models", type=int, default=20_000, help="of each operator, no two alike")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--results", type=Path, default=_ROOT / "build" / "oracle.json")
    arguments = parser.parse_args()
    if unknown := set(arguments.operators) - set(OPERATOR_MODELS):
        parser.error(f"no such operator: {', '.join(sorted(unknown))}")
    return arguments


def _run(operator: str, n_models: int, sources: str, program: Path) -> Result:
    """Run blocks of models until there are enough; one that fails ends it, printed and written as small as it goes."""
    started_s = time.monotonic()
    seen: set[bytes] = set()
    mismatches = 0
    number = 0
    most_blocks = 3 + 4 * n_models // _BLOCK  # not half of the drawn models of LOGISTIC are new
    while len(seen) < n_models and number < most_blocks and not mismatches:
        cases: list[Case] = []
        try:
            _run_block(operator, number, seen, cases)
        except AssertionError as error:
            mismatches += 1
            print(f"{operator}: block {number}: {error}", file=sys.stderr, flush=True)  # noqa: T201
        for index in run_on_m4(program, cases):
            mismatches += 1
            path = _ROOT / "build" / f"m4-differs-{hashlib.sha256(cases[index].image).hexdigest()[:8]}.thm"
            path.write_bytes(cases[index].image)
            print(f"{operator}: m4 answers otherwise: {path}", file=sys.stderr, flush=True)  # noqa: T201
        number += 1
        print(f"  {operator}: {len(seen):,} models so far", flush=True)  # noqa: T201
    seconds = time.monotonic() - started_s
    return Result(operator=operator, models=len(seen), mismatches=mismatches, seconds=round(seconds), sources=sources)


def _run_block(operator: str, number: int, seen: set[bytes], cases: list[Case]) -> None:
    """Draw models, assert that both sets of kernels equal the oracle, and append cases of those that were not seen."""

    @seed(number)
    @settings(max_examples=_BLOCK, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(model=OPERATOR_MODELS[operator])
    def check(model: Model) -> None:
        digest = hashlib.sha256(model.data).digest()
        if digest in seen:
            return
        inputs = model.inputs(_INPUTS_PER_MODEL)
        compiled = assert_equals_oracle(model.data, inputs)
        seen.add(digest)
        cases.append(case_of(compiled, inputs))

    check()


if __name__ == "__main__":
    sys.exit(main())

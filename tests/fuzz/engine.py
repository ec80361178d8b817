"""Runs a target many times and records failures: foreign errors, hangs, unbounded memory."""

from __future__ import annotations

import random
import resource
import signal
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from types import FrameType

from tinyhost.errors import TinyhostError

from tests.fuzz.mutation import mutated

__all__ = ["Failure", "Outcome", "Target", "fuzz"]

_MAX_CPU_S = 1.0
_MAX_FAILURES = 20


@dataclass(frozen=True, kw_only=True)
class Target:
    """A parser of untrusted input."""

    name: str
    parse: Callable[[bytes], object]
    """takes the bytes, or raises a TinyhostError"""
    seeds: Callable[[], Sequence[bytes]]
    """inputs that it takes, made by the code that writes such files, or by hand"""
    repair: Callable[[bytes], bytes] = lambda data: data
    """puts right what would be refused before anything is parsed, such as a checksum"""
    most_mib: int = 256
    """by which the process may grow"""


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A target's failure on one input."""

    what: str
    """the error, and where it was raised"""
    data: bytes
    report: str


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """A run over one target."""

    target: str
    n_runs: int
    n_taken: int
    """inputs that were no error"""
    seconds: float
    slowest_s: float
    """of CPU time, of one execution"""
    growth_mib: float
    """of the process's peak memory"""
    failures: tuple[Failure, ...]
    """one of each kind"""


class _HangError(BaseException):
    pass


def fuzz(target: Target, runs: int, *, seed: int = 0) -> Outcome:
    """Return what `runs` inputs made of the target's seeds do; equal seeds make equal inputs."""
    random_, seeds = random.Random(f"{target.name} {seed}"), list(target.seeds())
    failures: dict[str, Failure] = {}
    begun, peak_kib, n_taken, slowest_s = time.monotonic(), _peak_kib(), 0, 0.0
    n_runs = 0
    with _alarm():
        for data in chain(seeds, [b""], _inputs(random_, target, seeds, runs)):
            n_runs += 1
            failure, taken, cpu_s = _run(target, data)
            n_taken += taken
            slowest_s = max(slowest_s, cpu_s)
            growth_kib = _peak_kib() - peak_kib
            if failure is None and growth_kib > target.most_mib * 1024:
                failure = Failure(what=f"memory grew by {growth_kib // 1024} MiB", data=data, report="")
                peak_kib += growth_kib
            if failure is not None:
                failures.setdefault(failure.what, failure)
            if len(failures) >= _MAX_FAILURES:
                break
    return Outcome(
        target=target.name,
        n_runs=n_runs,
        n_taken=n_taken,
        seconds=time.monotonic() - begun,
        slowest_s=slowest_s,
        growth_mib=(_peak_kib() - peak_kib) / 1024,
        failures=tuple(failures.values()),
    )


def _inputs(random_: random.Random, target: Target, seeds: list[bytes], runs: int) -> Iterator[bytes]:
    for _ in range(runs):
        yield target.repair(mutated(random_, seeds))


def _run(target: Target, data: bytes) -> tuple[Failure | None, bool, float]:
    """Return what went wrong, whether the input was taken, and the CPU time."""
    begun = time.process_time()
    signal.setitimer(signal.ITIMER_PROF, _MAX_CPU_S)
    try:
        target.parse(data)
    except TinyhostError:
        return None, False, time.process_time() - begun
    except (Exception, _HangError) as exc:
        signal.setitimer(signal.ITIMER_PROF, 0)
        report = "".join(traceback.format_exception(exc, limit=-12))[-6000:]
        return Failure(what=_kind(exc), data=data, report=report), False, time.process_time() - begun
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return None, True, time.process_time() - begun


def _kind(exc: BaseException) -> str:
    """Return the error's type, and the last place in tinyhost that it came through."""
    frames = traceback.extract_tb(exc.__traceback__)
    ours = [frame for frame in frames if "/tinyhost/" in frame.filename and "/tests/" not in frame.filename]
    place = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else "outside of tinyhost"
    return f"{type(exc).__name__} at {place}"


def _peak_kib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@contextmanager
def _alarm() -> Iterator[None]:
    """Let the timer of CPU time raise in whatever runs."""

    def ring(signum: int, frame: FrameType | None) -> None:
        raise _HangError(f"more than {_MAX_CPU_S:g} s")

    before = signal.signal(signal.SIGPROF, ring)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)

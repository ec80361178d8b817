"""Places the arena's buffers so that the arena is small."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tinyhost.compiler.image_format import IMAGE_ALIGNMENT

__all__ = ["Buffer", "plan_arena"]

_MAX_SHUFFLES = 400
_SHUFFLE_WORK = 20_000


@dataclass(frozen=True, kw_only=True)
class Buffer:
    """Memory that is alive from step `first` to step `last`, both included.

    dying_inputs: (buffer index, distance): inputs of the step that writes this buffer which nobody reads later; this
    buffer may overlap one of them if it starts at least `distance` bytes before it (see overlap.py). With a pitch, it
    starts by the least multiple of that before it.
    """

    n_bytes: int
    first: int
    last: int
    dying_inputs: tuple[tuple[int, int], ...] = ()
    pitch: int = 1


def plan_arena(buffers: Sequence[Buffer]) -> tuple[list[int], int]:
    """Return (offsets, arena size), all multiples of the image's alignment. Deterministic.

    Tries several orders of placement, each buffer going where the arena grows least, and keeps the best.
    """
    if not buffers:
        return [], 0
    bans = _bans(buffers)
    bound = _lower_bound(buffers)
    n_orders = math.factorial(len(buffers))  # few buffers have few
    best: tuple[int, list[int]] | None = None
    tried: set[tuple[int, ...]] = set()
    for order in _orders(buffers):
        if tuple(order) in tried:
            continue
        tried.add(tuple(order))
        offsets = _place(buffers, bans, order)
        size = max(offset + _aligned(b.n_bytes) for offset, b in zip(offsets, buffers, strict=True))
        if best is None or size < best[0]:
            best = (size, offsets)
        if best[0] <= bound or len(tried) == n_orders:
            break
    assert best is not None
    return best[1], best[0]


def _aligned(n: int) -> int:
    return -(-n // IMAGE_ALIGNMENT) * IMAGE_ALIGNMENT


_Bans = list[dict[int, list[tuple[int, int]]]]
"""For each buffer i, {j: [(low, high), ...]}: offset i - offset j must not lie strictly between any low and high."""


def _bans(buffers: Sequence[Buffer]) -> _Bans:
    bans: _Bans = [{} for _ in buffers]
    for i, a in enumerate(buffers):
        for j in range(i):
            b = buffers[j]
            if a.first <= b.last and b.first <= a.last:
                bans[i][j] = [(-_aligned(a.n_bytes), _aligned(b.n_bytes))]
    for i, a in enumerate(buffers):
        for j, distance in a.dying_inputs:
            spans = _overlap_bans(a, buffers[j], distance)
            bans[max(i, j)][min(i, j)] = spans if j < i else _negated(spans)
    for i, row in enumerate(bans):
        for j, spans in row.items():
            if j < i:
                bans[j][i] = _negated(spans)
    return bans


def _overlap_bans(output: Buffer, dying: Buffer, distance: int) -> list[tuple[int, int]]:
    """Return where an output must not start, from the input that it may overlap."""
    least = -(-distance // (step := math.lcm(output.pitch, IMAGE_ALIGNMENT))) * step
    size = _aligned(output.n_bytes)
    spans = [(-min(least, size), _aligned(dying.n_bytes))]
    return spans if output.pitch == 1 or least >= size else [(-size, -least), *spans]


def _negated(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    return [(-high, -low) for low, high in spans]


def _lower_bound(buffers: Sequence[Buffer]) -> int:
    """Return a size that no arena can be below: the largest buffer, or what is alive together and not dying."""
    return max(_aligned(b.n_bytes) for b in buffers)


def _orders(buffers: Sequence[Buffer]) -> Iterable[list[int]]:
    indices = list(range(len(buffers)))
    yield indices
    yield indices[::-1]
    by_size = sorted(indices, key=lambda i: -buffers[i].n_bytes)
    yield by_size
    yield sorted(indices, key=lambda i: (-(buffers[i].last - buffers[i].first), -buffers[i].n_bytes))
    pressure = _pressure(buffers)
    yield sorted(indices, key=lambda i: (-pressure[i], -buffers[i].n_bytes))
    generator = random.Random(0)  # noqa: S311 - a search, not a secret; the seed makes plans repeatable
    for _ in range(min(_MAX_SHUFFLES, _SHUFFLE_WORK // len(buffers) ** 2)):
        order = list(by_size)
        for _ in range(1 + len(order) // 4):
            a, b = generator.randrange(len(order)), generator.randrange(len(order))
            order[a], order[b] = order[b], order[a]
        yield order


def _pressure(buffers: Sequence[Buffer]) -> list[int]:
    """Return, for each buffer, the most bytes alive at any step of its life."""
    n_steps = max(b.last for b in buffers) + 2
    alive = [0] * n_steps
    for b in buffers:
        for step in range(b.first, b.last + 1):
            alive[step] += b.n_bytes
    return [max(alive[b.first : b.last + 1]) for b in buffers]


def _place(buffers: Sequence[Buffer], bans: _Bans, order: Sequence[int]) -> list[int]:
    """Return the offsets of a greedy placement in `order`; the lowest is 0."""
    placed: dict[int, int] = {}
    low_end, high_end = 0, 0
    for i in order:
        size = _aligned(buffers[i].n_bytes)
        intervals = sorted(
            (placed[j] + low, placed[j] + high) for j, spans in bans[i].items() if j in placed for low, high in spans
        )
        offset = min(
            _allowed(intervals, low_end),
            key=lambda x: (max(high_end, x + size) - min(low_end, x), abs(x)),
        )
        placed[i] = offset
        low_end, high_end = min(low_end, offset), max(high_end, offset + size)
    bottom = min(placed.values())
    return [placed[i] - bottom for i in range(len(buffers))]


def _allowed(intervals: Sequence[tuple[int, int]], start: int) -> list[int]:
    """Return the edges of the gaps between open intervals (sorted by their low ends), and `start` if it is free."""
    edges = []
    if not any(low < start < high for low, high in intervals):
        edges.append(start)
    if intervals:
        edges.append(intervals[0][0])
        end = intervals[0][1]
        for low, high in intervals[1:]:
            if low >= end:
                edges += [end, low]
            end = max(end, high)
        edges.append(end)
    return edges

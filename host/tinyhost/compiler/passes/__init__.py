"""Compiler passes: a graph becomes a smaller graph that gives the same bytes for every input.

Each pass is a module with one function, Graph to Graph, which returns the very graph it got if it finds nothing to do.
They run on graphs that lowering has accepted, and are repeated until none finds anything.
"""

from __future__ import annotations

from collections.abc import Callable

from tinyhost.compiler.graph import Graph
from tinyhost.compiler.passes.activations import fuse_activations
from tinyhost.compiler.passes.dead_channels import remove_dead_channels
from tinyhost.compiler.passes.dead_operators import remove_dead_operators
from tinyhost.compiler.passes.identities import remove_identities
from tinyhost.compiler.passes.last_step import keep_last_step
from tinyhost.compiler.passes.lines import lay_lines
from tinyhost.compiler.passes.outputs import with_outputs_placed
from tinyhost.compiler.passes.pads import fuse_pads
from tinyhost.compiler.passes.taps import cut_unseen_taps

__all__ = ["PASSES", "run_passes", "with_outputs_placed"]

PASSES: tuple[Callable[[Graph], Graph], ...] = (
    remove_dead_operators,
    remove_identities,
    fuse_pads,
    fuse_activations,
    keep_last_step,
    cut_unseen_taps,
    remove_dead_channels,
)
"""In the order in which they run; behind them lay_lines, once."""

_MAX_ROUNDS = 16


def run_passes(graph: Graph) -> Graph:
    """Return the graph after all passes, repeated until nothing changes; `graph` must have been lowered before."""
    for _ in range(_MAX_ROUNDS):
        before = graph
        for run in PASSES:
            graph = run(graph)
        if graph is before:
            break
    return with_outputs_placed(remove_dead_operators(lay_lines(graph)))

"""What a benchmark says of a cascade, in sentences."""

from __future__ import annotations

from tinyhost.metrics.cascade import CascadeClips, CascadeStream
from tinyhost.system.wording import counted
from tinyhost.tasks.findings import Note, percent, rate_within, within

__all__ = ["clips_note", "stream_note"]


def clips_note(cascade: CascadeClips) -> Note:
    """Return how the whole cascade does on clips."""
    lost = f"{cascade.words_lost} of {counted(cascade.n_words, 'word')} that the second one recognizes"
    return Note(
        text=f"the cascade is right about {percent(cascade.accuracy)} ({within(cascade.accuracy_interval)}); the "
        f"figures above are its second network's alone. The first one, at wake threshold {cascade.threshold:.3f}, "
        f"loses {lost}{_in(within(cascade.words_lost_interval))}, and wakes in {cascade.false_wakes} of "
        f"{counted(cascade.n_others, 'clip')} without a word{_in(within(cascade.false_wake_interval))}"
    )


def stream_note(cascade: CascadeStream) -> Note:
    """Return how the cascade does on a long recording, and what it saves."""
    saved = ""
    if cascade.awake_ticks:
        share = 1.0 - cascade.mean_ticks / cascade.awake_ticks
        saved = f", {percent(share)} less than awake"
    ticks = [
        f"{value:,} {name}"
        for name, value in (("asleep", cascade.asleep_ticks), ("awake", cascade.awake_ticks))
        if value is not None
    ]
    woke = rate_within(cascade.false_wakes_per_hour_interval, "an hour")
    return Note(
        text=f"awake in {cascade.n_awake:,} of {counted(cascade.n_inferences, 'inference')} ({percent(cascade.duty)}): "
        f"{cascade.unit} of an inference {', '.join(ticks)}, mean {cascade.mean_ticks:,.0f}{saved}. The first network "
        f"slept through {cascade.words_lost} of {counted(cascade.n_words, 'word')}"
        f"{_in(within(cascade.words_lost_interval))}, and woke {counted(cascade.false_wakes, 'time')} without one, "
        f"{cascade.false_wakes_per_hour:.1f} an hour{_in(woke)}"
    )


def _in(interval: str) -> str:
    return f" ({interval})" if interval else ""

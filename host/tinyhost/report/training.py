"""The report of a training."""

from __future__ import annotations

from tinyhost.report.findings import section_context
from tinyhost.report.render import render
from tinyhost.train.core.outcome import Outcome

__all__ = ["training_report"]


def training_report(outcome: Outcome) -> str:
    """Return the HTML of a training's report."""
    return render(
        "training.html",
        title=outcome.title,
        subtitle=f"{outcome.source}, {outcome.n_parameters:,} parameters, trained in {outcome.duration_s / 60:.0f} min",
        sections=[section_context(section) for section in outcome.all_sections()],
    )

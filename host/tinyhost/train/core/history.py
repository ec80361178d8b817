"""The figures of a training's epochs as a chart."""

from __future__ import annotations

from collections.abc import Sequence

from tinyhost.metrics.charts import Chart, Panel, Series

__all__ = ["classifier_history"]


def classifier_history(history: Sequence[dict[str, float]]) -> Chart:
    """Return loss and accuracy over the epochs, for training and for held-out samples."""
    epochs = range(1, len(history) + 1)
    panels = [
        Panel(
            series=tuple(
                Series(name=name, x=epochs, y=[epoch[key] for epoch in history])
                for name, key in (("training, augmented", figure), ("held out", f"val_{figure}"))
            ),
            x_label="epoch",
            y_label=figure,
        )
        for figure in ("loss", "accuracy")
    ]
    return Chart(description="Loss and accuracy over the epochs", panels=tuple(panels))

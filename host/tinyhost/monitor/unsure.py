"""Pictures that a model was unsure of, kept while it is watched: what to label next."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from tinyhost.datasets.origin import Origin
from tinyhost.datasets.store import DatasetStore
from tinyhost.device import FrameItem
from tinyhost.tasks.live import LiveHeader, Reading

__all__ = ["LABEL", "UnsureKeeper", "margin_of"]

LABEL = "unsure"
"""the folder in the data set"""
_MOST_WAITING = 64
"""predictions and pictures that wait for one another"""


def margin_of(scores: Sequence[float]) -> float:
    """Return how far the second best score is below the best."""
    best = sorted(scores)[-2:]
    return best[1] - best[0] if len(best) == 2 else float("inf")


class UnsureKeeper:
    """Stores the very picture that a prediction is of, if its two best scores are close."""

    def __init__(self, store: DatasetStore, *, margin: float, at_most: int) -> None:
        """margin: closer scores are unsure. at_most: pictures that are kept."""
        self.n_kept = 0
        self._store, self._margin, self._at_most = store, margin, at_most
        self._wanted: OrderedDict[int, tuple[Reading, LiveHeader]] = OrderedDict()
        self._frames: OrderedDict[int, FrameItem] = OrderedDict()

    def take_reading(self, reading: Reading, header: LiveHeader) -> None:
        """Take a prediction; its picture has the same time on the board's clock."""
        if reading.status == "ok" and margin_of(reading.scores) < self._margin and header.form.sees == "picture":
            self._wanted[reading.timestamp_us] = reading, header
            self._match(reading.timestamp_us)

    def take_frame(self, item: FrameItem) -> None:
        """Take a picture that the board sent."""
        self._frames[item.timestamp_us] = item
        self._match(item.timestamp_us)

    def _match(self, time_us: int) -> None:
        if time_us in self._wanted and time_us in self._frames and self.n_kept < self._at_most:
            reading, header = self._wanted.pop(time_us)
            self._keep(self._frames.pop(time_us), reading, header)
        while len(self._wanted) > _MOST_WAITING:
            self._wanted.popitem(last=False)
        while len(self._frames) > _MOST_WAITING:
            self._frames.popitem(last=False)

    def _keep(self, frame: FrameItem, reading: Reading, header: LiveHeader) -> None:
        origin = Origin(
            sensor=header.sensor.name if header.sensor else "",
            board=header.board,
            device="",
            app=header.app,
            firmware_version=header.firmware,
            build_id="",
            scene=header.scene,
            attributes={
                "proposed": header.label(reading.top),
                "margin": f"{margin_of(reading.scores):.4f}",
                "model": header.model,
            },
        )
        self._store.add(
            frame.pixels,
            LABEL,
            origin,
            frame_index=frame.frame_index,
            dropped=reading.device_dropped,
            timestamp_us=reading.timestamp_us,
            scene_item=reading.scene_item,
        )
        self.n_kept += 1

"""Connections to a board: requests, streams, deadlines, retries, model uploads."""

from __future__ import annotations

from tinyhost.device.camera import Frame
from tinyhost.device.device import Device, LinkStats
from tinyhost.device.feeding import FedResult
from tinyhost.device.inference import Inference
from tinyhost.device.measure import LinkMeasurement
from tinyhost.device.push import PushResult
from tinyhost.device.refusals import status_words
from tinyhost.device.stream_items import (
    FeaturesItem,
    FrameItem,
    PredictionItem,
    SamplesItem,
    StreamCounts,
    StreamItem,
)
from tinyhost.device.streams import Subscription

__all__ = [
    "Device",
    "FeaturesItem",
    "FedResult",
    "Frame",
    "FrameItem",
    "Inference",
    "LinkMeasurement",
    "LinkStats",
    "PredictionItem",
    "PushResult",
    "SamplesItem",
    "StreamCounts",
    "StreamItem",
    "Subscription",
    "status_words",
]

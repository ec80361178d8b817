"""Gestures: windows of accelerometer and gyroscope, one class of movement each, and an event for each gesture made."""

from tinyhost.tasks.gestures.task import GESTURES

__all__ = ["GESTURES"]

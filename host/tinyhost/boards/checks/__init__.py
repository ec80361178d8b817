"""Checks of this computer for all that tinyhost and its boards need, each with the exact remedy."""

from __future__ import annotations

from tinyhost.boards.checks.check import Check, DoctorDocument
from tinyhost.boards.checks.machine import machine_checks, tensorflow_check
from tinyhost.boards.checks.usb import UDEV_RULES, Machine, usb_checks

__all__ = ["UDEV_RULES", "Check", "DoctorDocument", "Machine", "machine_checks", "tensorflow_check", "usb_checks"]

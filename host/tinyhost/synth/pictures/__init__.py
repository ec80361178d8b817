"""Drawn 96x96 grey pictures with and without people."""

from __future__ import annotations

from tinyhost.synth.pictures.render import LABELS, render, write_dataset

__all__ = ["LABELS", "render", "write_dataset"]

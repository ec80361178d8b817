"""The origin of the samples of one run, for the manifest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tinyhost.datasets.manifest import Sample

__all__ = ["Origin"]


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where the samples of one run come from."""

    sensor: str
    """`camera`, `microphone`, `accelerometer`"""
    board: str
    """type of the board"""
    device: str
    """unique id of this one board"""
    app: str
    firmware_version: str
    build_id: str
    settings: Mapping[str, int] = field(default_factory=dict)
    """the board's settings, by name"""
    scene: str = ""
    """the scene of a virtual board's sensor"""
    note: str = ""
    """the text of `--note`"""
    subject: str = ""
    """the person that the samples are of"""
    consent: str = ""
    """identifier of the record in consents.jsonl"""
    purpose: str = ""
    """the permitted purpose"""
    retain_until: str = ""
    """the last day on which they may be kept"""
    attributes: Mapping[str, str] = field(default_factory=dict)
    """attributes from the source of an import"""

    @classmethod
    def of_import(cls, source: Path, attributes: Mapping[str, str] | None = None) -> Origin:
        """Return the origin of samples that are not from a board."""
        return cls(
            sensor="import",
            board="",
            device="",
            app="",
            firmware_version="",
            build_id="",
            scene=str(source.resolve()),
            attributes=attributes or {},
        )

    @classmethod
    def of_sample(cls, sample: Sample, attributes: Mapping[str, str]) -> Origin:
        """Return the origin of another data set's sample. attributes: further ones."""
        return cls(
            sensor=sample.sensor,
            board=sample.board,
            device=sample.device,
            app=sample.app,
            firmware_version=sample.firmware_version,
            build_id=sample.build_id,
            settings=sample.settings,
            scene=sample.scene,
            note=sample.note,
            subject=sample.subject,
            consent=sample.consent,
            purpose=sample.purpose,
            retain_until=sample.retain_until,
            attributes={**sample.attributes, **attributes},
        )

    def sample(self, label: str) -> Sample:
        """Return the common fields of the manifest's lines of one label, without a file."""
        return Sample(
            file="",
            sha256="",
            label=label,
            time="",
            sensor=self.sensor,
            board=self.board,
            device=self.device,
            app=self.app,
            firmware_version=self.firmware_version,
            build_id=self.build_id,
            settings=dict(self.settings),
            scene=self.scene,
            note=self.note,
            subject=self.subject,
            consent=self.consent,
            purpose=self.purpose,
            retain_until=self.retain_until,
            attributes=dict(self.attributes),
        )

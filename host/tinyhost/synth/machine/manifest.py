"""The manifest beside a simulated recording: units, sensor, machine, fault."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from tinyhost.synth.machine.machine import MachineOptions
from tinyhost.system.durable import write_atomically

__all__ = ["write_manifest"]


def write_manifest(path: Path, options: MachineOptions, n_samples: int) -> None:
    """Write it as JSON, atomically. Raises OSError."""
    document = {
        "units": {"timestamp": "ms", "accX": "m/s^2", "accY": "m/s^2", "accZ": "m/s^2"},
        "n_samples": n_samples,
        "machine": asdict(options),
    }
    write_atomically(path, (json.dumps(document, indent=2) + "\n").encode())

"""The audit log: what HIL runs did to which board, one JSON object a line, a file for each month.

    time, user, host, pid, run, rig, rig_sha256, board, action, and what belongs to the action

It grows in the state folder, in hil/audit-YYYY-MM.jsonl; several runs may write at once.
"""

from __future__ import annotations

import json
import os
import platform
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from tinyhost.hil.rigs import RigBoard
from tinyhost.system.durable import append_line
from tinyhost.system.locks import locked
from tinyhost.system.user_folders import state_folder, user_name

__all__ = ["AuditLog", "audit_folder"]


def audit_folder() -> Path:
    """Return where the log is."""
    return state_folder() / "hil"


class AuditLog:
    """Appends what is done to one board."""

    def __init__(self, board: RigBoard, *, run: str, folder: Path | None = None) -> None:
        """run: what one run has in common; empty for pytest by hand."""
        self._folder = folder or audit_folder()
        self._common = {
            "user": user_name(), "host": platform.node(), "pid": os.getpid(), "run": run,
            "rig": board.where, "rig_sha256": board.rig_sha256, "board": board.name,
        }  # fmt: skip

    def write(self, action: str, **details: Any) -> None:
        """Append one line, whole. Raises OSError if it cannot be kept: what leaves no trace is not done."""
        now = datetime.now(timezone.utc)
        line = {"time": now.isoformat(timespec="milliseconds"), **self._common, "action": action, **details}
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"audit-{now:%Y-%m}.jsonl"
        with locked(self._folder / "audit.lock"):
            append_line(path, json.dumps(line, ensure_ascii=True))

"""The audit log: actions of HIL runs on boards, one JSON object per line, one file per month.

time, user, host, pid, run, rig, rig_sha256, board, action, and the action's details

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
    """Return the folder of the log."""
    return state_folder() / "hil"


class AuditLog:
    """Appends the actions on one board."""

    def __init__(self, board: RigBoard, *, run: str, folder: Path | None = None) -> None:
        """run: the fields common to one run; empty for pytest by hand."""
        self._folder = folder or audit_folder()
        self._common = {
            "user": user_name(), "host": platform.node(), "pid": os.getpid(), "run": run,
            "rig": board.where, "rig_sha256": board.rig_sha256, "board": board.name,
        }  # fmt: skip

    def write(self, action: str, **details: Any) -> None:
        """Append one line. Raises OSError if it cannot be written: unlogged actions are not performed."""
        now = datetime.now(timezone.utc)
        line = {"time": now.isoformat(timespec="milliseconds"), **self._common, "action": action, **details}
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"audit-{now:%Y-%m}.jsonl"
        with locked(self._folder / "audit.lock"):
            append_line(path, json.dumps(line, ensure_ascii=True))

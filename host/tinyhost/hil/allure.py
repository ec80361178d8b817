"""A rig run as Allure's result files: one JSON file a test and board, in the folder that `allure generate` reads.

The format is that of Allure 2, the file names UUID-result.json. Allure's `failed` is a fault of the product; `broken`
is everything else: rig, build, and tests that did not run.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tinyhost.hil.results import BoardResult, Outcome, RigResult, TestResult
from tinyhost.hil.test_ids import short_id
from tinyhost.system.durable import write_atomically

__all__ = ["allure_results", "write_allure"]

_STATUS: Mapping[Outcome, str] = {
    "passed": "passed",
    "failed": "failed",
    "cured": "failed",
    "rig": "broken",
    "build": "broken",
    "not_run": "broken",
    "skipped": "skipped",
    "quarantined": "skipped",
    "not_applicable": "skipped",
}
_NAMESPACE = uuid.UUID("6f2b5a52-6d5d-4a7e-9a39-0d4c3f0f2f1c")


def write_allure(folder: Path, result: RigResult) -> None:
    """Write a file for each test on each board, with one for each earlier attempt. Raises OSError."""
    for document in allure_results(result):
        content = json.dumps(document, indent=1, ensure_ascii=True) + "\n"
        write_atomically(folder / f"{document['uuid']}-result.json", content.encode(), sync=False)


def allure_results(result: RigResult) -> Iterator[dict[str, Any]]:
    """Yield the documents; the times of tests are laid out from the run's beginning, in each board's order."""
    for board in result.boards:
        for test, begin_s, n in board.attempts_from(result.started):
            yield _document(result, board, test, begin_s, n)


def _document(result: RigResult, board: BoardResult, test: TestResult, begin_s: float, attempt: int) -> dict[str, Any]:
    name = short_id(test.test)
    run = f"{result.rig} {result.started.isoformat()} {board.board.name} {test.test} {attempt}"
    history = f"{result.rig} {board.board.name} {test.test}"
    parameters = {"board": board.board.name, "outcome": test.outcome, **test.properties}
    labels = {
        "parentSuite": result.rig,
        "suite": board.board.name,
        "subSuite": name.partition("::")[0],
        "host": board.board.spec,
        "framework": "tinyhost",
        "tag": test.outcome,
    }
    return {
        "uuid": str(uuid.uuid5(_NAMESPACE, run)),
        "historyId": hashlib.sha256(history.encode()).hexdigest()[:32],
        "name": name.partition("::")[2] or name,
        "fullName": test.test,
        "status": _STATUS[test.outcome],
        "statusDetails": {"message": test.headline, "trace": test.text, "flaky": bool(test.attempts)},
        "stage": "finished",
        "start": round(1000 * begin_s),
        "stop": round(1000 * (begin_s + test.seconds)),
        "labels": [{"name": key, "value": value} for key, value in labels.items()],
        "parameters": [{"name": key, "value": value} for key, value in parameters.items()],
    }

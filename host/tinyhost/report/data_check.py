"""The report of a data set's check."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tinyhost.datasets.checking.findings import ISSUES, DataCheck, DataFinding, DataIssue
from tinyhost.errors import TinyhostError
from tinyhost.report.render import picture_uri, render
from tinyhost.sensors.picture_file import read_picture
from tinyhost.system.wording import counted

__all__ = ["data_check_report"]

_MAX_FINDINGS, _MAX_PICTURES, _MAX_OF_ONE = 50, 24, 6


def data_check_report(found: DataCheck) -> str:
    """Return the HTML of a check: its figures, then each issue with its findings, pictures among them."""
    n_bad = sum(item.level == "bad" for item in found.findings)
    return render(
        "data_check.html",
        title=f"Check of {found.folder.name}",
        subtitle=f"{counted(found.n_files, 'file')} of {found.kind}, {counted(len(found.labels), 'label')}",
        check=found,
        n_bad=n_bad,
        n_look=sum(item.level == "look" for item in found.findings),
        meanings=ISSUES,
        issues=[_issue(found, issue) for issue in found.issues],
    )


def _issue(found: DataCheck, issue: DataIssue) -> dict[str, Any]:
    """Return the template's context for an issue."""
    own = [item for item in found.findings if item.issue == issue]
    files = [file for item in own for file in item.files[:_MAX_OF_ONE]] if found.kind == "pictures" else []
    return {
        "name": issue,
        "meaning": ISSUES[issue],
        "count": len(own),
        "findings": [_finding(item) for item in own[:_MAX_FINDINGS]],
        "pictures": [{"name": file, "uri": _uri(found.folder / file)} for file in files[:_MAX_PICTURES]],
    }


def _finding(item: DataFinding) -> dict[str, Any]:
    more = f" and {len(item.files) - _MAX_OF_ONE:,} more" if len(item.files) > _MAX_OF_ONE else ""
    return {"level": item.level, "text": item.text, "files": ", ".join(item.files[:_MAX_OF_ONE]) + more}


def _uri(path: Path) -> str:
    try:
        return picture_uri(read_picture(path))
    except TinyhostError:
        return ""

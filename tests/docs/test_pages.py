"""The pages as text: their width, and that the files and names in them exist."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.docs.conftest import ROOT

COLUMNS = 100
WRITTEN_BY_PROGRAMS = ("models/", "docs/reference/json", "docs/reference/cli")
FOLDERS = ("docs", "firmware", "hil", "host", "models", "protocol", "scripts", "tests")
_FENCED = re.compile(r"^( *)```.*?^\1```$", re.MULTILINE | re.DOTALL)
_PATH = re.compile(rf"\b(?:{'|'.join(FOLDERS)})/[\w./-]*\w\.(?:md|py|toml|cpp|h|json|svg|tflite|sh)\b(?![*/])")


def pages() -> list[Path]:
    """Return the Markdown files that git knows, or would."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    return [ROOT / name for name in names]


def test_prose_wraps_at_100_columns() -> None:
    wide = []
    for page in pages():
        if str(page.relative_to(ROOT)).startswith(WRITTEN_BY_PROGRAMS):
            continue
        text = _FENCED.sub(lambda block: "\n" * block[0].count("\n"), page.read_text())
        for number, line in enumerate(text.splitlines(), 1):
            may_be_wide = line.lstrip().startswith(("|", "<img", "![")) or " " not in line.strip()
            if len(line) > COLUMNS and not may_be_wide:
                wide.append(f"{page.relative_to(ROOT)}:{number}: {len(line)}")
    assert wide == []


@pytest.mark.parametrize("suffixes", [(".md",), (".py", ".cpp", ".h", ".toml", ".ini")], ids=["pages", "code"])
def test_every_page_and_file_that_is_named_is_there(suffixes: tuple[str, ...]) -> None:
    """In pages any file of the repository, in code any file of the documentation."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    missing = []
    for name in listed:
        if not name.endswith(suffixes) or not (ROOT / name).is_file():
            continue
        text = _FENCED.sub("", (ROOT / name).read_text())
        named = {path for path in _PATH.findall(text) if name.endswith(".md") or path.startswith("docs/")}
        missing += [f"{name}: {path}" for path in sorted(named) if not (ROOT / path).exists()]
    assert missing == []


def test_contributing_says_what_is_in_every_room() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    rooms = [path.name for path in (ROOT / "host/tinyhost").iterdir() if (path / "__init__.py").is_file()]
    libraries = [path.name for path in (ROOT / "firmware/lib").iterdir() if path.is_dir()]
    assert [name for name in sorted({*rooms, *libraries}) if f"`{name}`" not in text] == []


def test_what_pages_name_of_the_package_is_there() -> None:
    found = {(page, name) for page in pages() for name in re.findall(r"`(tinyhost(?:\.\w+)+)`", page.read_text())}
    named = {(page, name) for page, name in found if name != "tinyhost.toml"}  # a file
    missing = [f"{page.relative_to(ROOT)}: {name}" for page, name in sorted(named) if not exists(name)]
    assert named and missing == []


def exists(name: str) -> bool:
    """Return whether a dotted name is a package or module, or is defined in one."""
    folder = ROOT / "host"
    parts = name.split(".")
    while parts and (folder / parts[0]).is_dir():
        folder /= parts.pop(0)
    if parts and (modules := list(folder.glob(f"{parts[0]}.py*"))):
        del parts[0]
    else:
        modules = list(folder.glob("*.py"))
    return all(any(re.search(rf"\b{part}\b", module.read_text()) for module in modules) for part in parts)

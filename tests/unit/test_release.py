"""What a release checks and writes: the tag is the version, the notes are the changelog's, links work on PyPI."""

from __future__ import annotations

import importlib.metadata
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import tinyhost

from scripts.release import absolute_links, main, mistakes, release_notes, with_addresses

REPO = Path(__file__).parents[2]
WORKFLOWS = sorted((REPO / ".github/workflows").glob("*.yml"))
HERE = "https://github.com/owner/name"
CHANGELOG = (
    "# Changelog\n\n## Unreleased\n\n- later\n\n## 1.2.3 - 2026-11-30\n\n### Added\n\n- a thing\n\n## 1.2.2\n\n- old\n"
)


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    (tmp_path / "platformio.ini").write_text("[platformio]\n\n[firmware]\nversion = 1.2.3\n")
    (tmp_path / "pyproject.toml").write_text("[project]\n[project.scripts]\n")
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    return tmp_path


def test_the_sources_of_a_release_have_its_version_and_its_notes(
    sources: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "v1.2.3"], sources) == 0
    capsys.readouterr()
    assert main(["notes", "v1.2.3"], sources) == 0
    assert capsys.readouterr().out == "### Added\n\n- a thing\n"


@pytest.mark.parametrize(
    ("tag", "wrong"),
    [
        ("1.2.3", ["the tag 1.2.3 does not start with v"]),
        ("v1.2.2", ["platformio.ini: expected firmware version 1.2.2, got 1.2.3", "has no date"]),
        ("v9.0.0", ["platformio.ini: expected", "no section ## 9.0.0 - DATE"]),
    ],
)
def test_another_tag_is_refused_with_all_that_is_wrong(sources: Path, tag: str, wrong: list[str]) -> None:
    found = list(mistakes(sources, tag))
    assert len(found) == len(wrong)
    assert all(part in message for part, message in zip(wrong, found, strict=True))


def test_the_version_of_the_package_is_the_tags(tmp_path: Path) -> None:
    """And a tree without a tag, or without git, has one as well."""
    shutil.copy(REPO / "pyproject.toml", tmp_path)

    def version() -> str:
        command = [sys.executable, "-m", "setuptools_scm", "--root", str(tmp_path)]
        return subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout.strip()

    def git(*words: str) -> None:
        who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        subprocess.run(["git", *who, *words], cwd=tmp_path, check=True, capture_output=True)

    assert version() == "0.0"
    git("init")
    git("add", ".")
    git("commit", "--message", "the sources")
    assert re.fullmatch(r"0\.1\.dev1\+g[0-9a-f]+", version())
    git("tag", "v1.2.3")
    assert version() == "1.2.3"


def test_notes_of_a_release_that_the_changelog_does_not_know_are_an_error() -> None:
    with pytest.raises(KeyError):
        release_notes(CHANGELOG, "v3.0.0")


def test_what_was_built_has_the_tags_version(sources: Path) -> None:
    right = ["dist/tinyhost_hil-1.2.3.tar.gz", "dist/tinyhost_hil-1.2.3-cp312-abi3-win_amd64.whl"]
    assert not list(mistakes(sources, "v1.2.3", right))
    wrong = ["dist/tinyhost_hil-1.2.4.dev0+g1.tar.gz", "dist/tinyhost.zip"]
    assert [message.rpartition(" ")[2] for message in mistakes(sources, "v1.2.3", wrong)] == ["1.2.4.dev0+g1", "none"]


def test_the_firmware_has_a_version_in_the_sources_and_the_package_that_of_its_metadata() -> None:
    assert "got none" not in "".join(mistakes(REPO, "v0"))
    assert tinyhost.__version__ == importlib.metadata.version("tinyhost-hil")
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        tinyhost.nothing  # noqa: B018


def test_the_readmes_links_and_pictures_are_absolute_on_pypi() -> None:
    readme = (REPO / "README.md").read_text(encoding="utf-8")
    page = absolute_links(readme, HERE, "v1.2.3")
    links = re.findall(r"\]\(([^)]+)\)", page)
    pictures = re.findall(r'src="([^"]+)"', page)
    assert links and pictures
    assert not [link for link in links if not link.startswith("https://")]
    assert not [
        link for link in pictures if not link.startswith("https://raw.githubusercontent.com/owner/name/v1.2.3/")
    ]
    ours = [link.removeprefix(f"{HERE}/blob/v1.2.3/") for link in links if link.startswith(HERE)]
    assert not [path for path in ours if not (REPO / path.partition("#")[0]).exists()]


def test_links_that_are_absolute_or_of_the_page_stay() -> None:
    page = "[a](https://x.org) [b](#here) ![c](p.svg) [d](page.md#y)"
    raw = "https://raw.githubusercontent.com/owner/name/v1/p.svg"
    assert (
        absolute_links(page, HERE, "v1") == f"[a](https://x.org) [b](#here) ![c]({raw}) [d]({HERE}/blob/v1/page.md#y)"
    )


def test_the_projects_addresses_are_added_once(sources: Path) -> None:
    before = (sources / "pyproject.toml").read_text()
    once = with_addresses(before, HERE, "v1.2.3")
    assert f'Repository = "{HERE}"' in once
    assert with_addresses(once, HERE, "v1.2.3") == once


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_what_a_workflow_runs_of_the_repository_is_there(workflow: Path) -> None:
    text = workflow.read_text(encoding="utf-8")
    modules = re.findall(r"python -m (scripts\.\w+)", text)
    files = re.findall(r"\./(\.github/\S+)|run: (\.ci/\w+)", text)
    named = [f"{module.replace('.', '/')}.py" for module in modules] + [one or other for one, other in files]
    assert named
    assert not [name for name in named if not (REPO / name).is_file()]

"""What a release asks for beside its builds; .github/workflows/release.yml runs it, and so may you.

    python -m scripts.release check v0.1.0 [dist/FILE ...]      is the tag that of the firmware, of the changelog's
                                                                newest section, and of what was built?
    python -m scripts.release notes v0.1.0                      what the changelog says of it, in Markdown
    python -m scripts.release links https://github.com/O/R v0.1.0
                                                                make the README's links absolute, in place, as PyPI
                                                                needs them, and add the project's addresses

The version of what pip installs is the tag (tool.setuptools_scm in pyproject.toml). That of the firmware stands in
platformio.ini and is checked against the tag: the Nano's programs, which have it in them, are in the repository, byte
for byte, before there is a tag.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

__all__ = ["absolute_links", "main", "mistakes", "release_notes", "with_addresses"]

ROOT = Path(__file__).resolve().parent.parent
FIRMWARE = re.compile(r"^\[firmware\]\nversion = (\S+)$", re.MULTILINE)
SECTION = re.compile(r"^## (\S+)(?: - (\d{4}-\d{2}-\d{2}))?\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(\]\()(?![a-z]+:|#)([^)\s]+)(\))")
PICTURE = re.compile(r'(!\[[^\]]*\]\(|<img\b[^>]*\bsrc=")(?![a-z]+:)([^)"\s]+)')


def mistakes(root: Path, tag: str, built: Sequence[str] = ()) -> Iterator[str]:
    """Yield the reasons why the sources, or an sdist and wheels built from them, do not fit a release with this tag."""
    version = tag.removeprefix("v")
    if tag != f"v{version}":
        yield f"the tag {tag} does not start with v"
    found = FIRMWARE.search((root / "platformio.ini").read_text(encoding="utf-8"))
    if found is None or found[1] != version:
        yield f"platformio.ini: expected firmware version {version}, got {found[1] if found else 'none'}"
    for name in built:
        got = Path(name).name.removesuffix(".tar.gz").split("-")[1:2]
        if got != [version]:
            yield f"{name}: expected version {version}, got {got[0] if got else 'none'}"
    sections = {match[1]: match for match in SECTION.finditer((root / "CHANGELOG.md").read_text(encoding="utf-8"))}
    if version not in sections:
        yield f"CHANGELOG.md: no section ## {version} - DATE (there are: {', '.join(sections) or 'none'})"
    elif not sections[version][2]:
        yield f"CHANGELOG.md: the section ## {version} has no date: ## {version} - YYYY-MM-DD"
    elif not sections[version][3].strip():
        yield f"CHANGELOG.md: the section ## {version} is empty"


def release_notes(changelog: str, tag: str) -> str:
    """Return the changelog's section of a release. Raises KeyError if there is none."""
    return {match[1]: match[3] for match in SECTION.finditer(changelog)}[tag.removeprefix("v")].strip() + "\n"


def absolute_links(page: str, repository: str, ref: str) -> str:
    """Return a page of the root, whose links lead to the repository's pages, and its pictures to their bytes.

    repository: such as https://github.com/OWNER/NAME.
    """
    raw = repository.replace("://github.com/", "://raw.githubusercontent.com/")
    page = PICTURE.sub(lambda match: f"{match[1]}{raw}/{ref}/{match[2]}", page)
    return LINK.sub(lambda match: f"{match[1]}{repository}/blob/{ref}/{match[2]}{match[3]}", page)


def with_addresses(pyproject: str, repository: str, ref: str) -> str:
    """Return pyproject.toml with the project's addresses, which PyPI shows."""
    if "[project.urls]" in pyproject:
        return pyproject
    urls = (
        f'[project.urls]\nRepository = "{repository}"\nIssues = "{repository}/issues"\n'
        f'Documentation = "{repository}/blob/{ref}/docs/index.md"\n'
        f'Changelog = "{repository}/blob/{ref}/CHANGELOG.md"\n\n'
    )
    return pyproject.replace("[project.scripts]\n", f"{urls}[project.scripts]\n", 1)


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Run the command; return 1 if the sources are not those of the release."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("check", "notes", "links"):
        command = commands.add_parser(name)
        if name == "links":
            command.add_argument("repository")
        command.add_argument("tag")
        if name == "check":
            command.add_argument("built", nargs="*", help="an sdist or a wheel")
    options = parser.parse_args(arguments)
    if options.command == "check":
        wrong = list(mistakes(root, options.tag, options.built))
        print("\n".join(wrong) or f"{options.tag}: the sources are this release's")
        return int(bool(wrong))
    if options.command == "notes":
        print(release_notes((root / "CHANGELOG.md").read_text(encoding="utf-8"), options.tag), end="")
        return 0
    for name, change in (("README.md", absolute_links), ("pyproject.toml", with_addresses)):
        path = root / name
        path.write_text(
            change(path.read_text(encoding="utf-8"), options.repository.rstrip("/"), options.tag), encoding="utf-8"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())

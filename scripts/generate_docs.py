"""Generate docs/reference/json.md and docs/reference/cli.md: the documents and the commands, from the code.

    python -m scripts.generate_docs            # write the pages
    scripts/generate_docs.py --check    # exit 1 if a committed page is not current

The prose is in scripts/templates; `{{tinyhost.push/1}}` stands for the keys of that document.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from scripts.command_reference import command_sections, exit_table
from scripts.document_tables import documents, table, wrapped

_ROOT = Path(__file__).resolve().parent.parent
_TEMPLATES = _ROOT / "scripts" / "templates"
_REFERENCE = _ROOT / "docs" / "reference"
_PLACE = re.compile(r"\{\{(.+?)\}\}")


class TemplateError(Exception):
    """A template and the code do not match."""


def json_page() -> str:
    """Return json.md. Raises TemplateError unless each document has its place in the template."""
    template = (_TEMPLATES / "json.md").read_text(encoding="utf-8")
    placed = set(_PLACE.findall(template))
    if placed != set(documents()):
        raise TemplateError(f"json.md: differs from the code's documents in {sorted(placed ^ set(documents()))}")
    return _PLACE.sub(lambda match: _document_section(documents()[match[1]]), template)


def cli_page() -> str:
    """Return cli.md."""
    template = (_TEMPLATES / "cli.md").read_text(encoding="utf-8")
    parts = {"exit statuses": exit_table(), "commands": "\n".join(command_sections(_link)).rstrip()}
    return _PLACE.sub(lambda match: parts[match[1]], template)


def _link(path: str) -> str:
    """Return where the document of a command is described: in the section of its name, or else of its group's."""
    headings = re.findall(r"^## (.+)$", (_TEMPLATES / "json.md").read_text(encoding="utf-8"), re.MULTILINE)
    while path not in headings:
        if not path:
            raise TemplateError("json.md: a command that writes JSON has no section")
        path = path.rpartition(" ")[0]
    return f"json.md#{path.replace(' ', '-')}"


def _document_section(kind: type) -> str:
    rows = "\n".join(
        f"| `{row.key}` | {row.kind} | {row.meaning.replace('|', chr(92) + '|')} |".replace("|  |", "| |")
        for row in table(kind)
    )
    return f"{wrapped(kind.__doc__)}\n\n| key | type | meaning |\n| --- | --- | --- |\n{rows}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a page is not current")
    arguments = parser.parse_args()
    try:
        pages = {_REFERENCE / "json.md": json_page(), _REFERENCE / "cli.md": cli_page()}
    except TemplateError as error:
        print(error, file=sys.stderr)
        return 1
    stale = [path for path, text in pages.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if not arguments.check:
        for path in stale:
            path.write_text(pages[path], encoding="utf-8")
    elif stale:
        names = ", ".join(path.relative_to(_ROOT).as_posix() for path in stale)
        print(f"not current, run python -m scripts.generate_docs: {names}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

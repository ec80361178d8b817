"""What MkDocs does beyond its configuration (mkdocs.yml) to make a site of this repository's pages.

Pages that stand outside of docs/ join the site, links between files of the repository become links between pages,
and the marks of code blocks (```sh board), which say why a test cannot run a block, are taken off.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

__all__ = ["on_files", "on_page_markdown"]

ROOT = Path(__file__).resolve().parent.parent
OUTSIDE = {
    "project/contributing.md": "CONTRIBUTING.md",
    "project/changelog.md": "CHANGELOG.md",
    "models/vww.md": "models/vww/card.md",
    "models/drawings.md": "models/drawings/card.md",
    "models/kws.md": "models/kws/card.md",
    "models/words.md": "models/words/card.md",
    "models/anomaly.md": "models/anomaly/card.md",
    "models/anomaly_bmi270.md": "models/anomaly_bmi270/card.md",
    "models/gestures.md": "models/gestures/card.md",
}
"""place in the site -> file of the repository"""
_LINK = re.compile(r"(?<=\]\()(?![a-z]+:|#)([^)#\s]+)")
_MARK = re.compile(r"^( *```\w+) [\w ]+$", re.MULTILINE)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Return the site's files with those of OUTSIDE among them."""
    for place, source in OUTSIDE.items():
        files.append(File.generated(config, place, abs_src_path=str(ROOT / source)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Return a page's text with links that hold in the site, and code blocks without marks."""
    places = {(ROOT / source).resolve(): place for place, source in OUTSIDE.items()}
    folder = Path(page.file.abs_src_path or "").parent
    here = str(Path(page.file.src_uri).parent)

    def in_site(link: re.Match[str]) -> str:
        target = (folder / link[1]).resolve()
        if target.is_relative_to(config.docs_dir):
            place = str(target.relative_to(config.docs_dir))
        else:
            place = places.get(target, link[1])
        return Path(os.path.relpath(place, here)).as_posix() if place != link[1] else place

    return _LINK.sub(in_site, _MARK.sub(r"\1", markdown))

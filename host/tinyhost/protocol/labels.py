"""Labels: names of classes on the wire, in a model image, as a folder, on a command line.

A label is Unicode in its composed form (NFC), so that a Mac's decomposed form (NFD) is the same label. Its limit is in
bytes of UTF-8, as stored in a model image; longer labels are refused, never cut.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

__all__ = ["MAX_LABEL_BYTES", "folder_fault", "is_letter", "label_fault", "normal_label"]

MAX_LABEL_BYTES = 31
"""bytes of UTF-8, in its composed form"""

_JOINERS = "\u200c\u200d"
"""zero-width joiners, used in Persian, Indian scripts and emoji"""
_PATH_CHARACTERS = '/\\<>:"|?*'
"""characters that a folder's name cannot contain on Windows; the first two are separators"""
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)
"""names reserved by Windows, with any suffix"""


def normal_label(text: str) -> str:
    """Return the label in its composed form, which is stored, sent and compared."""
    return unicodedata.normalize("NFC", text)


def label_fault(label: str) -> str:
    """Return why a text cannot be a label in a model image; empty if it can. Expects the composed form."""
    if not label.strip():
        return "it is empty"
    for char in label:
        if not (char.isprintable() or char in _JOINERS):
            return f"it holds {_name(char)}, which cannot be seen"
    if unicodedata.category(label[0]) in ("Mn", "Me") or label[0] in _JOINERS or label[-1] in _JOINERS:
        return "it begins or ends with a mark that belongs to another letter"
    n_bytes = len(label.encode())
    if n_bytes > MAX_LABEL_BYTES:
        return f"it has {n_bytes} bytes of UTF-8, {MAX_LABEL_BYTES} at most"
    return ""


def folder_fault(label: str) -> str:
    """Return why a text cannot be a label that is used as a folder's name, on any system, and in a list.

    Empty if it can; that includes what label_fault says.
    """
    return label_fault(label) or next(_folder_faults(label), "")


def _folder_faults(label: str) -> Iterator[str]:
    if marks := [char for char in label if char in _PATH_CHARACTERS]:
        yield f"it holds {marks[0]}, which paths are written with"
    if "," in label:
        yield "it holds a comma, which stands between labels"
    if label[0] in " .-":
        yield f"it begins with {_name(label[0])}"
    if label[-1] in " .":
        yield f"it ends with {_name(label[-1])}"
    if _DEVICES.fullmatch(label):
        yield "Windows keeps this name for itself"


def is_letter(char: str) -> bool:
    """Return whether a character is a letter or digit of any script, or a mark or joiner that belongs to one."""
    return char.isalnum() or char in _JOINERS or unicodedata.category(char).startswith("M")


def _name(char: str) -> str:
    known = {" ": "a space", ".": "a dot", "-": "a dash"}
    return known.get(char) or f"U+{ord(char):04X} {unicodedata.name(char, '')}".strip()

"""Text that a device sends, made harmless where it is read: single lines, of what can be printed."""

from __future__ import annotations

__all__ = ["printable_lines", "text_of"]

_REPLACEMENT = "\ufffd"


def printable_lines(text: str) -> list[str]:
    """Return the lines of a text, whatever separates them, without empty ones; what is not printable is replaced."""
    return [_printable(line) for line in text.expandtabs(4).splitlines() if line.strip()]


def text_of(field: bytes) -> str:
    """Return the text of a field of fixed size, which ends at its first zero: one line, whatever is in it."""
    return _printable(field.split(b"\0", 1)[0].decode("utf-8", "replace"))


def _printable(text: str) -> str:
    return text if text.isprintable() else "".join(letter if letter.isprintable() else _REPLACEMENT for letter in text)

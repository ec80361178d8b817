"""Text that a device sends, made harmless where it is read: single lines, of what can be printed."""

from __future__ import annotations

__all__ = ["printable", "printable_lines", "text_of"]

_REPLACEMENT = "\ufffd"


def printable_lines(text: str) -> list[str]:
    """Return the lines of a text, whatever separates them, without empty ones; what is not printable is replaced."""
    return [printable(line) for line in text.expandtabs(4).splitlines() if line.strip()]


def text_of(field: bytes) -> str:
    """Return the text of a field of fixed size, which ends at its first zero: one line, whatever is in it."""
    return printable(field.split(b"\0", 1)[0].decode("utf-8", "replace"))


def printable(text: str, kept: str = "") -> str:
    """Return a text in which whatever is neither printable nor in `kept` is replaced."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in kept else _REPLACEMENT for char in text)

"""Traces of a person or a sample in files of any kind: finds and overwrites them."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tinyhost.audio.speakers import SPEAKER_MARK, speaker_id
from tinyhost.datasets.people.embedded_text import SQLITE, is_packed, rewritten_rows, text_pieces, without_traces
from tinyhost.errors import DatasetError
from tinyhost.system.durable import write_atomically
from tinyhost.system.reading import read_file

__all__ = ["ERASED", "Traces", "all_files"]

ERASED = "erased"
"""replaces a name or a hash"""
_MAX_BYTES = 1 << 31
_LEAST_IN_BINARY = 5
"""shortest name to search in binary files: shorter ones occur by chance"""
_HASH = re.compile(rb"[0-9a-fA-F]{64}")


def all_files(root: Path) -> Iterator[Path]:
    """Yield every file below a folder, including hidden ones, sorted by name; links are not followed."""
    for path in sorted(root.rglob("*")) if root.is_dir() else ():
        if path.is_file() and not path.is_symlink():
            yield path


@dataclass(frozen=True, kw_only=True)
class Traces:
    """A subject's name ("" if there is none) and the SHA-256 of samples, hex."""

    subject: str
    digests: frozenset[str]

    def in_name(self, name: str) -> bool:
        """Return whether a file name contains the id of the subject's clips, or a hash."""
        content = name.encode("utf-8", "surrogateescape")
        own = f"{speaker_id(self.subject)}{SPEAKER_MARK}".encode() if self.subject else b""
        return bool(own and own in content) or self._digest_in(content)

    def in_path(self, path: Path) -> bool:
        """Return whether a file or a folder of a path is named after the subject."""
        names = self._names()
        return bool(names and any(names.search(part.encode("utf-8", "surrogateescape")) for part in path.parts))

    def in_content(self, content: bytes) -> bool:
        """Return whether a file contains a trace, also in metadata, members of archives and rows of databases."""
        if not _is_binary(content):
            return self._in_text(content)
        names = self._names(_LEAST_IN_BINARY)
        return (
            self._digest_in(content)
            or bool(names and names.search(content))
            or bool((wide := self._wide_name()) and wide.search(content))
            or any(map(self._in_text, text_pieces(content)))
        )

    def written_over(self, path: Path) -> bool:
        """Overwrite traces in a file with `erased`, or with `x` in a binary file; return whether there were any.

        An archive is removed completely. Raises DatasetError if it cannot be read or written.
        """
        content = read_file(path, max_bytes=_MAX_BYTES)
        if not self.in_content(content):
            return False
        try:
            if content.startswith(SQLITE):
                rewritten_rows(path, self._over)
            elif is_packed(content):
                path.unlink()
            elif _is_binary(content):
                least = 1 if any(map(self._in_text, text_pieces(content))) else _LEAST_IN_BINARY
                write_atomically(path, without_traces(content, self._in_text, lambda part: self._blank(part, least)))
            else:
                write_atomically(path, self._over(content))
        except (OSError, sqlite3.Error) as error:
            raise DatasetError(
                f"{path}: cannot be written: {error}", hint="make room or fix the folder, then try again"
            ) from error
        return True

    def _in_text(self, content: bytes) -> bool:
        names = self._names()
        return self._digest_in(content) or bool(names and names.search(content))

    def _over(self, content: bytes) -> bytes:
        """Return a text in which `erased` replaces names and hashes."""
        made = _HASH.sub(lambda found: ERASED.encode() if self._is_own(found[0]) else found[0], content)
        names = self._names()
        return names.sub(ERASED.encode(), made) if names else made

    def _blank(self, content: bytes, least: int) -> bytes:
        """Return content of the same length in which `x` replaces traces."""
        made = _HASH.sub(lambda found: b"x" * 64 if self._is_own(found[0]) else found[0], content)
        names = self._names(least)
        for pattern in (names, self._wide_name()):
            made = pattern.sub(lambda found: b"x" * len(found[0]), made) if pattern else made
        return made

    def _wide_name(self) -> re.Pattern[bytes] | None:
        """Return a pattern for the name in UTF-16, as in texts of Windows."""
        if not self.subject:
            return None
        letter = rb"[A-Za-z0-9]\0"
        word = re.escape(self.subject.encode("utf-16-le"))
        return re.compile(rb"(?<!%b)%b(?!%b)" % (letter, word, letter), re.IGNORECASE)

    def _is_own(self, digest: bytes) -> bool:
        return digest.decode().lower() in self.digests

    def _digest_in(self, content: bytes) -> bool:
        return any(self._is_own(found[0]) for found in _HASH.finditer(content))

    def _names(self, least: int = 1) -> re.Pattern[bytes] | None:
        """Return a pattern for the name as a separate word, also in JSON's escapes, and for the id in clips' names."""
        if not self.subject:
            return None
        quoted = json.dumps(self.subject)[1:-1]
        words = {self.subject.encode("utf-8"), quoted.encode(), speaker_id(self.subject).encode()}
        long = [re.escape(word) for word in sorted(words) if len(word) >= least]
        return (
            re.compile(rb"(?<![A-Za-z0-9])(?:" + rb"|".join(long) + rb")(?![A-Za-z0-9])", re.IGNORECASE)
            if long
            else None
        )


def _is_binary(content: bytes) -> bool:
    return b"\0" in content[:8192]

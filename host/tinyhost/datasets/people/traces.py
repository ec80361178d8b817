"""What names a person or a sample in files of any kind: found, and written over."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tinyhost.audio.speakers import SPEAKER_MARK, speaker_id
from tinyhost.errors import DatasetError
from tinyhost.system.durable import write_atomically
from tinyhost.system.reading import read_file

__all__ = ["ERASED", "Traces", "all_files"]

ERASED = "erased"
"""stands where a name or a hash stood"""
_MAX_BYTES = 1 << 31
_LEAST_IN_BINARY = 6
"""letters of a name that is looked for in files which are no text: a shorter one is there by chance"""
_HASH = re.compile(rb"[0-9a-f]{64}")


def all_files(root: Path) -> Iterator[Path]:
    """Yield every file below a folder, hidden ones too, in the order of names; links are not followed."""
    for path in sorted(root.rglob("*")) if root.is_dir() else ():
        if path.is_file() and not path.is_symlink():
            yield path


@dataclass(frozen=True, kw_only=True)
class Traces:
    """A subject's name, "" if there is none, and the SHA-256 of samples, hex."""

    subject: str
    digests: frozenset[str]

    def in_name(self, name: str) -> bool:
        """Return whether a file's name has the id in it that clips of the subject have, or a hash."""
        content = name.encode("utf-8", "surrogateescape")
        own = f"{speaker_id(self.subject)}{SPEAKER_MARK}".encode() if self.subject else b""
        return bool(own and own in content) or self._digest_in(content)

    def in_content(self, content: bytes) -> bool:
        """Return whether a file's content has them."""
        names = self._names() if not _is_binary(content) else self._names(_LEAST_IN_BINARY)
        return self._digest_in(content) or bool(names and names.search(content))

    def written_over(self, path: Path) -> bool:
        """Write `erased` over what a text file has of them; return whether there was anything.

        A file that is no text is left as it is. Raises DatasetError if it cannot be read or written.
        """
        content = read_file(path, max_bytes=_MAX_BYTES)
        if _is_binary(content) or not self.in_content(content):
            return False
        wanted = {digest.encode() for digest in self.digests}
        made = _HASH.sub(lambda found: ERASED.encode() if found[0] in wanted else found[0], content)
        names = self._names()
        made = names.sub(ERASED.encode(), made) if names else made
        try:
            write_atomically(path, made)
        except OSError as error:
            raise DatasetError(
                f"{path}: cannot be written: {error.strerror}", hint="make room or fix the folder, then try again"
            ) from error
        return True

    def _digest_in(self, content: bytes) -> bool:
        return any(found[0].decode() in self.digests for found in _HASH.finditer(content))

    def _names(self, least: int = 1) -> re.Pattern[bytes] | None:
        """Return what finds the name as a word of its own, as JSON may write it, too, and the id in clips' names."""
        if not self.subject:
            return None
        quoted = json.dumps(self.subject)[1:-1]
        words = {self.subject.encode("utf-8"), quoted.encode(), speaker_id(self.subject).encode()}
        long = [re.escape(word) for word in sorted(words) if len(word) >= least]
        return re.compile(rb"(?<![A-Za-z0-9])(?:" + rb"|".join(long) + rb")(?![A-Za-z0-9])") if long else None


def _is_binary(content: bytes) -> bool:
    return b"\0" in content[:8192]

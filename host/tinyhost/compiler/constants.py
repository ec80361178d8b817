"""The constants section of an image while it is being built."""

from __future__ import annotations

from tinyhost.compiler.image_format import IMAGE_ALIGNMENT

__all__ = ["ConstantPool"]


class ConstantPool:
    """Collects aligned blobs; equal blobs are stored once."""

    def __init__(self, *, compact: bool = False) -> None:
        """compact: of two forms of constants the smaller one is wanted, not the one that is faster to use."""
        self.compact = compact
        self._data = bytearray()
        self._offsets: dict[bytes, int] = {}

    def add(self, blob: bytes) -> int:
        """Store `blob`; return its offset, a multiple of the image's alignment."""
        if blob not in self._offsets:
            self._data += bytes(-len(self._data) % IMAGE_ALIGNMENT)
            self._offsets[blob] = len(self._data)
            self._data += blob
        return self._offsets[blob]

    def to_bytes(self) -> bytes:
        """Return the section."""
        return bytes(self._data)

"""Metadata of picture and sound files: where, when, by whom they were taken.

An import writes pixels and samples anew without any metadata; this lists what there was.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

__all__ = ["metadata_kinds"]

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_KINDS = {b"tEXt": "text", b"zTXt": "text", b"iTXt": "text", b"eXIf": "EXIF", b"tIME": "time", b"iCCP": "ICC"}
_RIFF_KINDS = {
    b"LIST": "INFO", b"bext": "bext", b"iXML": "iXML", b"id3 ": "ID3", b"ID3 ": "ID3", b"EXIF": "EXIF",
    b"XMP ": "XMP", b"_PMX": "XMP", b"ICCP": "ICC",
}  # fmt: skip
_XMP, _XMP_IN_PNG = b"http://ns.adobe.com/xap/1.0/", b"XML:com.adobe.xmp"
_GPS_TAG = 0x8825
_MOST_TAGS = 512
_MOST_BLOCKS = 65_536
_JPEG_SCAN, _JPEG_END = 0xDA, 0xD9


def metadata_kinds(content: bytes) -> frozenset[str]:
    """Return what a JPEG, PNG, WebP, wav, MP3 or FLAC file has: EXIF, GPS, XMP, IPTC, ICC, comment, text, INFO, ...

    For a damaged or other file this is what could be read, possibly nothing.
    """
    if content.startswith(b"\xff\xd8"):
        return frozenset(_of_jpeg(content))
    if content.startswith(_PNG):
        return frozenset(_of_png(content))
    if content[:4] in (b"RIFF", b"RF64"):
        return frozenset(_of_riff(content))
    if content.startswith(b"ID3") or content[-128:-125] == b"TAG":
        return frozenset({"ID3"})
    if content.startswith(b"fLaC"):
        return frozenset(_of_flac(content))
    return frozenset()


def _of_jpeg(content: bytes) -> Iterator[str]:
    at = 2
    for _ in range(_MOST_BLOCKS):
        if at + 4 > len(content) or content[at] != 0xFF or content[at + 1] in (_JPEG_SCAN, _JPEG_END):
            return
        marker, size = content[at + 1], int.from_bytes(content[at + 2 : at + 4], "big")
        body = content[at + 4 : at + 2 + size]
        if marker == 0xFE:
            yield "comment"
        elif marker == 0xED:
            yield "IPTC"
        elif marker == 0xE2 and body.startswith(b"ICC_PROFILE"):
            yield "ICC"
        elif marker == 0xE1:
            yield from _of_exif(body[6:]) if body.startswith(b"Exif\0\0") else ["XMP"] if body.startswith(_XMP) else []
        at += 2 + max(size, 2)


def _of_png(content: bytes) -> Iterator[str]:
    for kind, body in _chunks(content, len(_PNG), ">I", name_first=False):
        if kind == b"iTXt" and body.startswith(_XMP_IN_PNG):
            yield "XMP"
        elif kind == b"eXIf":
            yield from _of_exif(body)
        elif kind in _PNG_KINDS:
            yield _PNG_KINDS[kind]


def _of_riff(content: bytes) -> Iterator[str]:
    for kind, body in _chunks(content, 12, "<I", name_first=True):
        if kind == b"LIST" and not body.startswith(b"INFO"):
            continue
        if kind == b"EXIF":
            yield from _of_exif(body.removeprefix(b"Exif\0\0"))
        elif kind in _RIFF_KINDS:
            yield _RIFF_KINDS[kind]


def _of_flac(content: bytes) -> Iterator[str]:
    at = 4
    for _ in range(_MOST_BLOCKS):
        if at + 4 > len(content):
            return
        kind, size = content[at], int.from_bytes(content[at + 1 : at + 4], "big")
        if kind & 0x7F == 4:
            yield "comment"
        elif kind & 0x7F == 6:
            yield "picture"
        if kind & 0x80:
            return
        at += 4 + size


def _chunks(content: bytes, at: int, size_as: str, *, name_first: bool) -> Iterator[tuple[bytes, bytes]]:
    """Yield name and content of the chunks of a PNG, which have a checksum, or of a RIFF file, which are padded."""
    for _ in range(_MOST_BLOCKS):
        if at + 8 > len(content):
            return
        first, second = content[at : at + 4], content[at + 4 : at + 8]
        kind, size = (first, second) if name_first else (second, first)
        (n_bytes,) = struct.unpack(size_as, size)
        yield kind, content[at + 8 : at + 8 + n_bytes]
        at += 8 + n_bytes + (n_bytes % 2 if name_first else 4)


def _of_exif(tiff: bytes) -> Iterator[str]:
    """Yield EXIF, and GPS if the first directory of a TIFF block has a pointer to it."""
    yield "EXIF"
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None or len(tiff) < 8:
        return
    (first,) = struct.unpack_from(f"{order}I", tiff, 4)
    if first + 2 > len(tiff):
        return
    (n_tags,) = struct.unpack_from(f"{order}H", tiff, first)
    for index in range(min(n_tags, _MOST_TAGS)):
        at = first + 2 + 12 * index
        if at + 2 > len(tiff):
            return
        if struct.unpack_from(f"{order}H", tiff, at)[0] == _GPS_TAG:
            yield "GPS"

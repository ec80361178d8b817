#!/usr/bin/env python3
"""Write the frame codec's test vectors, which drive the tests of the firmware and of the host.

An independent oracle makes them: PyPI's `cobs` and zlib's CRC-32. What a decoder must find in each input is known from
how the input was put together; no decoder of ours is asked.

    scripts/generate_vectors.py            # write protocol/vectors/frames.json and the C++ test's header
    scripts/generate_vectors.py --check    # exit 1 if one of them is not current
"""

from __future__ import annotations

import argparse
import json
import sys
import zlib
from pathlib import Path
from struct import pack
from typing import Any

from cobs import cobs

__all__ = ["main"]

ROOT = Path(__file__).resolve().parent.parent
JSON_PATH = ROOT / "protocol/vectors/frames.json"
HEADER_PATH = ROOT / "firmware/test/test_protocol/frame_vectors.h"
MAX_REQUEST_BYTES = 4112

Event = dict[str, Any]
RUN = bytes(range(1, 256)) * 3  # no zero


def body(message_type: int, seq: int, payload: bytes) -> bytes:
    """Return header, payload and CRC, not yet stuffed."""
    content = pack("<BBH", message_type, 0, seq) + payload
    return content + pack("<I", zlib.crc32(content))


def wire(message_type: int, seq: int, payload: bytes) -> bytes:
    """Return a whole frame as it goes over the wire."""
    return b"\0" + bytes(cobs.encode(body(message_type, seq, payload))) + b"\0"


def frame(message_type: int, seq: int, payload: bytes = b"") -> Event:
    return {"kind": "frame", "type": message_type, "seq": seq, "payload": payload.hex()}


def text(line: str) -> Event:
    return {"kind": "text", "text": line}


def bad(reason: str) -> Event:
    """Return the event of a segment that is `malformed`, has a bad `crc`, or is `oversized`."""
    return {"kind": "bad", "reason": reason}


def encode_vectors() -> list[dict[str, Any]]:
    """Return frames to encode: the codec must make these very bytes."""
    payloads = {
        "empty payload": b"",
        "one zero": b"\0",
        "only zeros": bytes(300),
        "zeros between": b"\x01\0\x02\0\0\x03",
        "zero at the end": b"abc\0",
        "pixels": bytes((7 * i * i) % 256 for i in range(9216)),
        "a flash page": bytes((i * i // 5) % 256 for i in range(4096)),
    }
    # Around the block length: the first block starts behind the zero of the header's flags.
    payloads |= {f"run of {n}": RUN[:n] for n in (252, 253, 254, 255, 256, 508, 509, 510)}
    vectors = []
    for seq, (name, payload) in enumerate(payloads.items()):
        message_type = 1 + seq
        vectors.append(
            {"name": name, "type": message_type, "seq": seq * 257, "payload": payload.hex()}
            | {"wire": wire(message_type, seq * 257, payload).hex()}
        )
    # A header without a zero after its flags and a CRC without zeros: runs that reach the end of the frame.
    for n in range(246, 252):
        found = next(seq for seq in range(0x0101, 0xFFFF) if seq & 0xFF and 0 not in body(0x21, seq, RUN[:n])[2:])
        vectors.append(
            {"name": f"frame that ends in a run of {n + 6}", "type": 0x21, "seq": found, "payload": RUN[:n].hex()}
            | {"wire": wire(0x21, found, RUN[:n]).hex()}
        )
    return vectors


def decode_vectors() -> list[dict[str, Any]]:
    """Return inputs and what is in them. `device_events`: where the firmware's smaller buffer makes a difference."""
    ping = wire(4, 7, b"\x01\x02\x03\x04")
    ping_event = frame(4, 7, b"\x01\x02\x03\x04")
    flipped = bytearray(ping)
    flipped[-3] ^= 0x40
    big = RUN[:700] * 7  # 4900 bytes
    long_text = "x" * 1000
    cases: list[tuple[str, bytes, list[Event]]] = [
        ("nothing", b"", []),
        ("only delimiters", b"\0\0\0\0", []),
        ("one frame", ping, [ping_event]),
        ("frame without payload", wire(2, 65535, b""), [frame(2, 65535)]),
        ("payload of zeros", wire(0x20, 1, bytes(600)), [frame(0x20, 1, bytes(600))]),
        ("largest request", wire(0x11, 2, bytes(MAX_REQUEST_BYTES)), [frame(0x11, 2, bytes(MAX_REQUEST_BYTES))]),
        ("back to back", ping + wire(2, 8, b"") + ping, [ping_event, frame(2, 8), ping_event]),
        ("one delimiter between frames", ping + wire(2, 8, b"")[1:], [ping_event, frame(2, 8)]),
        ("no delimiter at the start", ping[1:], [ping_event]),
        ("no delimiter at the end", ping[:-1], []),
        ("truncated, then a frame", ping[:-4] + ping, [bad("malformed"), ping_event]),
        ("beginning lost", ping[0:1] + ping[4:], [bad("malformed")]),
        ("bit flipped in the CRC", bytes(flipped), [bad("crc")]),
        ("bad CRC, then a frame", bytes(flipped) + ping, [bad("crc"), ping_event]),
        ("CRC missing", b"\0" + bytes(cobs.encode(body(4, 7, b"1234")[:-4])) + b"\0", [bad("crc")]),
        ("seven bytes", b"\0" + bytes(cobs.encode(b"\x01\0\x01\x02\x03\x04\x05")) + b"\0", [bad("malformed")]),
        ("code beyond the end", b"\0\x09ab\0", [bad("malformed")]),
        ("text line", b"boot ok\n", [text("boot ok")]),
        ("text lines with returns", b"one\r\ntwo\r\n", [text("one"), text("two")]),
        ("text between frames", ping + b"hello\n" + ping, [ping_event, text("hello"), ping_event]),
        ("text in UTF-8", "T\u00fcr 87% \u20ac \U0001f600\n".encode(), [text("T\u00fcr 87% \u20ac \U0001f600")]),
        ("text with colours", b"\x1b[31mred\x1b[0m\tend\n", [text("\x1b[31mred\x1b[0m\tend")]),
        ("long text", long_text.encode() + b"\n", [text(long_text)]),
        ("text without newline before a frame", b"oops" + ping, [bad("malformed"), ping_event]),
        ("text line, then garbage", b"ok\n\x05\x06garbage\n" + ping, [text("ok"), bad("malformed"), ping_event]),
        ("overlong UTF-8", b"\xc0\xaf\n" + ping, [bad("malformed"), ping_event]),
        ("UTF-8 of a surrogate", b"\xed\xa0\x80\n" + ping, [bad("malformed"), ping_event]),
        ("UTF-8 cut by the newline", b"a\xe2\x82\n" + ping, [bad("malformed"), ping_event]),
        ("control characters", b"\x07\x08\n" + ping, [bad("malformed"), ping_event]),
        ("garbage", bytes(range(255, 127, -1)) + ping, [bad("malformed"), ping_event]),
    ]
    vectors = [{"name": name, "wire": data.hex(), "events": events} for name, data, events in cases]
    too_long = wire(0x42, 3, big) + ping
    oversized = {"name": "frame longer than a request may be", "wire": too_long.hex()}
    vectors.append(
        oversized | {"events": [frame(0x42, 3, big), ping_event], "device_events": [bad("oversized"), ping_event]}
    )
    return vectors


def to_json(vectors: dict[str, list[dict[str, Any]]]) -> str:
    """Return JSON with one vector per line."""
    parts = []
    for kind, items in vectors.items():
        lines = ",\n".join("  " + json.dumps(item) for item in items)
        parts.append(f'"{kind}": [\n{lines}\n]')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def cpp_text(line: str) -> str:
    """Return a C++ string literal of the UTF-8 bytes of `line`."""
    return '"' + "".join(chr(b) if 0x20 <= b < 0x7F and b not in b'"\\' else f"\\{b:03o}" for b in line.encode()) + '"'


def cpp_event(event: Event) -> str:
    if event["kind"] == "frame":
        return f'{{DecodeStatus::kFrame, {event["type"]}, {event["seq"]}, "{event["payload"]}"}}'
    if event["kind"] == "text":
        return f"{{DecodeStatus::kText, 0, 0, {cpp_text(event['text'])}}}"
    name = {"crc": "kBadCrc", "malformed": "kMalformed", "oversized": "kOversized"}[event["reason"]]
    return f'{{DecodeStatus::{name}, 0, 0, ""}}'


def to_header(vectors: dict[str, list[dict[str, Any]]]) -> str:
    """Return the vectors for the doctest, as C++."""
    encode = [
        f'    {{{cpp_text(v["name"])}, {v["type"]}, {v["seq"]}, "{v["payload"]}", "{v["wire"]}"}},'
        for v in vectors["encode"]
    ]
    decode = []
    for v in vectors["decode"]:
        events = ", ".join(cpp_event(event) for event in v.get("device_events", v["events"]))
        decode.append(f'    {{{cpp_text(v["name"])}, "{v["wire"]}", {{{events}}}}},')
    return "\n".join(
        [
            "// Generated by scripts/generate_vectors.py. Do not edit.",
            "// clang-format off",
            "#pragma once",
            "",
            "#include <cstdint>",
            "#include <vector>",
            "",
            '#include "protocol/frame_decoder.h"',
            "",
            "namespace tinyhost {",
            "",
            "struct EncodeVector {",
            "  const char* name;",
            "  uint8_t type;",
            "  uint16_t seq;",
            "  const char* payload;  // hex",
            "  const char* wire;     // hex",
            "};",
            "",
            "struct VectorEvent {",
            "  DecodeStatus status;",
            "  uint8_t type;",
            "  uint16_t seq;",
            "  const char* content;  // of a frame the payload in hex, of text the line",
            "};",
            "",
            "struct DecodeVector {",
            "  const char* name;",
            "  const char* wire;  // hex",
            "  std::vector<VectorEvent> events;",
            "};",
            "",
            "inline const std::vector<EncodeVector> kEncodeVectors = {",
            *encode,
            "};",
            "",
            "inline const std::vector<DecodeVector> kDecodeVectors = {",
            *decode,
            "};",
            "",
            "}  // namespace tinyhost",
            "",
        ]
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file is not current")
    check = parser.parse_args().check
    vectors = {"encode": encode_vectors(), "decode": decode_vectors()}
    stale = False
    for path, content in {JSON_PATH: to_json(vectors), HEADER_PATH: to_header(vectors)}.items():
        if path.exists() and path.read_text() == content:
            continue
        stale = True
        if check:
            print(f"{path.relative_to(ROOT)} is not current: run scripts/generate_vectors.py", file=sys.stderr)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
    return int(check and stale)


if __name__ == "__main__":
    sys.exit(main())

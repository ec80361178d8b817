"""Models in the containers of exporters and tutorials."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

__all__ = ["c_array", "zipped"]


def c_array(data: bytes, *, decimal: bool = False) -> bytes:
    """Return a header as `xxd -i` writes it, with the comments that people add."""
    items = [str(value) if decimal else f"0x{value:02x}" for value in data]
    rows = "\n".join("  " + ", ".join(items[i : i + 12]) + "," for i in range(0, len(items), 12))
    head = "// the model; see http://example.org {not an array}\n#pragma once\n"
    kind = "alignas(8) const unsigned char g_model[] DATA_ALIGN_ATTRIBUTE = {"
    return f"{head}{kind} /* {len(data)} bytes */\n{rows}\n}};\nconst int g_model_len = {len(data)};\n".encode()


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return a zip of files by their names."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()

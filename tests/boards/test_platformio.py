"""The development platform on a computer that has never seen PlatformIO, with the registry out of reach."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tinyhost.boards.build import build_firmware
from tinyhost.errors import BuildError

from tests.stations import share_objects

pytestmark = pytest.mark.firmware
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the sources, an empty PlatformIO, and no way out to the registry."""
    monkeypatch.setenv("PLATFORMIO_CORE_DIR", str(tmp_path / "core"))
    for variable in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    copy = tmp_path / "checkout"
    copy.mkdir()
    shutil.copy(ROOT / "platformio.ini", copy)
    shutil.copytree(ROOT / "firmware", copy / "firmware")
    share_objects(copy)
    return copy


def test_a_first_build_needs_no_registry_and_is_built_again_only_for_other_sources(checkout: Path) -> None:
    """Which changes count is tested without builds: tests/unit/boards/test_built.py."""
    first = build_firmware("vww", "m4", project=checkout)
    assert f"tinyhost-build:{first.build_id}".encode() in first.path.read_bytes()
    assert first.text_bytes > 10_000
    lines: list[str] = []
    assert build_firmware("vww", "m4", project=checkout, progress=lines.append) == first
    assert lines == []
    source = checkout / "firmware" / "apps" / "vww" / "vww.cpp"
    source.write_text(source.read_text() + "// changed\n")
    second = build_firmware("vww", "m4", project=checkout, progress=lines.append)
    assert second.build_id != first.build_id
    assert lines


def test_a_mistake_in_a_source_is_the_message(checkout: Path) -> None:
    source = checkout / "firmware" / "boards" / "native" / "clock.cpp"
    source.write_text("int unfinished(\n")
    with pytest.raises(BuildError, match=r"building vww_native failed: firmware/boards/native/clock\.cpp:1:.*error:"):
        build_firmware("vww", "native", project=checkout)

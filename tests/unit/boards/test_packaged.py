"""Prebuilt firmware: used if the sources are the same or missing, and only if it is intact."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tinyhost.boards import build, packaged
from tinyhost.boards.build import Firmware
from tinyhost.boards.build_cache import Ingredients
from tinyhost.boards.packaged import check_available, find_firmware, packaged_firmware
from tinyhost.errors import ConfigError, FirmwareFileError, UsageError

PROGRAM = bytes(range(256)) * 4
RECORD = {
    "app": "kws",
    "kind": "nano33ble",
    "build_id": "0123456789abcdef",
    "compiler": "arm-none-eabi-g++ 12.2.1",
    "program_bytes": len(PROGRAM),
    "sha256": hashlib.sha256(PROGRAM).hexdigest(),
    "text_bytes": 1000,
    "ram_bytes": 2000,
}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "kws-nano33ble.bin").write_bytes(PROGRAM)
    (tmp_path / "kws-nano33ble.json").write_text(json.dumps(RECORD))
    monkeypatch.setattr(packaged, "packaged_path", lambda app, kind: tmp_path / f"{app}-{kind}.bin")
    return tmp_path


@pytest.fixture
def sources(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return a function that sets the build id of the sources; programs built from them are marked as built."""

    def set_to(build_id: str) -> None:
        made = Ingredients(build_id=build_id, compiler="")
        built = Firmware(app="kws", kind="nano33ble", path=Path(), build_id=build_id, text_bytes=1, ram_bytes=1)
        monkeypatch.setattr(packaged, "ingredients", lambda *_: made)
        monkeypatch.setattr(packaged, "build_firmware", lambda *_, **__: built)

    return set_to


@pytest.fixture
def no_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(_: Path | None = None) -> Path:
        raise ConfigError("no firmware sources")

    monkeypatch.setattr(build, "find_project", find)
    monkeypatch.setattr(packaged, "own_sources", lambda: None)


def test_of_the_same_sources_the_packaged_program_is_taken(package: Path, sources: Callable[[str], None]) -> None:
    sources("0123456789abcdef")
    found = find_firmware("kws", "nano33ble")
    assert (found.origin, found.path, found.build_id) == ("packaged", package / "kws-nano33ble.bin", "0123456789abcdef")
    assert (found.text_bytes, found.ram_bytes) == (1000, 2000)


def test_other_sources_are_built(package: Path, sources: Callable[[str], None]) -> None:
    sources("fedcba9876543210")
    assert (find_firmware("kws", "nano33ble").origin, find_firmware("kws", "m4").origin) == ("built", "built")


def test_a_build_that_was_asked_for_is_built(package: Path, sources: Callable[[str], None]) -> None:
    sources("0123456789abcdef")
    assert find_firmware("kws", "nano33ble", build=True).origin == "built"


@pytest.mark.usefixtures("package", "no_sources")
def test_without_sources_the_packaged_program_is_taken_and_nothing_else_is_there() -> None:
    check_available("kws", "nano33ble")
    assert find_firmware("kws", "nano33ble").origin == "packaged"
    with pytest.raises(ConfigError, match="no firmware sources"):
        find_firmware("kws", "nano33ble", build=True)
    with pytest.raises(ConfigError, match="no firmware sources"):
        check_available("vww", "nano33ble")


def test_an_app_that_nobody_has_is_named(package: Path) -> None:
    with pytest.raises(UsageError, match="no app 'kvs'"):
        check_available("kvs", "nano33ble")


@pytest.mark.parametrize(
    ("name", "content"),
    {
        "another program": ("kws-nano33ble.bin", PROGRAM[:-1] + b"x"),
        "cut off": ("kws-nano33ble.bin", PROGRAM[:-1]),
        "no record": ("kws-nano33ble.json", b"{"),
        "a record of another form": ("kws-nano33ble.json", b'{"app": "kws"}'),
    }.values(),
)
def test_what_is_damaged_is_never_flashed(package: Path, name: str, content: bytes) -> None:
    (package / name).write_bytes(content)
    with pytest.raises(FirmwareFileError, match=r"kws-nano33ble\."):
        packaged_firmware("kws", "nano33ble")

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tinyhost.datasets.clips import load_clip_folder
from tinyhost.datasets.edge_impulse import (
    Acquisition,
    Channel,
    audio_acquisition,
    audio_pcm,
    parse_acquisition,
    read_acquisition,
    write_acquisition,
)
from tinyhost.datasets.edge_impulse_project import LabelledFile, list_export, write_info
from tinyhost.datasets.exporting import export_clips
from tinyhost.errors import DatasetError

from tests.unit.datasets.test_speech_commands import clip, make_set

# The example of Edge Impulse's specification, with one row less.
EXAMPLE: dict[str, Any] = {
    "protected": {"ver": "v1", "alg": "HS256", "iat": 1564128599},
    "signature": "b0ee0572a1984b93b6bc56e6576e2cbbd6bccd65d0c356e26b31bbc9a48210c6",
    "payload": {
        "device_name": "ac:87:a3:0a:2d:1b",
        "device_type": "DISCO-L475VG-IOT01A",
        "interval_ms": 10,
        "sensors": [
            {"name": "accX", "units": "m/s2"},
            {"name": "accY", "units": "m/s2"},
            {"name": "accZ", "units": "m/s2"},
        ],
        "values": [[-9.81, 0.03, 1.21], [-9.83, 0.04, 1.27], [-9.12, 0.03, 1.23]],
    },
}


def changed(path: str, value: Any) -> bytes:
    """The example with one value replaced; a dot leads into an object."""
    document = json.loads(json.dumps(EXAMPLE))
    inner = document
    *parents, last = path.split(".")
    for name in parents:
        inner = inner[name]
    inner[last] = value
    return json.dumps(document).encode()


def test_the_specifications_example_is_read() -> None:
    found = parse_acquisition(json.dumps(EXAMPLE).encode(), "example")
    np.testing.assert_array_equal(found.values, EXAMPLE["payload"]["values"])
    assert found.rate_hz == 100.0
    assert found.channels == tuple(Channel(name=f"acc{axis}", units="m/s2") for axis in "XYZ")
    assert (found.device_name, found.device_type) == ("ac:87:a3:0a:2d:1b", "DISCO-L475VG-IOT01A")
    assert found.is_signed
    assert not found.is_audio
    with pytest.raises(DatasetError, match="one channel of sound, got accX, accY, accZ"):
        audio_pcm(found, "example")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no JSON"),
        (b"\xa3\x01", "not CBOR: 6 bytes expected, 1 left at byte 1"),
        (b"[1]", "expected an object, got list"),
        (b"[" * 100_000, "more than 32 levels|no JSON"),
        (changed("protected", None), "protected: expected an object"),
        (changed("protected.ver", "v2"), "expected 'v1', got 'v2'"),
        (changed("protected.alg", "RS512"), "expected 'none' or 'HS256'"),
        (changed("payload", 3), "payload: expected an object"),
        (changed("payload.interval_ms", 0), "interval_ms"),
        (changed("payload.interval_ms", "10"), "interval_ms"),
        (changed("payload.interval_ms", 1e-320), "interval_ms"),
        (changed("payload.interval_ms", True), "interval_ms"),
        (changed("payload.sensors", []), "1 to 64 sensors"),
        (changed("payload.sensors", [{"name": "x"}]), "units: expected text"),
        (changed("payload.values", []), "expected a list of samples"),
        (changed("payload.values", [[1, 2]]), r"values\[0\]: expected 3 numbers, got \[1, 2\]"),
        (changed("payload.values", [[1, 2, 3], [1, 2, None]]), r"values\[1\]: expected 3 numbers"),
        (changed("payload.values", [[1, 2, True]]), "expected 3 numbers"),
        (changed("payload.values", [[1, 2, 10**400]]), "expected 3 numbers"),
        (changed("payload.values", [[1, 2, float("nan")]]), "expected a finite number, got NaN"),
        (changed("payload.values", [[1, 2, float("inf")]]), "expected a finite number, got Infinity"),
        (changed("payload.device_name", 7), "device_name: expected text"),
    ],
)
def test_what_is_not_in_the_format_is_refused_with_the_reason(content: bytes, said: str) -> None:
    with pytest.raises(DatasetError, match=said) as error:
        parse_acquisition(content, "bad.json")
    assert error.value.message.startswith("bad.json")


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["ver", "alg", "sensors", "values", "interval_ms", "name"]), inner, max_size=3
            )
        ),
        max_leaves=8,
    )
)
def test_hostile_documents_give_an_acquisition_or_a_clear_error(value: Any) -> None:
    for path in ("protected", "payload", "payload.sensors", "payload.values", "payload.interval_ms"):
        try:
            found = parse_acquisition(changed(path, value), "hostile")
        except DatasetError as error:
            assert error.message.startswith("hostile")
        else:
            assert found.values.ndim == 2
            assert np.all(np.isfinite(found.values))


def test_motion_survives_the_way_out_and_in(tmp_path: Path) -> None:
    motion = Acquisition(
        values=np.random.default_rng(0).normal(size=(50, 3)),
        interval_ms=1000 / 119,
        channels=tuple(Channel(name=f"acc{axis}", units="m/s2") for axis in "XYZ"),
        device_name="board 7",
        device_type="NANO33BLE",
    )
    write_acquisition(tmp_path / "idle.1.json", motion)
    found = read_acquisition(tmp_path / "idle.1.json")
    np.testing.assert_array_equal(found.values, motion.values)
    assert (found.interval_ms, found.channels, found.device_name) == (1000 / 119, motion.channels, "board 7")
    document = json.loads((tmp_path / "idle.1.json").read_text())
    assert document["protected"] == {"ver": "v1", "alg": "none"}
    assert document["signature"] == "0" * 64


def test_sound_survives_the_way_out_and_in(tmp_path: Path) -> None:
    pcm = clip(3)
    write_acquisition(tmp_path / "yes.1.json", audio_acquisition(pcm))
    np.testing.assert_array_equal(audio_pcm(read_acquisition(tmp_path / "yes.1.json"), "yes"), pcm)
    payload = json.loads((tmp_path / "yes.1.json").read_text())["payload"]
    assert (payload["interval_ms"], payload["sensors"]) == (0.0625, [{"name": "audio", "units": "wav"}])
    assert payload["values"] == pcm.tolist()


def test_sound_of_other_kinds() -> None:
    def sound(values: list[float], interval_ms: float = 0.0625) -> Acquisition:
        channels = (Channel(name="audio", units="wav"),)
        return Acquisition(values=np.array(values)[:, None], interval_ms=interval_ms, channels=channels)

    assert audio_pcm(sound([0.5, -0.25]), "float").tolist() == [16384, -8192]
    with pytest.raises(DatasetError, match="expected 16,000 Hz, got 8,000 Hz"):
        audio_pcm(sound([1, 2], 0.125), "slow")
    assert len(audio_pcm(sound([100.0] * 800, 0.125), "slow", convert=True)) == 1600
    with pytest.raises(DatasetError, match="beyond 16 bits"):
        audio_pcm(sound([40_000]), "loud")
    with pytest.raises(DatasetError, match="got 1 Hz"):
        audio_pcm(sound([1, 2], 1000), "odd", convert=True)


def test_an_exported_set_comes_back_whole(tmp_path: Path) -> None:
    folder = make_set(tmp_path / "set", n_speakers=6)
    counts = export_clips(folder, tmp_path / "out", "edge-impulse")
    files = list_export(tmp_path / "out").files
    assert (len(files), len(folder)) == (62, 60)  # and the background
    assert sum(file.part == "testing" for file in files) == counts["testing"]
    assert sum(file.part == "validation" for file in files) == counts["validation"]
    originals = {clip.path.name + clip.label: clip.read() for clip in folder if clip.path}
    for file in files[:60]:
        pcm = audio_pcm(read_acquisition(file.path), str(file.path))
        stem = file.path.name.split(".")[2]
        np.testing.assert_array_equal(pcm, originals[f"{stem}.wav{file.label}"])
    (tmp_path / "out" / "info.labels").unlink()
    by_name = {(file.path, file.label, file.part) for file in list_export(tmp_path / "out").files}
    noted = ((file, "testing" if file.part == "testing" else "training") for file in files)
    assert by_name == {(file.path, file.label, part) for file, part in noted}


def test_labels_in_each_half_of_an_export(tmp_path: Path) -> None:
    for category in ("training", "testing"):
        (tmp_path / category).mkdir()
        row = {"path": "a.json", "category": category, "label": {"type": "label", "label": f"{category} word"}}
        (tmp_path / category / "info.labels").write_text(json.dumps({"version": 1, "files": [row]}))
    assert [(file.path.parent.name, file.label) for file in list_export(tmp_path).files] == [
        ("training", "training word"),
        ("testing", "testing word"),
    ]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"path": "../../etc/passwd", "label": {"label": "x"}}, "leads out of the folder"),
        ({"path": "/etc/passwd", "label": {"label": "x"}}, "leads out of the folder"),
        ({"path": "link/a.json", "label": {"label": "x"}}, "leads out of the folder"),
        ({"path": "a\0", "label": {"label": "x"}}, "leads out of the folder"),
        ({"label": {"label": "x"}}, '"path" is missing'),
        ({"path": 3, "label": {"label": "x"}}, "path: expected text, got 3"),
        (7, "expected an object"),
    ],
)
def test_a_hostile_list_of_labels_is_refused(tmp_path: Path, row: Any, said: str) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "link").symlink_to(tmp_path)
    (project / "info.labels").write_text(json.dumps({"version": 1, "files": [row]}))
    with pytest.raises(DatasetError, match=said):
        list_export(project)


def test_labels_with_dots_keep_them(tmp_path: Path) -> None:
    file = LabelledFile(path=tmp_path / "testing" / "v1_5.000001.json", label="v1.5", part="testing")
    write_info(tmp_path, [file])
    assert list_export(tmp_path).files == (file,)
    make_set(tmp_path / "set", n_speakers=1)
    (tmp_path / "set" / "yes").rename(tmp_path / "set" / "v1.5")
    export_clips(load_clip_folder(tmp_path / "set"), tmp_path / "out", "edge-impulse")
    assert {"v1.5", "no"} <= {item.label for item in list_export(tmp_path / "out").files}

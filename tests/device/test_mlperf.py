"""MLPerf Tiny: its text commands on real firmware, byte by byte, and the benchmarks by one command."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import mannwhitneyu
from tinyhost.compiler import compile_tflite
from tinyhost.device import Device
from tinyhost.link import Link
from tinyhost.models.file import load_model_file
from tinyhost.models.reference import HostReference
from tinyhost.models.summary import summarize

from tests.oracle.builder import ModelBuilder
from tests.oracle.sketch import Sketch
from tests.stations import Station, Stations

pytestmark = pytest.mark.firmware

SHAPES = {"kws01": (1, 49, 10, 1), "vww01": (1, 96, 96, 3), "ic01": (1, 32, 32, 3), "ad01": (1, 640)}
N_OUT = {"kws01": 12, "vww01": 2, "ic01": 10, "ad01": 640}
HELLO_AS_BYTES = b"\x04ab%\x00"  # anything that is no text up to a 0


def stand_in(name: str) -> bytes:
    """Return a small network with the shapes of a benchmark's."""
    sketch = Sketch(SHAPES[name])
    if name == "ad01":
        return sketch.dense(8).dense(N_OUT[name]).tflite()
    stride = SHAPES[name][1] // 4
    return sketch.conv(4, 3, stride=stride).mean().dense(N_OUT[name]).softmax().tflite()


def raw_input(name: str, seed: int) -> bytes:
    """Return an input as a host sends it."""
    rng = np.random.default_rng(seed)
    if name == "ad01":
        return rng.normal(0, 1, 640).astype("<f4").tobytes()
    return rng.integers(0, 256, int(np.prod(SHAPES[name])), np.uint8).tobytes()


def expected_results(image: bytes, name: str, data: bytes) -> NDArray[np.float32]:
    """Return what the engine on this computer makes of a raw input, by the benchmark's rules."""
    model = summarize(image)
    given, output = model.input, model.output
    if name == "ad01":
        reals = np.frombuffer(data, "<f4")
        steps = np.trunc(reals / np.float32(given.scale) + np.copysign(np.float32(0.5), reals))
        tensor = np.clip(steps + given.zero_point, -128, 127).astype(np.int8)
    else:
        pixels = np.frombuffer(data, np.uint8)
        tensor = (pixels - (0 if name == "kws01" else 128)).astype(np.uint8).view(np.int8)
    out = np.frombuffer(HostReference(image).run(tensor.tobytes()), np.int8)
    reals_out = (out.astype(np.int32) - output.zero_point).astype(np.float32) * np.float32(output.scale)
    return np.array([np.mean((reals - reals_out) ** 2)]) if name == "ad01" else reals_out


class Text:
    """The text end of a link."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def ask(self, command: bytes) -> bytes:
        """Return all that is said up to m-ready, with the digits of times as N."""
        self._link.write(command)
        got = b""
        while not got.endswith(b"m-ready\r\n"):
            piece = self._link.read(65_536, 30.0)
            assert piece, got
            got += piece
        return re.sub(rb"m-lap-us-[0-9]+", b"m-lap-us-N", got.replace(b"\0", b""))


@pytest.fixture(params=["native", pytest.param("m4", marks=pytest.mark.xdist_group("m4"))])
def station(request: pytest.FixtureRequest, stations: Stations) -> Station:
    return stations(request.param, "mlperf")


@pytest.mark.parametrize("name", list(SHAPES))
def test_a_session_of_every_benchmark_is_played_to_the_letter(station: Station, name: str, tmp_path: Path) -> None:
    (tmp_path / f"{name}.tflite").write_bytes(stand_in(name))
    image = load_model_file(tmp_path / f"{name}.tflite").image
    data = raw_input(name, 1)
    results = expected_results(image, name, data)
    with station.board.power() as powered:
        with Device.open(powered) as device:
            device.push(image)
        link = powered.open_link()
        try:
            text = Text(link)
            while link.read(65_536, 0.3):  # what it says of itself
                pass
            assert text.ask(b"name%") == b"m-name-dut-[tinyhost]\r\nm-ready\r\n"
            profile = b"m-profile-[ULPMark for tinyML Firmware V0.0.1]\r\n"
            assert text.ask(HELLO_AS_BYTES + b"profile%") == profile + f"m-model-[{name}]\r\nm-ready\r\n".encode()
            assert text.ask(b"timestamp%") == b"m-lap-us-N\r\nm-ready\r\n"
            assert (
                text.ask(f"db load {len(data)}%".encode()) == f"m-[Expecting {len(data)} bytes]\r\nm-ready\r\n".encode()
            )
            pieces = [data[start : start + 31].hex().encode() for start in range(0, len(data), 31)]
            for piece in pieces[:-1]:
                assert text.ask(b"db " + piece + b"%") == b"m-ready\r\n"
            assert text.ask(b"db " + pieces[-1] + b"%") == b"m-load-done\r\nm-ready\r\n"
            first = "-".join(f"{byte:02x}" for byte in data[:8]).encode()
            assert text.ask(b"db print%").startswith(b"m-buffer-" + first + b"\r\nm-buffer-")
            said = b"m-results-[" + ",".join(f"{value:.3f}" for value in results).encode() + b"]\r\n"
            for n, warmups in ((1, 0), (3, 2)):
                assert (
                    text.ask(f"infer {n} {warmups}%".encode())
                    == (
                        f"m-warmup-start-{warmups}\r\nm-warmup-done\r\nm-infer-start-{n}\r\nm-lap-us-N\r\nm-lap-us-N\r\n"
                        "m-infer-done\r\n"
                    ).encode()
                    + said
                    + b"m-ready\r\n"
                )
            assert text.ask(b"results%") == said + b"m-ready\r\n"
            assert text.ask(b"fly%") == b"e-[Unknown command: fly]\r\nm-ready\r\n"
        finally:
            link.close()
        with Device.open(powered) as device:
            assert device.info.app == "mlperf"


@pytest.fixture
def native(stations: Stations) -> Iterator[Station]:
    yield stations("native", "mlperf")


def test_the_index_that_a_network_ends_with_is_one_result(native: Station) -> None:
    builder = ModelBuilder()
    scores = builder.tensor((1, 4), scale=0.1)
    index = builder.tensor((1,), dtype="int32")
    builder.operator("ARG_MAX", [scores, builder.integers(1)], index, OutputType=2)
    image = compile_tflite(builder.build([scores], [index]), name="index").image
    with native.board.power() as powered:
        with Device.open(powered) as device:
            device.push(image)
        link = powered.open_link()
        try:
            text = Text(link)
            while link.read(65_536, 0.3):  # what it says of itself
                pass
            text.ask(b"name%")
            text.ask(b"db load 4%")
            text.ask(b"db 01027f03%")
            text.ask(b"infer 1 0%")
            assert text.ask(b"results%") == b"m-results-[2.000]\r\nm-ready\r\n"
        finally:
            link.close()


def write_set(folder: Path, name: str, n_files: int, labels: list[int], windows: str = "") -> Path:
    folder.mkdir()
    lines = []
    for index in range(n_files):
        content = raw_input(name, index) + (raw_input(name, 100 + index)[:1024] if windows else b"")
        (folder / f"{index}.bin").write_bytes(content)
        lines.append(f"{index}.bin,{N_OUT[name] if name != 'ad01' else 2},{labels[index]}{windows}\n")
    (folder / "y_labels.csv").write_text("".join(lines))
    return folder


def test_a_benchmark_runs_by_one_command(native: Station, tmp_path: Path) -> None:
    model = tmp_path / "kws.tflite"
    model.write_bytes(stand_in("kws01"))
    image = load_model_file(model).image
    tops = [int(expected_results(image, "kws01", raw_input("kws01", index)).argmax()) for index in range(6)]
    data = write_set(tmp_path / "data", "kws01", 6, [*tops[:5], (tops[5] + 1) % 12])
    out = tmp_path / "out"
    words = ("mlperf", "run", str(data), "--model", str(model), "--window", "0.02", "--out", str(out))
    document = native.run_json(*words, code=1)
    assert document["benchmark"] == "kws01"
    accuracy = document["accuracy"]
    assert (accuracy["top1_percent"], accuracy["n_inferences"]) == (pytest.approx(500 / 6), 6)
    assert (accuracy["reached"], accuracy["official_truth"]) == (False, False)
    assert re.search(r"^\d{4}\.\d{6} ulp-mlperf: Top 1% = 83\.3$", (out / "accuracy/results.txt").read_text(), re.M)
    performance = document["performance"]
    assert len(performance["measured"]) == 5
    assert all(window["warmups"] == 10 and window["throughput"] > 0 for window in performance["measured"])
    assert (performance["shortest_window_s"] >= 0.02, performance["is_long_enough"]) == (True, False)
    assert "Median throughput" not in (out / "performance/results.txt").read_text()
    items = json.loads((out / "performance/results.json").read_text())
    assert {item["mode"] for item in items} == {"p"}
    assert items[0]["infer"]["elapsed_time"] == items[0]["infer"]["end_time"] - items[0]["infer"]["start_time"]
    log = (out / "accuracy/log.txt").read_text().splitlines()
    assert log[:2] == ["> name%", "< m-name-dut-[tinyhost]"] or "> profile%" in log


def test_windows_slide_over_recordings_of_machines(native: Station, tmp_path: Path) -> None:
    model = tmp_path / "ad.tflite"
    model.write_bytes(stand_in("ad01"))
    labels = [0, 1, 0, 1, 1, 0]
    data = write_set(tmp_path / "data", "ad01", 6, labels, windows=",2560,512")
    image = load_model_file(model).image
    words = ("mlperf", "run", str(data), "--model", str(model), "--mode", "accuracy", "--out", str(tmp_path / "out"))
    accuracy = native.run_json(*words, code=1)["accuracy"]
    assert accuracy["n_inferences"] == 6 * 3  # of 3,584 bytes each
    scores = []
    for index in range(6):
        content = (data / f"{index}.bin").read_bytes()
        windows = [content[start : start + 2560] for start in (0, 512, 1024)]
        scores.append(np.mean([expected_results(image, "ad01", window)[0] for window in windows]))
    means = np.array([item["results"][0] for item in accuracy["measured"]]).reshape(6, 3).mean(axis=1)
    assert means == pytest.approx(scores, abs=1e-3)
    is_anomaly = np.array(labels) == 1
    wins = mannwhitneyu(means[is_anomaly], means[~is_anomaly]).statistic
    assert accuracy["auc"] == pytest.approx(wins / 9)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("a.bin,12", "makes no sense"),
        ("../a.bin,12,3", "makes no sense"),
        ("a.bin,12,12", "class 12 of 12"),
        ("a.bin,2,1,100,50", "windows of 100 bytes every 50, expected 490"),
        ("", "empty"),
        ("none.bin,12,1", "1 of 1 files of y_labels.csv are missing, first none.bin"),
        ("a.bin,12,1", "3 bytes, expected 490"),
    ],
)
def test_a_set_that_is_none_is_told(native: Station, tmp_path: Path, line: str, message: str) -> None:
    (tmp_path / "kws.tflite").write_bytes(stand_in("kws01"))
    (tmp_path / "a.bin").write_bytes(b"abc")
    (tmp_path / "y_labels.csv").write_text(line)
    words = ("mlperf", "run", str(tmp_path), "--model", str(tmp_path / "kws.tflite"), "--out", str(tmp_path / "out"))
    assert message in native.run(*words, code=1).err


def test_another_app_and_another_model_are_refused(stations: Stations, native: Station, tmp_path: Path) -> None:
    assert "runs the app vww, expected mlperf" in stations("native").run("mlperf", "run", str(tmp_path), code=1).err
    assert "no model is active" in native.run("mlperf", "run", str(tmp_path), code=2).err
    (tmp_path / "other.tflite").write_bytes(Sketch((1, 8, 8, 1)).conv(2, 3).mean().softmax().tflite())
    words = ("mlperf", "run", str(tmp_path), "--model", str(tmp_path / "other.tflite"))
    assert "is none of kws01, vww01" in native.run(*words, code=2).err

"""MLPerf Tiny: its text commands on real firmware, byte by byte, and the benchmarks by one command."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tinyhost.audio.wav import write_wav
from tinyhost.bench.energy.meters import STAGES
from tinyhost.bench.energy.simulated import MarkReader
from tinyhost.boards.state import BoardFolder
from tinyhost.compiler import compile_tflite
from tinyhost.device import Device
from tinyhost.link import Link
from tinyhost.models.file import load_model_file
from tinyhost.models.reference import HostReference
from tinyhost.models.summary import summarize

from tests.lazily import lazily
from tests.oracle.builder import ModelBuilder
from tests.oracle.sketch import Sketch
from tests.stations import Station, Stations

stats = lazily("scipy.stats")

pytestmark = pytest.mark.firmware

SHAPES = {
    "kws01": (1, 49, 10, 1),
    "vww01": (1, 96, 96, 3),
    "ic01": (1, 32, 32, 3),
    "ic02": (1, 32, 32, 3),
    "ad01": (1, 640),
    "sww01": (1, 30, 1, 40),
}
N_OUT = {"kws01": 12, "vww01": 2, "ic01": 10, "ic02": 10, "ad01": 640, "sww01": 3}
STRIDE = 512  # samples that the wake word's model hears at once
HELLO_AS_BYTES = b"\x04ab%\x00"  # anything that is no text up to a 0


def stand_in(name: str) -> bytes:
    """Return a small network with the shapes of a benchmark's."""
    sketch = Sketch(SHAPES[name])
    if name == "ad01":
        return sketch.dense(8).dense(N_OUT[name]).tflite()
    stride = SHAPES[name][1] // 4
    if name == "ic02":  # known by its size
        sketch = sketch.conv(128, 3, stride=stride).conv(128, 3)
    return sketch.conv(4, 3, stride=1 if name == "ic02" else stride).mean().dense(N_OUT[name]).softmax().tflite()


def raw_input(name: str, seed: int) -> bytes:
    """Return an input as a host sends it."""
    rng = np.random.default_rng(seed)
    if name == "ad01":
        return rng.normal(0, 1, 640).astype("<f4").tobytes()
    return rng.integers(0, 256, int(np.prod(SHAPES[name])), np.uint8).tobytes()


def expected_results(image: bytes, name: str, data: bytes) -> NDArray[np.float32]:
    """Return the results of the engine on this computer for a raw input, by the benchmark's rules."""
    model = summarize(image)
    given, output = model.input, model.output
    if name == "ad01":
        reals = np.frombuffer(data, "<f4")
        steps = np.trunc(reals / np.float32(given.scale) + np.copysign(np.float32(0.5), reals))
        tensor = np.clip(steps + given.zero_point, -128, 127).astype(np.int8)
    else:
        pixels = np.frombuffer(data, np.uint8)
        tensor = (pixels - (0 if name in {"kws01", "sww01"} else 128)).astype(np.uint8).view(np.int8)
    out = np.frombuffer(HostReference(image).run(tensor.tobytes()), np.int8)
    reals_out = (out.astype(np.int32) - output.zero_point).astype(np.float32) * np.float32(output.scale)
    return np.array([np.mean((reals - reals_out) ** 2)]) if name == "ad01" else reals_out


class Text:
    """The text end of a link."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def ask(self, command: bytes) -> bytes:
        """Return the output up to m-ready, with the digits of times replaced by N."""
        self._link.write(command)
        return self.until(b"m-ready\r\n")

    def until(self, end: bytes) -> bytes:
        """Return the output up to `end`, with the digits of times replaced by N."""
        got = b""
        while not got.endswith(end):
            piece = self._link.read(65_536, 60.0)
            assert piece, got
            got += piece
        return re.sub(rb"m-lap-us-[0-9]+", b"m-lap-us-N", got.replace(b"\0", b""))


@pytest.fixture(params=["native", pytest.param("m4", marks=pytest.mark.xdist_group("m4"))])
def station(request: pytest.FixtureRequest, stations: Stations) -> Station:
    return stations(request.param, "mlperf")


def settled(link: Link) -> Text:
    """Return the text end of a link whose device has printed its greeting."""
    while link.read(65_536, 0.3):
        pass
    return Text(link)


def echo(command: bytes) -> bytes:
    """Return the first output of a device that hears a stream."""
    return b"Received command: " + command + b"\r\n"


def numbers(said: bytes, head: bytes) -> list[int]:
    """Return the integers in the brackets behind `head`."""
    match = re.search(re.escape(head) + rb"\s*\[([^]]*)\]", said)
    assert match, said
    return [int(value) for value in match[1].split(b",") if value.strip()]


def heard_features(sound: NDArray[np.int16], image: bytes) -> NDArray[np.int8]:
    """Return the model's features of each stride, (n_strides, 40): get_dataset.py of the benchmark, in float64."""
    reals = np.concatenate([np.zeros(STRIDE), sound / 32768.0])
    raised = reals - 0.96875 * np.concatenate([[0.0], reals[:-1]])
    mel = np.log1p(np.arange(513) * 8000 / 512 / 700) / np.log1p(8000 / 700) * 41
    bands = np.maximum(0, np.minimum(mel[:, None] - np.arange(40), np.arange(2, 42) - mel[:, None]))
    bands[0] = 0
    given = summarize(image).input
    rows = []
    for start in range(0, len(sound) - STRIDE + 1, STRIDE):
        energies = np.abs(np.fft.rfft(raised[start : start + 1024] * np.hamming(1024))) ** 2 / 1024
        decibels = 10 * np.log10(np.maximum(energies @ bands, 1e-30))
        steps = np.clip((decibels + 52) / 64, 0, 1) / given.scale + given.zero_point
        rows.append(np.clip(np.trunc(steps), -128, 127))
    return np.array(rows).astype(np.int8)


def heard_outputs(features: NDArray[np.int8], image: bytes) -> NDArray[np.int8]:
    """Return the model's output after each stride, (n_strides, 3)."""
    window, reference, rows = np.zeros((30, 40), np.int8), HostReference(image), []
    for row in features:
        window = np.vstack([window[1:], row])
        rows.append(np.frombuffer(reference.run(window.tobytes()), np.int8))
    return np.array(rows)


def stand_in_sound(n_strides: int) -> NDArray[np.int16]:
    """Return tones that come and go over noise, 16 kHz."""
    t = np.arange(n_strides * STRIDE) / 16_000
    tone = np.sin(2 * np.pi * (300 + 900 * t) * t) * (np.sin(2 * np.pi * 1.7 * t) > 0)
    return np.rint(6000 * tone + np.random.default_rng(2).normal(0, 300, len(t))).astype(np.int16)


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
            text = settled(link)
            assert text.ask(b"name%") == b"m-name-dut-[tinyhost]\r\nm-ready\r\n"
            profile = b"m-profile-[ULPMark for tinyML Firmware V0.0.1]\r\n"
            assert text.ask(HELLO_AS_BYTES + b"profile%") == profile + f"m-model-[{name}]\r\nm-ready\r\n".encode()
            assert text.ask(b"timestamp%") == b"m-lap-us-N\r\nm-ready\r\n"
            is_stream = name == "sww01"  # which repeats what it was told
            expecting = f"m-[Expecting {len(data)} bytes]\r\nm-ready\r\n".encode()
            load = f"db load {len(data)}".encode()
            assert text.ask(load + b"%") == (echo(load) if is_stream else b"") + expecting
            pieces = [b"db " + data[start : start + 31].hex().encode() for start in range(0, len(data), 31)]
            for n, piece in enumerate(pieces[:-1], 1):
                said = b"%sm-ready\r\n" % (echo(piece) + b"%d bytes received\r\n" % (31 * n) if is_stream else b"")
                assert text.ask(piece + b"%") == said
            said = (echo(pieces[-1]) if is_stream else b"") + b"m-load-done\r\nm-ready\r\n"
            assert text.ask(pieces[-1] + b"%") == said
            first = "-".join(f"{byte:02x}" for byte in data[:8]).encode()
            assert b"m-buffer-" + first + b"\r\nm-buffer-" in text.ask(b"db print%")
            said = b"m-results-[" + ",".join(f"{value:.3f}" for value in results).encode() + b"]\r\n"
            marks = MarkReader(BoardFolder(station.state, station.kind).path)
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
            n_stamps = sum(mark.stages == 1 << STAGES.index("preprocess") for mark in marks.new())
            assert n_stamps == 4  # what an energy meter sees: before and after what is measured
            assert text.ask(b"results%") == said + b"m-ready\r\n"
            assert text.ask(b"fly%") == b"e-[Unknown command: fly]\r\nm-ready\r\n"
        finally:
            link.close()
        with Device.open(powered) as device:
            assert device.info.app == "mlperf"


def test_a_stream_is_heard_by_the_link_and_by_the_microphone(station: Station, tmp_path: Path) -> None:
    (tmp_path / "sww.tflite").write_bytes(stand_in("sww01"))
    image = load_model_file(tmp_path / "sww.tflite").image
    sound = stand_in_sound(24)
    write_wav(tmp_path / "sound.wav", sound)
    with station.board.power(scene=str(tmp_path / "sound.wav")) as powered:
        with Device.open(powered) as device:
            device.push(image)
        link = powered.open_link()
        try:
            text, rows, outputs = settled(link), [], []
            for start in range(0, 12 * STRIDE, STRIDE):
                data = sound[start : start + STRIDE].astype("<i2").tobytes()
                text.ask(b"db load 1024%")
                assert text.ask(b"db " + data[:512].hex().encode() + b"%").endswith(
                    b"512 bytes received\r\nm-ready\r\n"
                )
                text.ask(b"db ff%")
                assert text.ask(b"db getptr%") == echo(b"db getptr") + b"m-buff-ptr-513\r\nm-ready\r\n"
                assert text.ask(b"db setptr 512%") == echo(b"db setptr 512") + b"m-ready\r\n"
                assert b"m-load-done" in text.ask(b"db " + data[512:].hex().encode() + b"%")
                said = text.ask(b"extract_uart_stream%")
                rows.append(numbers(said, b"m-features-"))
                outputs.append(numbers(said, b"m-activations-"))
            features = heard_features(sound, image)
            differences = np.abs(np.array(rows) - features[:12])
            assert differences.max() <= 1
            assert np.count_nonzero(differences) <= 5  # of 480: cut off, not rounded
            assert outputs == heard_outputs(np.array(rows, np.int8), image).tolist()
            assert numbers(text.ask(b"run_model%"), b"command: run_model\r\n") == outputs[-1]
            text.ask(b"db load 2048%")
            for piece in np.split(sound[: 2 * STRIDE].astype("<i2"), 4):
                text.ask(b"db " + piece.tobytes().hex().encode() + b"%")
            said = text.ask(b"infer_wav 512%")
            assert said.startswith(echo(b"infer_wav 512") + b"Infering on static wav with offset = 512\r\n([")
            assert said.count(b"), \r\n") == 1
            assert text.ask(b"stop%") == echo(b"stop") + b"I2S is already idle.  Ignoring stop request\r\nm-ready\r\n"
            listening = b"Listening for I2S data ... \r\n"
            assert text.ask(b"start%") == echo(b"start") + listening + b"DMA receive initiated.\r\nm-ready\r\n"
            assert b"in progress" in text.ask(b"start%")
            while not re.search(rb"m-strides-(1[2-9]|[2-9][0-9])", text.ask(b"state%")):
                pass
            said = text.ask(b"stop%")
            assert said.startswith(echo(b"stop") + b"Streaming stopped.\r\ntarget activations: \r\n[")
            heard = numbers(said, b"target activations:")
            assert heard[:12] == [output[0] for output in outputs]
            assert b"m-state-idle" in text.ask(b"state%")
            assert text.ask(b"log%") == echo(b"log") + b"Log contents[cp=0]:\r\n<>\r\nm-ready\r\n"
            text.ask(b"i2scap 600%")
            said = text.until(b"]\r\n")
            assert numbers(said, b"600 int16s read out of 600 requested\r\n") == sound[:600].tolist()
        finally:
            link.close()


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
            text = settled(link)
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
    wins = stats.mannwhitneyu(means[is_anomaly], means[~is_anomaly]).statistic
    assert accuracy["auc"] == pytest.approx(wins / 9)


def write_stream(folder: Path, image: bytes, n_strides: int) -> Path:
    """Write a sound whose wake words are where the model hears them, and one where it hears none."""
    folder.mkdir()
    sound = stand_in_sound(n_strides)
    write_wav(folder / "sound.wav", sound)
    heard = heard_outputs(heard_features(sound, image), image)[:, 0]
    assert heard.max() <= 115  # a stand-in is sure of nothing
    length_s = n_strides * STRIDE / 16_000
    item = {"wav_file": "sound.wav", "sample_rate": 16_000, "length_sec": length_s, "detection_windows": [[0.5, 0.9]]}
    (folder / "sww_long_test.json").write_text(json.dumps([item]))
    return folder


def test_a_stream_runs_by_one_command(native: Station, tmp_path: Path) -> None:
    model = tmp_path / "sww.tflite"
    model.write_bytes(stand_in("sww01"))
    image = load_model_file(model).image
    data = write_stream(tmp_path / "data", image, 40)
    document = native.run_json("mlperf", "run", str(data), "--model", str(model), "--out", str(tmp_path / "out"))
    assert (document["benchmark"], document["accuracy"], document["performance"]) == ("sww01", None, None)
    stream = document["stream"]
    expected = heard_outputs(heard_features(stand_in_sound(40), image), image)[:, 0]
    assert len(stream["activations"]) == 40
    assert np.count_nonzero(np.array(stream["activations"]) - expected) <= 2  # where a feature is cut off otherwise
    assert (stream["true_positives"], stream["false_negatives"], stream["false_positives"]) == (0, 1, 0)
    assert stream["throughput"] == pytest.approx(1 / stream["processing_s"])
    accepts_stream(tmp_path / "out/performance")
    (item,) = json.loads((tmp_path / "out/performance/results.json").read_text())
    assert (item["infer"]["detections"], item["infer"]["detection_windows"], item["mode"]) == ([0], [[0.5, 0.9]], "p")


def accepts_stream(folder: Path) -> None:
    """Check what the submission checker looks for in sww's results."""
    assert {path.name for path in folder.iterdir()} == {"log.txt", "results.txt", "results.json"}
    text = (folder / "results.txt").read_text()
    assert re.search(r"Accuracy: ([\d]+) True positives, ([\d]+) False negatives, ([\d]+) False positives", text)
    assert re.search(r"Average duty cycle:\s*([\d\.]+)", text)
    assert re.search(r"Estimated throughput:\s*([\d\.]+) inf\./sec\..*", text)


@pytest.mark.soak
@pytest.mark.parametrize("name", [name for name in SHAPES if name != "sww01"])
def test_what_a_whole_run_writes_is_accepted(station: Station, name: str, tmp_path: Path) -> None:
    model = tmp_path / "model.tflite"
    model.write_bytes(stand_in(name))
    image = load_model_file(model).image
    results = [expected_results(image, name, raw_input(name, index)) for index in range(10)]
    labels = [int(result.argmax()) for result in results]
    if name == "ad01":
        labels = [int(result[0] > np.median(np.array(results))) for result in results]
    windows = ",2560,2560" if name == "ad01" else ""
    data = write_set(tmp_path / "data", name, 10, labels, windows=windows)
    out = tmp_path / "out"
    document = station.run_json("mlperf", "run", str(data), "--model", str(model), "--out", str(out))
    assert document["accuracy"]["reached"]
    assert document["performance"]["is_long_enough"]
    for folder, pattern in (
        ("accuracy", r".* AUC\s?[:=] ([\d\.]+).*" if name == "ad01" else r".* Top[- ]1%?\s?[:=] ([\d\.]+).*"),
        ("performance", r".* Median throughput is\s+([\d\.]+) inf\./sec\..*"),
    ):
        assert {path.name for path in (out / folder).iterdir()} == {"log.txt", "results.txt", "results.json"}
        lines = (out / folder / "results.txt").read_text().splitlines()
        assert any(re.match(pattern, line) for line in lines)
        items = json.loads((out / folder / "results.json").read_text())
        log = (out / folder / "log.txt").read_text()
        assert sum(line.startswith("> infer ") for line in log.splitlines()) >= len(items)
        assert log.count("< m-results-[") >= len(items)
    assert len(document["performance"]["measured"]) == 5


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("a.bin,12", "invalid line"),
        ("../a.bin,12,3", "invalid line"),
        ("a.bin,12,12", "class 12 of 12"),
        ("a.bin,2,1,100,50", "windows of 100 bytes every 50, expected 490"),
        ("", "empty"),
        ("none.bin,12,1", "1 of 1 files of y_labels.csv are missing, first none.bin"),
        ("a.bin,12,1", "3 bytes, expected 490"),
    ],
)
def test_a_set_that_is_none_is_reported(native: Station, tmp_path: Path, line: str, message: str) -> None:
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

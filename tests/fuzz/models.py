"""Targets: models, the files beside them, histories of figures."""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path

import numpy as np
from rich.console import Console
from tinyhost.bench.difference import parse_npy
from tinyhost.bench.model_card.card import model_card
from tinyhost.bench.model_card.cyclonedx import ml_bom
from tinyhost.bench.model_card.facts import ModelFacts
from tinyhost.bench.model_card.measures import bench_measures, training_measures
from tinyhost.compiler import compile_tflite, image_for_tflm
from tinyhost.compiler.app_defaults import AppDefaults, WakeDefaults
from tinyhost.compiler.checksum import image_crc32
from tinyhost.compiler.image_format import ImageHeader, Task
from tinyhost.compiler.settings_file import read_settings_file, settings_text
from tinyhost.compiler.tflite_reader import read_tflite
from tinyhost.errors import TinyhostError
from tinyhost.models.adapt.adapting import AdaptOptions, adapted_bytes
from tinyhost.models.cascade import joined
from tinyhost.models.file import load_model_file
from tinyhost.models.fits import Fit, Limits
from tinyhost.models.summary import summarize
from tinyhost.models.wrapped import unwrapped
from tinyhost.system.json_reading import JsonObject, parse_json
from tinyhost.views.inspect import inspect_view

from scripts.bench_history import Entry, append_entry, last_figures, read_history
from tests.apps.tones import LABELS, PARAMS, cascade_model, loudness_network, tone_network
from tests.fuzz.engine import Target
from tests.fuzz.files import reader, written
from tests.fuzz.operators import changed_model
from tests.oracle.builder import ModelBuilder
from tests.oracle.recorded import recorded_models
from tests.oracle.sketch import Sketch
from tests.stations import SHIPPED_MODELS, shipped_image
from tests.unit.compiler.models import picture_classifier
from tests.wrapped_models import c_array, zipped

__all__ = ["TARGETS"]

_LABELS = ("empty", "person")
_WAKE = WakeDefaults(threshold=0.5, hold_ms=300)


@cache
def _classifier() -> bytes:
    return picture_classifier()


@cache
def _layers() -> bytes:
    """Return a model of the operators that a classifier of pictures lacks."""
    b = ModelBuilder()
    x = b.tensor((1, 8, 8, 2), scale=0.05)
    pooled = b.operator(
        "MAX_POOL_2D", [x], b.tensor((1, 4, 4, 2), scale=0.05),
        Padding=0, StrideH=2, StrideW=2, FilterWidth=2, FilterHeight=2, FusedActivationFunction=0,
    )  # fmt: skip
    sums = b.operator("ADD", [pooled, pooled], b.tensor((1, 4, 4, 2), scale=0.1), FusedActivationFunction=1)
    joined = b.operator(
        "CONCATENATION", [sums, sums], b.tensor((1, 4, 4, 4), scale=0.1), Axis=3, FusedActivationFunction=0
    )
    y = b.operator("LOGISTIC", [joined], b.tensor((1, 4, 4, 4), scale=1 / 256, zero_point=-128))
    return b.build([x], [y])


def _small() -> bytes:
    """Return a model of two classes that is compiled at once."""
    b = ModelBuilder()
    x = b.tensor((1, 4), scale=0.05)
    weights = b.tensor((2, 4), scale=0.05, data=np.eye(2, 4, dtype=np.int8))
    y = b.operator("FULLY_CONNECTED", [x, weights], b.tensor((1, 2), scale=0.1), FusedActivationFunction=0)
    return b.build([x], [y])


def _several() -> bytes:
    """Return a model of two inputs and three outputs, of int8, int16 and float32."""
    b = ModelBuilder()
    x, y = b.tensor((1, 4), dtype="int16", scale=0.05), b.tensor((1, 3), dtype="float32")
    weights = b.tensor((2, 4), scale=0.05, data=np.eye(2, 4, dtype=np.int8))
    dense = b.tensor((1, 2), dtype="int16", scale=0.1)
    b.operator("FULLY_CONNECTED", [x, weights], dense, FusedActivationFunction=0)
    chances = b.operator("SOFTMAX", [dense], b.tensor((1, 2), dtype="int16", scale=2.0**-15), Beta=1.0)
    return b.build([x, y], [chances, b.operator("QUANTIZE", [y], b.tensor((1, 3), scale=0.1)), dense])


def _with_checksum(image: bytes) -> bytes:
    if len(image) < ImageHeader.SIZE:
        return image
    header = replace(ImageHeader.unpack(image), total_bytes=len(image))
    image = header.pack() + image[ImageHeader.SIZE :]
    return replace(header, crc32=image_crc32(image)).pack() + image[ImageHeader.SIZE :]


def _images() -> list[bytes]:
    compiled = compile_tflite(_classifier(), name="hall", labels=_LABELS)
    for_tflm = image_for_tflm(compiled.parsed, _classifier())
    files = (_layers(), _several(), recorded_models("WINOGRAD_CONV_2D")[0].data)
    others = [compile_tflite(tflite, name="layers", winograd=True).image for tflite in files]
    return [compiled.image, *others, for_tflm, cascade_model(_WAKE)]


def _show_image(data: bytes) -> None:
    """Process an image as `inspect` and `push` do on the host."""
    model = summarize(data)
    for columns in (40, 100):
        view = inspect_view(model, Fit.of(model, Limits.of_firmware(model.task, model.engine)), columns)
        Console(quiet=True).print(view)
    json.dumps(asdict(model), allow_nan=False)


def _compile(data: bytes) -> None:
    _show_image(compile_tflite(data, name="fuzzed").image)


def _tflites() -> list[bytes]:
    kinds = ("chains", "chains of float32", "chains of int16", "streaming", "SVDF", "UNIDIRECTIONAL_SEQUENCE_LSTM")
    return [_classifier(), _layers(), _several(), *(recorded_models(kind)[0].data for kind in kinds)]


def _adapt(data: bytes) -> None:
    """Adapt a file in every way; the equality of the results costs too much to be measured here."""
    for wish in (
        {"gray": True},
        {"integer_ends": True},
        {"order": (1, 0)},
        {"softmax": "off"},
        {"softmax": "on"},
        {"pixel_range": (0.0, 1.0)},
    ):
        with contextlib.suppress(TinyhostError):
            read_tflite(adapted_bytes(data, AdaptOptions(**wish), where="fuzzed"))


def _colours() -> bytes:
    return Sketch((1, 8, 8, 3)).pad(1, 1).conv(4, 3).mean().dense(2).softmax().tflite()


def _settings() -> list[bytes]:
    anomaly = json.loads((SHIPPED_MODELS["anomaly"].parent / "settings.json").read_bytes())
    anomaly["anomaly"]["centroids"]["values"] = anomaly["anomaly"]["centroids"]["values"][:2]
    kws = (SHIPPED_MODELS["kws"].parent / "settings.json").read_bytes()
    small = [settings_text(AppDefaults(threshold=0.5), task).encode() for task in Task]
    woken = settings_text(AppDefaults(task_data=PARAMS.pack(), wake=_WAKE), Task.KWS).encode()
    return [json.dumps(anomaly).encode(), kws, kws, woken, *small]


def _compiled_with(path: Path) -> object:
    """Compile a model with the settings beside it, which is where a value that nobody checked would be used."""
    task, defaults = read_settings_file(path)
    if defaults.wake is not None:
        both = joined(loudness_network(), tone_network())
        return compile_tflite(both, name="words", labels=LABELS, task=task, defaults=defaults)
    return compile_tflite(_classifier(), name="hall", labels=_LABELS, task=task, defaults=defaults)


def _beside_labels(folder: Path) -> object:
    model = folder / "model.tflite"
    if not model.exists():
        model.write_bytes(_small())
    return load_model_file(model)


def _history(path: Path) -> None:
    for entry in read_history(path):
        for figures in entry.models.values():
            last_figures([entry], figures["sha256"])


def _histories() -> list[bytes]:
    figures = {"sha256": "ab" * 32, "macs": 1, "live_macs": 1, "ticks": 2, "arena_bytes": 3, "flash_bytes": 4}
    entry = Entry(
        date="2026-01-01", commit="abc", build_id="0" * 16, engine_bytes=5, models={"m": {**figures, "kinds": {"A": 1}}}
    )
    return [written("history.json", lambda path: append_entry(path, entry))]


def _arrays() -> list[bytes]:
    arrays = np.arange(12, dtype=np.int8).reshape(1, 3, 4), np.array(0.5)
    files = [io.BytesIO() for _ in arrays]
    for file, array in zip(files, arrays, strict=True):
        np.save(file, array)
    return [file.getvalue() for file in files]


def _wrapped() -> list[bytes]:
    return [c_array(_small()), zipped({"model.h": c_array(_small()), "labels.txt": b"0 no\n1 yes\n"})]


def _benches() -> list[bytes]:
    interval = {"low": 0.1, "high": 0.9}
    score = {"n": 4, "recall": 0.5, "recall_interval": interval, "precision": None, "precision_interval": None}
    accuracy = {"data": "a/b", "n": 4, "top1": 0.5, "top1_interval": interval, "auc": 1, "per_class": {"x": score}}
    group = {"group": "f", "n": 4, "judged": False, "accuracy": 0.5, "accuracy_interval": interval}
    grouping = {"column": "sex", "groups": [group], "criteria": {"accuracy_difference": 0.1}}
    motion = {"data": "a", "labels": {"x": {"auc": 1.0, "n_windows": 3, "n_recordings": 2, "n_alarmed": 1}}}
    found = {"accuracy": accuracy, "fairness": {"positive": "x", "groupings": [grouping]}, "motion": motion}
    step = {"value": 0.5, "accuracy": 0.5, "accuracy_interval": interval, "breaks": True}
    found["robustness"] = {"data": "a", "n": 4, "sweeps": [{"name": "light", "unit": "times", "steps": [step]}]}
    cost = {"latency": {"unit": "ns", "invoke": {"median": 5}}, "model": {"arena_bytes": 9}}
    return [json.dumps({"board": "m4", **found, **cost}).encode(), json.dumps({"test": accuracy}).encode()]


def _measures(data: bytes) -> None:
    """Make a model's papers of a benchmark's figures, and of a training's."""
    values = JsonObject.of(parse_json(data, "fuzzed", hint=""), "fuzzed", hint="").values
    facts = ModelFacts(
        summary=summarize(shipped_image("vww")),
        answers={},
        measures=(*bench_measures(values), *training_measures(values)),
        data=None,
        metrics=values,
    )
    model_card(facts)
    json.dumps(ml_bom(facts, time="2026-12-01T00:00:00Z"))


def _unwrap(data: bytes) -> None:
    unwrapped(data, where="fuzzed")


TARGETS = [
    Target(name="wrapped", parse=_unwrap, seeds=_wrapped),
    Target(name="tflite", parse=_compile, seeds=_tflites),
    Target(name="operators", parse=_compile, seeds=lambda: [_small()], repair=changed_model),
    Target(name="adapt", parse=_adapt, seeds=lambda: [_classifier(), _colours()]),
    Target(name="thm", parse=_show_image, seeds=_images, repair=_with_checksum),
    Target(name="settings", parse=reader("settings.json", _compiled_with), seeds=_settings),
    Target(
        name="labels",
        parse=reader("labels.txt", _beside_labels, subject="."),
        seeds=lambda: [b"empty\nperson\n", b"\xef\xbb\xbfno\r\nsi\xcc\x81\r\n"],
    ),
    Target(name="npy", parse=lambda data: parse_npy(data, "a.npy"), seeds=_arrays),
    Target(name="bench document", parse=_measures, seeds=_benches),
    Target(name="history", parse=reader("history.json", _history), seeds=_histories),
]

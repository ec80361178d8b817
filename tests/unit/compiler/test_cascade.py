"""Two networks in one model: one file, one image, the first network first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tinyhost import _firmware
from tinyhost.compiler import ModelImage, Task, compile_tflite
from tinyhost.compiler.app_defaults import AppDefaults, WakeDefaults
from tinyhost.compiler.cascade import cascade_of
from tinyhost.compiler.image_format import KwsParams, WakeParams
from tinyhost.compiler.settings_file import read_settings_file, settings_text
from tinyhost.errors import ConfigError, ModelError, UnsupportedModelError, UsageError
from tinyhost.models.cascade import joined
from tinyhost.models.file import load_model_file
from tinyhost.models.reference import TflmReference, open_reference
from tinyhost.models.summary import summarize

from tests.apps.tones import LABELS, PARAMS, cascade_model, loudness_network, tone_model, tone_network
from tests.oracle.oracle import open_oracle
from tests.stations import SHIPPED_MODELS

WAKE = WakeDefaults(threshold=0.25, hold_ms=400)
DEFAULTS = AppDefaults(threshold=0.6, task_data=PARAMS.pack(), wake=WAKE)


def random_inputs(n: int) -> list[bytes]:
    rng = np.random.default_rng(3)
    return [rng.integers(-128, 128, 1960).astype(np.int8).tobytes() for _ in range(n)]


@pytest.mark.parametrize("passes", [True, False])
def test_both_networks_answer_as_they_do_alone(passes: bool) -> None:
    engine = _firmware.Engine()
    image = cascade_model(WAKE, passes=passes)
    engine.load(image)
    info = cascade_of(ModelImage.parse(image))
    assert info is not None
    assert (info.threshold, info.hold_ms) == (0.25, 400)
    alone = [open_oracle(network) for network in (loudness_network(), tone_network())]
    for data in random_inputs(20):
        engine.set_input(np.frombuffer(data, np.int8))
        engine.invoke_range(0, info.last_operator + 1)
        assert bytes(engine.operator_output(info.last_operator).tobytes()) == alone[0].run(data)
        engine.invoke_range(info.last_operator + 1, engine.n_operators)
        assert bytes(engine.output().tobytes()) == alone[1].run(data)


def test_one_file_holds_both_and_others_run_it() -> None:
    shipped = SHIPPED_MODELS["kws"].read_bytes()
    both = joined(shipped, shipped)
    one, two = TflmReference(shipped), TflmReference(both)
    image = compile_tflite(
        both, name="twice", task=Task.KWS, labels=("silence", "unknown", "yes", "no"), defaults=DEFAULTS
    ).image
    host = open_reference("tflm", image=image, tflite=both)
    for data in random_inputs(3):
        answer = one.run(data)
        padded = answer + bytes(-len(answer) % 16)
        assert two.run(data) == padded + padded
        assert host.run(data) == answer == open_reference("host", image=image, tflite=None).run(data)
    summary = summarize(image)
    assert summary.cascade is not None
    assert summary.cascade.last_operator + 1 == len(summary.operators) // 2
    assert summary.output.shape == (1, 4)


def refused(name: str, wake: WakeDefaults = WAKE, defaults: AppDefaults = DEFAULTS, task: Task = Task.KWS) -> None:
    tflite = {"one": tone_network(), "both": joined(loudness_network(), tone_network())}[name]
    compile_tflite(tflite, name="it", task=task, labels=LABELS, defaults=replace(defaults, wake=wake))


@pytest.mark.parametrize(
    ("what", "error", "words"),
    [
        (lambda: refused("one"), UnsupportedModelError, "expected one input and two outputs of int8"),
        (lambda: refused("both", task=Task.VWW), UnsupportedModelError, "only the app kws runs cascades"),
        (
            lambda: refused("both", defaults=AppDefaults(threshold=0.6)),
            UnsupportedModelError,
            "only the app kws runs cascades",
        ),
        (lambda: refused("both", WakeDefaults(threshold=0.5, hold_ms=10_001)), UsageError, "a hold of 0 to 10000 ms"),
        (lambda: joined(tone_network(13), tone_network()), UnsupportedModelError, "have to take the same input"),
        (
            lambda: joined(joined(tone_network(), tone_network()), tone_network()),
            UnsupportedModelError,
            "the small network: expected one subgraph, one input, one output",
        ),
    ],
    ids=["one output", "another app", "no parameters", "hold", "inputs", "a cascade in a cascade"],
)
def test_what_is_no_cascade_is_refused_by_name(what: Callable[[], object], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        what()


def test_an_operator_that_the_image_does_not_have_is_an_error() -> None:
    with pytest.raises(ModelError, match="a first network up to operator 9 of 2"):
        summarize(tone_model(PARAMS.pack() + WakeParams(last_operator=9).pack()))
    assert len(PARAMS.pack()) == KwsParams.SIZE


def test_settings_say_when_it_wakes_and_one_of_its_networks_stands_alone(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text(settings_text(DEFAULTS, Task.KWS))
    assert read_settings_file(tmp_path / "settings.json") == (Task.KWS, DEFAULTS)
    (tmp_path / "labels.txt").write_text("".join(f"{label}\n" for label in LABELS))
    (tmp_path / "model.tflite").write_bytes(joined(loudness_network(), tone_network()))
    (tmp_path / "second.tflite").write_bytes(tone_network())
    assert load_model_file(tmp_path / "model.tflite", name="cascade").image == cascade_model(WAKE)
    assert load_model_file(tmp_path / "second.tflite").summary.cascade is None
    damaged = settings_text(DEFAULTS, Task.KWS).replace('"hold_ms": 400', '"hold_ms": 10001')
    (tmp_path / "settings.json").write_text(damaged)
    with pytest.raises(ConfigError, match="hold_ms"):
        read_settings_file(tmp_path / "settings.json")

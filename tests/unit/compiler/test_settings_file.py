"""settings.json beside a model."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from tinyhost.compiler import ModelImage
from tinyhost.compiler.app_defaults import AppDefaults
from tinyhost.compiler.image_format import KwsParams, Task
from tinyhost.compiler.settings_file import read_settings_file, settings_text
from tinyhost.errors import ConfigError, ModelError
from tinyhost.models.file import load_model_file

from tests.unit.bench.samples import SHIPPED_MODEL

PARAMS = KwsParams(
    sample_rate_hz=16_000,
    window_ms=30,
    stride_ms=20,
    n_channels=40,
    n_strides=49,
    average_ms=400,
    suppression_ms=1000,
    n_silent_labels=2,
    min_results=3,
    period_ms=100,
)
SETTINGS = AppDefaults(threshold=0.75, task_data=PARAMS.pack())
WRITTEN = json.loads(settings_text(SETTINGS, Task.KWS))


def test_what_was_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text(settings_text(SETTINGS, Task.KWS))
    assert read_settings_file(path) == (Task.KWS, SETTINGS)
    path.write_text(settings_text(AppDefaults(threshold=0.5), Task.VWW))
    assert read_settings_file(path) == (Task.VWW, AppDefaults(threshold=0.5))


def test_a_file_from_before_there_were_coefficients_has_none(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({**WRITTEN, "kws": {k: v for k, v in WRITTEN["kws"].items() if k != "n_coefficients"}}))
    assert read_settings_file(path) == (Task.KWS, SETTINGS)


def test_a_model_is_compiled_with_the_settings_beside_it(tmp_path: Path) -> None:
    model = Path(shutil.copy(SHIPPED_MODEL, tmp_path / "model.tflite"))
    (tmp_path / "settings.json").write_text(settings_text(SETTINGS, Task.KWS))
    image = ModelImage.parse(load_model_file(model).image)
    assert image.metadata.task == Task.KWS
    assert image.metadata.threshold == 64  # 0.75 of a softmax: 192 - 128
    assert KwsParams.unpack(image.task_data) == PARAMS


def test_task_data_without_names_is_no_text() -> None:
    with pytest.raises(ModelError, match="VWW"):
        settings_text(SETTINGS, Task.VWW)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", ":1:2: no JSON: Expecting property name"),
        ("[]", ": expected an object, got []"),
        ('{"threshold": 0.5}', ': "task" is missing'),
        (
            '{"task": "opera", "threshold": 0.5}',
            ': task: expected one of generic, kws, vww, anomaly, gestures, got "opera"',
        ),
        ('{"task": "kws", "threshold": "high"}', ': threshold: expected a number from -1e+06 to 1e+06, got "high"'),
        ('{"task": "kws", "threshold": NaN, "kws": {}}', ": threshold: expected a finite number, got NaN"),
        ('{"task": "kws", "threshold": null}', ": threshold: expected a number from -1e+06 to 1e+06, got null"),
        ('{"task": "kws", "threshold": 0.5, "kws": {"window_ms": 30}}', ': kws: "average_ms" is missing'),
        ('{"task": "kws", "threshold": 0.5, "kws": null}', ": kws: expected an object, got null"),
        ('{"task": "kws", "task": "vww", "threshold": 0.5}', ": task: the key appears twice"),
        ("[" * 100_000, ": more than 32 levels of objects and lists"),
        (
            json.dumps({**WRITTEN, "kws": {**WRITTEN["kws"], "window_ms": 70_000}}),
            ": kws: window_ms: expected a whole number from 0 to 65535, got 70000",
        ),
        (
            json.dumps({**WRITTEN, "kws": {**WRITTEN["kws"], "more": 1}}),
            ': kws: unknown key "more"',
        ),
    ],
)
def test_wrong_settings_are_reported_with_file_key_and_value(text: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text(text)
    with pytest.raises(ConfigError) as raised:
        read_settings_file(path)
    assert raised.value.message.startswith(f"{path}{told}")


def test_settings_are_read_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text(settings_text(SETTINGS, Task.KWS), encoding="utf-8-sig")
    assert read_settings_file(path) == (Task.KWS, SETTINGS)

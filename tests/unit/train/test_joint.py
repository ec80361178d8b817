"""Two keyword networks side by side: one with weights that others published, which stay as they are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tinyhost.compiler.api import compile_tflite
from tinyhost.compiler.image import ModelImage
from tinyhost.compiler.image_format import Task
from tinyhost.errors import ModelError, UsageError
from tinyhost.models.file import read_tflite_file
from tinyhost.models.reference import HostReference
from tinyhost.train.core.fitting import import_keras
from tinyhost.train.core.warm_start import load_tflite_body
from tinyhost.train.kws.config import SHIPPED_WIDTH, KwsTrainConfig
from tinyhost.train.kws.feed import to_input
from tinyhost.train.kws.network import kws_network
from tinyhost.train.kws.published import load_published

from tests.unit.train.keras_files import write_keras2

pytestmark = pytest.mark.train


def _published(path: Path) -> Any:
    """Return micro_speech as it is published, random: int8 features as they are, a bias, ReLU, four outputs."""
    keras = import_keras()
    keras.utils.set_random_seed(5)
    layers = keras.layers
    sound = keras.Input((49, 40, 1))
    x = layers.Conv2D(8, (10, 8), 2, "same", bias_initializer="random_normal")(sound)
    norm = layers.BatchNormalization()
    x = layers.Flatten()(layers.ReLU()(norm(x)))
    model = keras.Model(sound, layers.Dense(4, bias_initializer="random_normal")(x))
    norm.set_weights([np.full(8, 0.7), np.full(8, 0.1), np.full(8, 3.0), np.full(8, 900.0)])
    write_keras2(model, path)
    return model


def _joint() -> Any:
    return kws_network(import_keras(), arch="joint", n_features=40, width=16, n_classes=4, dropout=0.0, l2=0.0)


def test_the_published_half_answers_as_it_did_and_learns_no_more(tmp_path: Path) -> None:
    import keras

    published, joint = _published(tmp_path / "w.h5"), _joint()
    load_published(joint, tmp_path / "w.h5", (3, 2, 0, 1), (1.0, 0.5))
    features = np.random.default_rng(1).integers(-128, 128, (6, 49, 40)).astype(np.int8)
    half = keras.Model(joint.input, joint.get_layer("tiny_logits").output)
    expected = published.predict(features[..., None].astype(np.float32), verbose=0)[:, [3, 2, 0, 1]] * 0.5
    np.testing.assert_allclose(half.predict(to_input(features), verbose=0), expected, atol=2e-3)
    assert expected.std(axis=0).min() > 0.1  # the answers do depend on the features
    assert {weight.path.split("/")[0] for weight in joint.trainable_weights}.isdisjoint(
        {"conv", "conv_norm", "tiny_logits"}
    )


@pytest.mark.parametrize("start", ("kws", "words"))
def test_a_new_network_begins_with_what_a_shipped_one_hears(start: str) -> None:
    """That of the default model, a branch of two, and the one that train kws takes."""
    import keras

    content, _ = read_tflite_file(Path(f"models/{start}/model.tflite"))
    model = _ds_cnn(SHIPPED_WIDTH)
    features = np.random.default_rng(2).integers(-128, 128, (40, 49, 40)).astype(np.int8)
    load_tflite_body(model, content, to_input(features), start)
    body = keras.Model(model.input, model.get_layer("conv4_relu").output)
    image = compile_tflite(content, name="kws", task=Task.KWS).image
    parsed, engine = ModelImage.parse(image), HostReference(image).engine
    infos = [parsed.tensor_info(operator.output) for operator in parsed.operators]
    place = max(index for index, info in enumerate(infos) if info.shape == (1, 13, 5, SHIPPED_WIDTH))
    for sample, found in zip(features[:4], body.predict(to_input(features[:4]), verbose=0), strict=True):
        engine.reset()
        engine.set_input(sample.tobytes())
        engine.invoke_range(0, place + 1)
        int8 = engine.operator_output(place).reshape(found.shape).astype(np.float64)
        expected = (int8 - infos[place].zero_point) * infos[place].scale
        assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.98
        assert expected.std() > 0.1
    with pytest.raises(ModelError, match=f"{start}: expected weights of shape"):
        load_tflite_body(_ds_cnn(16), content, to_input(features), start)


def _ds_cnn(width: int) -> Any:
    return kws_network(import_keras(), arch="ds_cnn", n_features=40, width=width, n_classes=3, dropout=0.0, l2=0.0)


def test_only_the_default_network_begins_so_and_not_if_told_otherwise() -> None:
    config = KwsTrainConfig(words=("go", "stop"))
    assert config.starts_from_shipped
    others: list[dict[str, Any]] = [
        {"from_scratch": True},
        {"width": 64},
        {"arch": "tiny_conv"},
        {"features": "mfcc"},
        {"start_from": Path("a.tflite")},
    ]
    assert not any(replace(config, **other).starts_from_shipped for other in others)
    with pytest.raises(UsageError, match="--start-from with --from-scratch"):
        replace(config, from_scratch=True, start_from=Path("a.tflite"))


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    keras = import_keras()
    inputs = keras.Input((4,))
    write_keras2(keras.Model(inputs, keras.layers.Dense(4)(inputs)), tmp_path / "dense.h5")
    with pytest.raises(ModelError, match="expected one convolution and a dense layer"):
        load_published(_joint(), tmp_path / "dense.h5", (3, 2, 0, 1), (1.0, 0.5))


def test_a_joint_network_is_quantized_after_training_only() -> None:
    with pytest.raises(UsageError, match="--quantization both: a joint network"):
        KwsTrainConfig(words=("yes", "no"), arch="joint")

"""Configurations, and the options that are made of them."""

from __future__ import annotations

from dataclasses import MISSING

import pytest
from tinyhost.errors import UsageError
from tinyhost.train.anomaly.config import AnomalyTrainConfig
from tinyhost.train.core.config import option_fields
from tinyhost.train.kws.config import KwsTrainConfig
from tinyhost.train.registry import TRAINERS


def test_every_trainer_has_the_options_of_all_and_its_own_first() -> None:
    for trainer in TRAINERS.values():
        names = [field.option.name for field in option_fields(trainer.config)]
        assert names[-7:-3] == ["--epochs", "--learning-rate", "--schedule", "--optimizer"]
        assert names[-3:] == ["--seed", "--resume", "--note"]
        assert len(set(names)) == len(names)


def test_an_option_has_the_default_of_its_field() -> None:
    defaults = {field.option.name: field.default for field in option_fields(AnomalyTrainConfig)}
    assert defaults["--epochs"] == AnomalyTrainConfig().n_epochs == 60
    assert defaults["--embeddings"] == (2, 4, 8, 16)
    words = next(field for field in option_fields(KwsTrainConfig) if field.option.name == "--words")
    assert words.default is MISSING


def test_a_number_outside_of_its_options_bounds_is_refused() -> None:
    with pytest.raises(UsageError, match=r"--centroids 256: expected 0 to 255"):
        AnomalyTrainConfig(n_centroids=256)
    with pytest.raises(UsageError, match=r"--embeddings 0: expected 1 to 64"):
        AnomalyTrainConfig(embeddings=(4, 0))
    with pytest.raises(UsageError, match=r"--quantize int4: expected some of float32,float16,dynamic,int8,16x8"):
        KwsTrainConfig(words=("yes",), quantize=("float16", "int4"))
    with pytest.raises(UsageError, match=r"--prune with --quantization both"):
        KwsTrainConfig(words=("yes",), prune=0.5)
    with pytest.raises(UsageError, match=r"--width 20: expected a multiple of 8"):
        KwsTrainConfig(words=("yes",), width=20)

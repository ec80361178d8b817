"""Whether a model fits a board: every obstacle is named, with a remedy."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from tinyhost.compiler import Task, TensorInfo
from tinyhost.compiler.app_defaults import guess_task
from tinyhost.compiler.image_format import OperatorCode
from tinyhost.errors import ModelTooLargeError, UnsupportedModelError
from tinyhost.models.file import load_model_file
from tinyhost.models.fits import Fit, Limits, check_fits, find_obstacles
from tinyhost.models.summary import ModelSummary, summarize
from tinyhost.tasks.vision.task import VISION
from tinyhost.views.inspect import inspect_view

from tests.oracle.sketch import Sketch
from tests.unit.bench.samples import shipped_model


def firmware_of(model: ModelSummary) -> Limits:
    return Limits.of_firmware(model.task, model.engine)


def keyword_model(n_outputs: int = 12) -> ModelSummary:
    model = shipped_model()
    output = replace(model.output, shape=(1, n_outputs))
    return replace(model, name="words", task="kws", arena_bytes=49_152, output=output)


def test_the_shipped_model_fits_the_board() -> None:
    model = shipped_model()
    assert find_obstacles(model, firmware_of(model)) == ()
    assert check_fits(model, firmware_of(model)) == ()


def test_each_limit_is_the_largest_that_fits() -> None:
    model = shipped_model()
    limits = firmware_of(model)
    assert (limits.arena_bytes, limits.slot_bytes) == (114_688, 335_872)
    assert check_fits(replace(model, arena_bytes=114_688, flash_bytes=335_872), limits) == ()
    with pytest.raises(ModelTooLargeError, match="needs an arena of 114,689 B; this firmware has 114,688 B") as caught:
        check_fits(replace(model, arena_bytes=114_689), limits)
    assert "which operator needs how much" in caught.value.hint
    with pytest.raises(ModelTooLargeError, match="needs 335,873 B of flash; a slot takes 335,872 B") as caught:
        check_fits(replace(model, flash_bytes=335_873), limits)
    assert "use a smaller model" in caught.value.hint


def test_an_image_for_the_other_engine_is_reported_with_how_to_get_that_engine() -> None:
    limits = Limits.of_firmware("vww", "tinyhost")
    with pytest.raises(UnsupportedModelError, match="is for the engine tflm; this firmware has tinyhost") as caught:
        check_fits(replace(shipped_model(), engine="tflm"), limits)
    assert caught.value.hint.endswith("tinyhost flash vww --engine tflm")


def test_operators_that_the_firmware_lacks_are_named() -> None:
    model = shipped_model()
    limits = replace(firmware_of(model), operators=1 << OperatorCode.CONV_2D | 1 << OperatorCode.SOFTMAX)
    with pytest.raises(UnsupportedModelError, match=r"of the group core \(DEPTHWISE_CONV_2D, .*this firmware was b"):
        check_fits(model, limits)


def test_a_float_model_is_refused_by_the_programs_that_come_with_tinyhost_but_for_all_operators() -> None:
    model = replace(shipped_model(), operator_codes=(OperatorCode.SOFTMAX, OperatorCode.FLOAT_CONV_2D))
    limits = firmware_of(model)
    with pytest.raises(UnsupportedModelError, match=r"of the group float \(FLOAT_CONV_2D\)") as caught:
        check_fits(model, limits)
    assert caught.value.hint.endswith("tinyhost flash vww --all-operators")
    assert Fit.of(model, limits).missing_groups == ("float",)
    assert check_fits(model, Limits.of_firmware("vww", "tinyhost", all_operators=True)) == ()


@pytest.mark.parametrize("app", ["kws", "vww"])
def test_a_model_that_another_form_makes_faster_is_compiled_without_it_for_firmware_that_lacks_it(
    app: str, tmp_path: Path
) -> None:
    path = tmp_path / "net.tflite"
    path.write_bytes(Sketch((1, 10, 10, 16)).conv(16, 1).conv(16, 3).conv(8, 1).tflite())
    limits = Limits.of_firmware(app, "tinyhost")
    file = load_model_file(path)
    got = summarize(file.image_for("tinyhost", limits.operators))
    assert check_fits(got, limits) == ()
    assert (OperatorCode.WINOGRAD_CONV_2D in got.operator_codes) == (app == "vww")
    given = replace(summarize(file.image), task="generic")
    assert (find_obstacles(given, limits) == ()) == (app == "vww")
    if app == "kws":
        with pytest.raises(UnsupportedModelError, match="of the group winograd") as caught:
            check_fits(given, limits)
        assert caught.value.hint == "compile it without them: tinyhost compile MODEL --optimize flash"


def test_one_error_names_every_obstacle() -> None:
    model = replace(shipped_model(), flash_bytes=400_000, arena_bytes=200_000)
    limits = replace(Limits.of_firmware("vww", "tinyhost", board="native"), operators=1 << OperatorCode.CONV_2D)
    with pytest.raises(UnsupportedModelError) as caught:
        check_fits(model, limits)
    assert caught.value.message.startswith("native: the model vww needs operators of the group core (DEPTH")
    for words in ("it needs 400,000 B of flash", "it needs an arena of 200,000 B"):
        assert words in caught.value.message
    assert caught.value.hint.count("; ") == 2


def test_of_an_image_for_the_other_engine_no_operator_is_missed() -> None:
    limits = replace(Limits.of_firmware("vww", "tinyhost"), operators=0)
    obstacles = find_obstacles(replace(shipped_model(), engine="tflm", arena_bytes=200_000), limits)
    assert [obstacle.error for obstacle in obstacles] == [UnsupportedModelError, ModelTooLargeError]


def test_a_keyword_model_has_the_limits_of_its_app() -> None:
    words = keyword_model()
    assert check_fits(words, firmware_of(words)) == ()
    with pytest.raises(ModelTooLargeError, match="this firmware has 49,152 B"):
        check_fits(replace(words, arena_bytes=49_153), firmware_of(words))


def test_a_model_of_no_app_has_the_limits_of_the_app_with_most_room() -> None:
    limits = Limits.of_firmware("generic", "tinyhost")
    assert (limits.app, limits.arena_bytes, limits.max_classes) == ("", 114_688, 16)
    assert Fit.of(replace(keyword_model(17), task="generic"), limits).n_classes is None


def test_a_classifier_of_too_many_classes_runs_but_is_remarked_on() -> None:
    many = keyword_model(17)
    (obstacle,) = find_obstacles(many, firmware_of(many))
    assert obstacle.error is None
    (remark,) = check_fits(many, firmware_of(many))
    assert remark.startswith("words has 17 classes, the app kws takes 16: it can be measured")
    assert remark.endswith("train a model of at most 16 classes")
    table = io.StringIO()
    Console(file=table, width=100).print(inspect_view(many, Fit.of(many, firmware_of(many)), 100))
    assert re.search(r"classes +17 +of 16 that an app takes", table.getvalue())
    assert re.search(r"fits on nano33ble: +no", table.getvalue())


def test_an_autoencoder_has_outputs_and_no_classes() -> None:
    model = replace(keyword_model(48), task="anomaly", arena_bytes=24_576)
    assert Fit.of(model, firmware_of(model)).n_classes is None
    assert check_fits(model, firmware_of(model)) == ()


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((1, 4, 4, 2), "a heat map of 4x4 cells and 2 classes"),
        ((1, 12, 10, 1), "a heat map of 12x10 cells and 1 class"),
        ((1, 1, 1, 2), ""),
        ((1, 2), ""),
        ((1, 49, 2), ""),
    ],
)
def test_a_heat_map_is_no_list_of_classes(shape: tuple[int, ...], words: str) -> None:
    model = shipped_model()
    model = replace(model, output=replace(model.output, shape=shape))
    limits = firmware_of(model)
    assert model.heat_map == words
    assert words in VISION.misfit(model) if shape[-1] == 1 else VISION.misfit(model) == ""
    if words:
        assert (find_obstacles(model, limits), Fit.of(model, limits).n_classes) == ((), None)
        text = io.StringIO()
        Console(file=text, width=200).print(inspect_view(model, Fit.of(model, limits), 100))
        assert f"{words}, labels no_person, person" in text.getvalue()
        assert "classes" not in text.getvalue().partition("fits on")[0].partition("flash")[2]


@pytest.mark.parametrize(
    ("shape", "task"),
    [
        ((1, 2), Task.VWW),
        ((1, 12, 12, 2), Task.VWW),
        ((1, 12, 12, 1), Task.GENERIC),
        ((1, 12, 12, 32), Task.GENERIC),
        ((1, 96, 96, 2), Task.GENERIC),
    ],
)
def test_a_picture_to_cells_of_a_few_classes_is_a_vision_model(shape: tuple[int, ...], task: Task) -> None:
    picture = TensorInfo(dtype="int8", shape=(1, 96, 96, 1), scale=1.0, zero_point=0)
    assert guess_task(picture, replace(picture, shape=shape)) == task


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"shape": (1, 12, 12, 17)}, "17 classes of int8"),
        ({"shape": (1, 300, 1, 2)}, "300x1 cells"),
        ({"shape": (1, 12, 12, 2), "dtype": "float32"}, "2 classes of float32"),
    ],
)
def test_a_heat_map_that_the_app_cannot_take_is_a_misfit(change: dict[str, Any], words: str) -> None:
    model = shipped_model()
    misfit = VISION.misfit(replace(model, output=replace(model.output, **change)))
    assert words in misfit
    assert "expected int8, at most 255 cells a side, and 2 to 16 classes" in misfit


def test_a_model_that_computes_nothing_is_shown_without_a_table() -> None:
    model = replace(shipped_model(), operators=(), macs=0, live_macs=0)
    text = io.StringIO()
    Console(file=text, width=100).print(inspect_view(model, Fit.of(model, firmware_of(model)), 100))
    assert "0 MACs" in text.getvalue()
    assert "0 operators" in text.getvalue()
    assert re.search(r"fits on nano33ble: +yes", text.getvalue())

"""Which convolutions become WINOGRAD_CONV_2D, and that the loader rejects those that a kernel could not run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tinyhost.compiler import CompiledModel, ModelImage, Task, compile_tflite
from tinyhost.compiler.checksum import image_crc32
from tinyhost.compiler.image_format import ConvParams, ImageHeader, OperatorCode, Requantization, WeightLayout
from tinyhost.compiler.lower.winograd import instructions_saved
from tinyhost.errors import ModelError
from tinyhost.models.optimization import GOALS, optimization_costs
from tinyhost.protocol.limits import SLOT_BYTES

from tests.oracle.sketch import Sketch

_NARROW = Sketch((1, 12, 12, 3)).conv(32, 1).conv(8, 1).conv(16, 3).conv(8, 1).tflite()
"""A network whose largest tensors are not those of its 3x3 convolution."""


def _compiled(tflite: bytes, **options: object) -> CompiledModel:
    return compile_tflite(tflite, name="net", **{"task": Task.VWW, **options})  # type: ignore[arg-type]


def _n_winograd(compiled: CompiledModel) -> int:
    return sum(record.code == OperatorCode.WINOGRAD_CONV_2D for record in compiled.parsed.operators)


def test_a_convolution_that_gains_takes_the_form_for_more_flash_and_no_more_arena() -> None:
    fast, plain = _compiled(_NARROW), _compiled(_NARROW, winograd=False)
    assert (_n_winograd(fast), _n_winograd(plain)) == (1, 0)
    assert fast.report.arena_bytes <= plain.report.arena_bytes
    weights = [next(op.weight_bytes for op in one.report.operators if op.macs == 165_888) for one in (fast, plain)]
    assert weights == [8 * 16 * 16 * 2, 8 * 16 * 9]
    assert fast.report.macs == plain.report.macs


@pytest.mark.parametrize("goal", sorted(GOALS))
def test_only_speed_pays_flash_for_it(goal: str) -> None:
    options = GOALS[goal]
    compiled = _compiled(_NARROW, arena_bytes=options.arena_bytes, compact=options.compact, winograd=options.winograd)
    assert _n_winograd(compiled) == (goal == "speed")


def test_inspect_tells_what_speed_saves_for_the_flash(tmp_path: Path) -> None:
    path = tmp_path / "net.tflite"
    path.write_bytes(_NARROW)
    costs = {cost.goal: cost for cost in optimization_costs(path)}
    saved = [costs[goal].saved_instructions for goal in ("speed", "flash", "arena")]
    assert saved == [instructions_saved((12, 12), 8, 16), 0, 0]
    assert 30_000 < saved[0] < 165_888  # of its 165,888 products


@pytest.mark.parametrize(("task", "n"), [(Task.VWW, 1), (Task.GENERIC, 1), (Task.KWS, 0), (Task.GESTURES, 0)])
def test_an_app_whose_program_lacks_the_form_gets_no_image_with_it(task: Task, n: int) -> None:
    assert _n_winograd(_compiled(_NARROW, task=task)) == n


def test_where_the_arena_would_grow_a_layer_stays_as_it_is() -> None:
    wide = Sketch((1, 16, 16, 16)).conv(16, 3).tflite()
    assert _n_winograd(_compiled(wide)) == 0
    assert _n_winograd(_compiled(wide, winograd=True)) == 1


def test_where_a_slot_has_no_room_for_all_layers_those_with_most_products_take_it() -> None:
    tflite = Sketch((1, 6, 6, 8)).conv(64, 1).conv(48, 3).conv(64, 3).conv(72, 3).conv(8, 1).tflite()
    compiled = _compiled(tflite, winograd=True)
    assert len(compiled.image) <= SLOT_BYTES
    chosen = [op.macs for op in compiled.report.operators if op.code == "WINOGRAD_CONV_2D"]
    assert chosen == [36 * 9 * 48 * 64, 36 * 9 * 64 * 72]


@pytest.mark.parametrize(
    ("depth", "layer"),
    [
        (16, {"stride": 2}),
        (16, {"dilation": 2}),
        (16, {"groups": 2}),
        (16, {"size": 5}),
        (16, {"size": (3, 1)}),
        (18, {}),
    ],
    ids=["stride", "dilation", "groups", "5x5", "3x1", "no whole words"],
)
def test_other_convolutions_do_not_take_it(depth: int, layer: dict[str, object]) -> None:
    tflite = Sketch((1, 12, 12, depth)).conv(16, **{"size": 3, **layer}).tflite()  # type: ignore[arg-type]
    assert _n_winograd(_compiled(tflite, winograd=True)) == 0


def _with_params(image: bytes, params: ConvParams) -> bytes:
    """Return the image with other parameters of its WINOGRAD_CONV_2D, and the checksum of that."""
    parsed = ModelImage.parse(image)
    record = next(record for record in parsed.operators if record.code == OperatorCode.WINOGRAD_CONV_2D)
    at = parsed.header.constants_offset + record.params_offset
    changed = image[:at] + params.pack() + image[at + ConvParams.SIZE :]
    return replace(parsed.header, crc32=image_crc32(changed)).pack() + changed[ImageHeader.SIZE :]


@pytest.mark.parametrize(
    "change",
    [
        {"filter_height": 2},
        {"filter_width": 5},
        {"stride_height": 2},
        {"stride_width": 2},
        {"dilation_height": 2},
        {"dilation_width": 2},
        {"pad_top": 3},
        {"pad_left": 3},
        {"groups": 2},
        {"groups": 0},
        {"layout": WeightLayout.QUADS},
        {"requantization": Requantization.ANY},
        {"weights_offset": 2**31},
        {"channels_offset": 2**31},
        {"scratch_offset": 2**31},
        {"scratch_bytes": 88 * 8 - 1},
        {"scratch_bytes": 2**31},
        {"activation_min": 1, "activation_max": 0},
    ],
    ids=str,
)
def test_the_loader_refuses_parameters_that_the_kernel_could_not_run(change: dict[str, int]) -> None:
    compiled = _compiled(_NARROW)
    record = next(record for record in compiled.parsed.operators if record.code == OperatorCode.WINOGRAD_CONV_2D)
    params = ConvParams.unpack(compiled.image, compiled.parsed.header.constants_offset + record.params_offset)
    assert ModelImage.parse(_with_params(compiled.image, params)).data == compiled.image
    with pytest.raises(ModelError, match="the engine refuses this model image"):
        ModelImage.parse(_with_params(compiled.image, replace(params, **change)))

"""Why a model that is whole does not run here, in one sentence each, and the way out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set

from tinyhost.compiler.graph import Graph, Obstacle, Operator
from tinyhost.compiler.operators import SUPPORTED_OPERATORS
from tinyhost.errors import UnsupportedModelError

__all__ = [
    "INT8_ALONE",
    "QUANTIZE",
    "obstacles_of_forms",
    "obstacles_of_operators",
    "obstacles_of_types",
    "unsupported_model",
]

QUANTIZE = (
    "give the converter a representative data set: converter.optimizations = [tf.lite.Optimize.DEFAULT], "
    "converter.representative_dataset = a function that yields a hundred real inputs, "
    "converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]"
)
INT8_ALONE = "convert with TFLITE_BUILTINS_INT8 alone in converter.target_spec.supported_ops"
"""What helps where int16 activations do not run."""
_UNROLL = (
    "convert an LSTM from tf_keras with a batch of 1 (docs/guides/keras.md), build other recurrent layers with "
    "unroll=True, and export without loops whose length the input decides"
)
_NO_BRANCH = "export without tf.cond: compute both and choose with tf.where"
_NO_TABLE_LOOK_UP = (
    "remove the Embedding layer and feed the model its output, or replace it by a Dense layer on one-hot rows"
)
_ONE_DIRECTION = "use a forward LSTM layer: Bidirectional and go_backwards reverse the input"
_VARIABLES = "export int8 variables that are initialized with zeros, or a model without variables"
_DENSE = (
    "export dense weights: after tfmot's strip_pruning, convert without "
    "tf.lite.Optimize.EXPERIMENTAL_SPARSITY; the compiler removes channels of zeros itself"
)
_KEEP_CONSTANT = "use constant axes, sizes and bounds, and export the model with a batch of 1"
_IN_FLOAT = "convert the model to float32, without converter.optimizations, or compute this layer on the host"
_ANOTHER_LAYER = (
    "compute this layer outside of the model, or build it of operators that docs/reference/model-image.md names"
)
_ON_THE_HOST = "return what this layer reads, and compute the layer outside of the model"
_SPECTRUM = "remove tf.signal from the model, and feed it the spectrum instead of the samples"
_NO_VOLUMES = "use Conv2D with one axis as the channels, or a TimeDistributed Conv2D and then a Conv1D"
_ONE_HOT_INPUT = "feed the model one-hot rows instead of indices"
_BATCH_OF_1 = (
    "export the model with a batch of 1, keras.Input(shape, batch_size=1): the converter then writes dilated "
    "convolutions as such (with anything else TensorFlow Lite Micro gives wrong results)"
)
_WAYS_OUT: Mapping[str, str] = {
    "ASSIGN_VARIABLE": _VARIABLES,
    "BATCH_TO_SPACE_ND": _BATCH_OF_1,
    "BIDIRECTIONAL_SEQUENCE_LSTM": _ONE_DIRECTION,
    "CALL_ONCE": _VARIABLES,
    "COMPLEX_ABS": _SPECTRUM,
    "CONV_3D": _NO_VOLUMES,
    "CONV_3D_TRANSPOSE": _NO_VOLUMES,
    "DENSIFY": _DENSE,
    "GATHER": _NO_TABLE_LOOK_UP,
    "IF": _NO_BRANCH,
    "NON_MAX_SUPPRESSION_V4": _ON_THE_HOST,
    "NON_MAX_SUPPRESSION_V5": _ON_THE_HOST,
    "ONE_HOT": _ONE_HOT_INPUT,
    "READ_VARIABLE": _VARIABLES,
    "RFFT2D": _SPECTRUM,
    "SPACE_TO_BATCH_ND": _BATCH_OF_1,
    "TOPK_V2": _ON_THE_HOST,
    "UNIDIRECTIONAL_SEQUENCE_RNN": _UNROLL,
    "VAR_HANDLE": _VARIABLES,
    "WHILE": _UNROLL,
}
_WEIGHTED = ("BATCH_MATMUL", "CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV")
_MAX_NAMED = 5


def obstacles_of_types(graph: Graph) -> tuple[Obstacle, ...]:
    """Return the obstacles that the tensors' types show, if a model was not converted to int8 throughout."""
    kinds = {kind for operator in graph.operators if (kind := _kind(graph, operator))}
    read = {index for operator in graph.operators for index in operator.inputs if index >= 0}
    if any(graph.tensors[index].dtype == "float16" for index in read):
        kinds.add("float16")
    found = [_KINDS[kind] for kind in _KINDS if kind in kinds]
    if any(tensor.is_sparse for tensor in graph.tensors):
        found.append(Obstacle(words="its weights are sparse; supported: dense weights", way_out=_DENSE))
    return tuple(found)


def _kind(graph: Graph, operator: Operator) -> str | None:
    """Return how an operator with weights was converted; None for int8 and for all other operators."""
    if operator.code == "DEQUANTIZE" and operator.inputs and operator.inputs[0] >= 0:
        source = graph.tensors[operator.inputs[0]]
        return "dynamic range" if source.data is not None and source.dtype == "int8" else None
    if operator.code not in _WEIGHTED or len(operator.inputs) < 2:
        return None
    first, second = (graph.tensors[index].dtype if index >= 0 else "" for index in operator.inputs[:2])
    data, weights = (second, first) if operator.code == "TRANSPOSE_CONV" else (first, second)
    if data == "float32":
        return "dynamic range" if weights in ("int8", "uint8") else None
    return data if data == "uint8" else None


_KINDS: Mapping[str, Obstacle] = {
    "dynamic range": Obstacle(
        words="it has dynamic-range quantization (int8 weights, float32 activations) in a form that the compiler "
        "cannot expand",
        way_out=QUANTIZE,
    ),
    "float16": Obstacle(words="it computes in float16; supported: float32 and int8", way_out=QUANTIZE),
    "uint8": Obstacle(
        words="it is quantized to uint8, as by TensorFlow 1; supported: int8",
        way_out="convert it again with TensorFlow 2 and a representative data set",
    ),
}


def obstacles_of_operators(operators: Sequence[Operator], of_floats: Set[str] = frozenset()) -> tuple[Obstacle, ...]:
    """Return one obstacle for each kind of operator that cannot be lowered.

    of_floats: operators that can be, of float32.
    """
    by_code: dict[str, list[str]] = {}
    for operator in operators:
        by_code.setdefault(operator.code, []).append(str(operator.index))
    return tuple(_lacking(code, _listed(places), of_floats) for code, places in by_code.items())


def obstacles_of_forms(refused: Sequence[tuple[Operator, str, str]]) -> tuple[Obstacle, ...]:
    """Return one obstacle for each kind of operator, reason and way out of those that were refused for their form."""
    places: dict[tuple[str, str, str], list[str]] = {}
    for operator, reason, way_out in refused:
        places.setdefault((operator.code, reason, way_out), []).append(str(operator.index))
    return tuple(
        Obstacle(words=f"{_title(code, _listed(found))}: {reason}", way_out=way_out)
        for (code, reason, way_out), found in places.items()
    )


def _title(code: str, places: str) -> str:
    return f"operator{'s' if ',' in places else ''} {places} ({code})"


def _lacking(code: str, places: str, of_floats: Set[str]) -> Obstacle:
    title = _title(code, places)
    if code in of_floats and code not in _WAYS_OUT:
        return Obstacle(words=f"{title}: the engine supports it for float32 only", way_out=_IN_FLOAT)
    if code in SUPPORTED_OPERATORS:
        way_out = _WAYS_OUT.get(code, _KEEP_CONSTANT)
        return Obstacle(words=f"{title}: the engine lacks this form of the operator", way_out=way_out)
    return Obstacle(words=f"{title}: the engine lacks this operator", way_out=_WAYS_OUT.get(code, _ANOTHER_LAYER))


def _listed(items: Sequence[str]) -> str:
    """Return the first items, each once, separated by commas, and the number of the others."""
    items = list(dict.fromkeys(items))
    more = f" and {len(items) - _MAX_NAMED} more" if len(items) > _MAX_NAMED else ""
    return ", ".join(items[:_MAX_NAMED]) + more


def unsupported_model(where: str, obstacles: Sequence[Obstacle]) -> UnsupportedModelError:
    """Return the error that says all of them at once."""
    words = [obstacle.words for obstacle in obstacles]
    more = f"; and {len(words) - _MAX_NAMED} more" if len(words) > _MAX_NAMED else ""
    return UnsupportedModelError(f"{where}: {'; '.join(words[:_MAX_NAMED])}{more}", hint="; ".join(_once(obstacles)))


def _once(obstacles: Sequence[Obstacle]) -> Iterator[str]:
    yield from dict.fromkeys(obstacle.way_out for obstacle in obstacles[:_MAX_NAMED] if obstacle.way_out)

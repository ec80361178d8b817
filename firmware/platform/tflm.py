"""PlatformIO extra script: compiles of TensorFlow Lite Micro's Arduino library what the engine needs, without warnings.

The library brings drivers for other boards' sound and buttons, its own feature generation, test helpers, and a console
on Arduino's serial port that blocks while nobody reads.
"""

from pathlib import Path

Import("env")  # type: ignore[name-defined]  # noqa: F821

KERNELS = {
    "activations",
    "add",
    "concatenation",
    "conv",
    "depthwise_conv",
    "dequantize",
    "fully_connected",
    "kernel_util",
    "logistic",
    "mul",
    "pad",
    "pooling",
    "quantize",
    "reduce",
    "reshape",
    "softmax",
}
"""Files of src/tensorflow/lite/micro/kernels: what firmware/engines/tflm registers; also with _common at the end."""

UNWANTED = (
    "*/src/peripherals/*",
    "*/src/test_over_serial/*",
    "*/src/third_party/kissfft/*",
    "*/src/tensorflow/lite/experimental/*",
    "*/src/tensorflow/lite/micro/all_ops_resolver.cpp",
    "*/src/tensorflow/lite/micro/*/recording_*",
    "*/src/tensorflow/lite/micro/recording_*",
    "*/src/tensorflow/lite/micro/fake_*",
    "*/src/tensorflow/lite/micro/mock_*",
    "*/src/tensorflow/lite/micro/test_helper*",
    "*/src/tensorflow/lite/micro/system_setup.cpp",
    "*/src/tensorflow/lite/micro/micro_time.cpp",
)
THEIRS = ("*/src/tensorflow/lite/*", "*/src/third_party/*")


def leave_out(env, node):
    return None


def choose_kernel(env, node):
    return node if Path(node.srcnode().get_path()).stem.removesuffix("_common") in KERNELS else None


def silence(env, node):
    return env.Object(node, CCFLAGS=[*env["CCFLAGS"], "-w"])


for pattern in UNWANTED:
    env.AddBuildMiddleware(leave_out, pattern)  # noqa: F821
env.AddBuildMiddleware(choose_kernel, "*/src/tensorflow/lite/micro/kernels/*")  # noqa: F821
for pattern in THEIRS:
    env.AddBuildMiddleware(silence, pattern)  # noqa: F821

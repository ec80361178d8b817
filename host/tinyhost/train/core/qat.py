"""Quantization-aware training of a classifier, in a process of its own.

It needs TensorFlow's model-optimization toolkit, which knows Keras 2 only; a process can hold one Keras.
"""

from __future__ import annotations

import importlib.util
from multiprocessing import get_context

from tinyhost.errors import MissingToolError, ModelError
from tinyhost.system.installation import with_extra
from tinyhost.train.core.qat_worker import QatJob, work
from tinyhost.train.core.trainer import Run

__all__ = ["quantization_aware"]

_NEEDED = ("tensorflow_model_optimization", "tf_keras")


def quantization_aware(job: QatJob, run: Run) -> bytes:
    """Return a float model, trained on with int8 rounding in the loop, as an int8 .tflite of batch size 1.

    Raises MissingToolError without the toolkit, ModelError if the process fails.
    """
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingToolError(
            f"quantization-aware training needs {', '.join(missing)}, which is not installed",
            hint=f"{with_extra('train')}; or train without it: --quantization ptq",
        )
    context, log = get_context("spawn"), run.folder / "qat.log"
    messages, sender = context.Pipe(duplex=False)
    process = context.Process(target=work, args=(job, log, sender), daemon=True)
    process.start()
    sender.close()
    try:
        while not isinstance(message := messages.recv(), bytes):
            run.report(message)
    except EOFError as exc:
        process.join()
        last = (log.read_text(encoding="utf-8", errors="replace").strip().splitlines() or ["no output"])[-1]
        raise ModelError(
            f"quantization-aware training: exit code {process.exitcode}: {last[:300]}", hint=f"all of it: {log}"
        ) from exc
    return message

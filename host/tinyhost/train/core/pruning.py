"""Magnitude pruning while a network learns (Zhu and Gupta 2017, arXiv:1710.01878)."""

from __future__ import annotations

from typing import Any

__all__ = ["first_pruned_epoch", "pruning_callback"]

_EVERY_STEPS = 10
"""between two choices of which weights are zero"""


def first_pruned_epoch(n_epochs: int) -> int:
    """Return the first epoch (0, 1, ..) at whose end the whole share of the weights is zero."""
    return n_epochs // 2


def pruning_callback(share: float, n_epochs: int, n_steps: int) -> Any:
    """Return a Keras callback that sets a share of the weights of convolutions and dense layers to zero.

    The share rises over the first half of the run, fast at first, and the smallest weights of each layer go; what is
    left learns on. Depthwise convolutions, whose weights are few, keep theirs.
    """
    import keras

    ops, last_step = keras.ops, max(1, n_steps * n_epochs // 2)

    class Pruner(keras.callbacks.Callback):  # type: ignore[misc]
        def on_train_begin(self, logs: Any = None) -> None:
            kinds = (keras.layers.Conv2D, keras.layers.Dense)
            self.kernels = [layer.kernel for layer in self.model.layers if isinstance(layer, kinds)]
            self.masks: list[Any] = []

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            step = int(self.model.optimizer.iterations)
            if not self.masks or (step <= last_step and (step % _EVERY_STEPS == 0 or step == last_step)):
                now = share * (1.0 - (1.0 - min(1.0, step / last_step)) ** 3)
                self.masks = [_mask(ops, kernel, now) for kernel in self.kernels]
            for kernel, mask in zip(self.kernels, self.masks, strict=True):
                kernel.assign(kernel * mask)

    return Pruner()


def _mask(ops: Any, kernel: Any, share: float) -> Any:
    """Return a mask of a kernel: zero for the share of its smallest weights, one for the others."""
    sizes = ops.abs(kernel)
    n_zero = round(share * int(ops.size(kernel)))
    least = ops.sort(ops.reshape(sizes, (-1,)))[n_zero] if n_zero < int(ops.size(kernel)) else ops.max(sizes) + 1.0
    return ops.cast(sizes >= least, kernel.dtype)

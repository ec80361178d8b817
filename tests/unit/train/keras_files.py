"""Weights in the layout in which Keras 2 wrote them, as others publish them."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def write_keras2(model: Any, path: Path) -> None:
    """Write a model's weights by the names of its layers."""
    import h5py

    with h5py.File(path, "w") as file:
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [layer.name for layer in model.layers]
        for layer in model.layers:
            own = group.create_group(layer.name)
            names = [f"{layer.name}/{index}" for index in range(len(layer.get_weights()))]
            own.attrs["weight_names"] = names
            for name, values in zip(names, layer.get_weights(), strict=True):
                own[name] = values

"""Capabilities that tests need of a board, and their markers. Loaded with the plugin, so it imports nothing."""

from __future__ import annotations

__all__ = ["CAPABILITIES", "MARKERS"]

CAPABILITIES = {
    "scene": (
        "the sensor must get a scene that the test knows (virtual boards with a scene)",
        "it has no scene, so its sensor's input is not known",
    ),
    "exact_scene": (
        "the sensor must give the scene's exact values (native and m4; an emulated chip resamples them)",
        "its sensor does not give the scene's exact values",
    ),
    "power_cut": (
        "the board's power must be switchable at any moment (virtual boards, and those with `power` in the rig file)",
        "its power cannot be cut: the rig file has no `power` for it",
    ),
    "stimulus": (
        "the test needs a stimulus for the sensor (`stimulus` in the rig file)",
        "it has no stimulus: the rig file has no `stimulus` for it",
    ),
    "meter": (
        "the board's supply needs a power meter (`meter` in the rig file)",
        "it has no power meter: the rig file has no `meter` for it",
    ),
    "bench": (
        "the rig file must configure a benchmark (`bench`)",
        "it has no benchmark: the rig file has no `bench` for it",
    ),
}
"""Capabilities of a board by the marker needs_<name>: the requirement, and the reason why a board lacks it."""
MARKERS = {
    **{f"needs_{name}": meaning for name, (meaning, _) in CAPABILITIES.items()},
    "apps(*names)": "runs only where the firmware is one of these apps",
}

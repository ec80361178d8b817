"""What tests may need of a board, and their markers. Loaded with the plugin, so it imports nothing."""

from __future__ import annotations

__all__ = ["CAPABILITIES", "MARKERS"]

CAPABILITIES = {
    "scene": (
        "the sensor must get a scene that the test knows (virtual boards with a scene)",
        "it has no scene, so nobody knows what its sensor gets",
    ),
    "exact_scene": (
        "the sensor must give the scene's own numbers (native and m4; an emulated chip samples it)",
        "its sensor does not give the scene's own numbers",
    ),
    "power_cut": (
        "the board's power must be switchable at any moment (virtual boards, and those with `power` in the rig file)",
        "its power cannot be cut: the rig file has no `power` for it",
    ),
    "stimulus": (
        "something must stand in front of the sensor that the test can show or play (`stimulus` in the rig file)",
        "nothing stands in front of its sensor: the rig file has no `stimulus` for it",
    ),
    "meter": (
        "a meter must be at the board's supply (`meter` in the rig file)",
        "nothing measures its supply: the rig file has no `meter` for it",
    ),
    "bench": (
        "the rig must say what is benchmarked (`bench` in the rig file)",
        "nobody asks for a benchmark: the rig file has no `bench` for it",
    ),
}
"""What a test may need of a board, by its marker needs_<name>: what it means, and what a board without it lacks."""
MARKERS = {
    **{f"needs_{name}": meaning for name, (meaning, _) in CAPABILITIES.items()},
    "apps(*names)": "runs only where the firmware is one of these apps",
}

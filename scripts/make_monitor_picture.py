"""Draw docs/images/monitor.svg, the README's picture of the monitor, from a real run on the board `native`.

    python scripts/make_monitor_picture.py

It builds the vww firmware, flashes a board in a scratch folder, pushes the shipped model, shows the virtual camera
drawn pictures, watches for some seconds and saves the screen as it is then.
"""

from __future__ import annotations

import argparse
import io
import re
import tempfile
import threading
import time
from pathlib import Path

import cv2
import numpy as np
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from tinyhost.boards import resolve
from tinyhost.boards.build import build_firmware
from tinyhost.boards.flash import flash_firmware
from tinyhost.device import Device
from tinyhost.models.file import load_model_file
from tinyhost.monitor.state import MonitorState
from tinyhost.monitor.watch import Watcher
from tinyhost.synth.pictures import LABELS, render
from tinyhost.tasks.live import Snapshot
from tinyhost.views.monitor import monitor_view

ROOT = Path(__file__).resolve().parent.parent
COLUMNS, ROWS = 124, 32
HOLD_S = 1.0
PERIOD_MS = 60
N_PICTURES = 8
SEED = 46
THEME = TerminalTheme(
    (15, 20, 25),
    (228, 234, 240),
    [
        (23, 30, 38),
        (255, 122, 110),
        (88, 201, 139),
        (242, 163, 92),
        (127, 176, 238),
        (162, 148, 242),
        (53, 181, 191),
        (228, 234, 240),
    ],
)


def main() -> None:
    """Run the monitor and write the picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images" / "monitor.svg")
    parser.add_argument("--seconds", type=float, default=N_PICTURES * HOLD_S - 0.25, help="how long to watch")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        seen = watch(Path(scratch), args.seconds)
    out = Console(
        record=True, width=COLUMNS, height=ROWS, force_terminal=True, color_system="truecolor", file=io.StringIO()
    )
    out.print(monitor_view(seen, COLUMNS, ROWS))
    svg = out.export_svg(title="tinyhost monitor", theme=THEME, unique_id="monitor")
    # Rich has the picture load its font from the network; any monospace font will do.
    args.out.write_text(re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL))
    print(f"{args.out}: {seen.n_readings} predictions")


def make_scene(folder: Path) -> None:
    """Draw pictures without and with a person, in turn."""
    random = np.random.default_rng(SEED)
    folder.mkdir()
    for number in range(N_PICTURES):
        label = LABELS[number % 2]
        cv2.imwrite(str(folder / f"{number:02}_{label}.png"), render(label, random))


def watch(scratch: Path, seconds: float) -> Snapshot:
    """Return the monitor's screen after some seconds of live predictions."""
    make_scene(scratch / "scene")
    board = resolve("native", state=scratch / "boards")
    flash_firmware(board, build_firmware("vww", board.firmware_kind))
    state = MonitorState()
    with board.power(scene=str(scratch / "scene"), hold_s=HOLD_S) as powered:
        with Device.open(powered) as device:
            device.push(load_model_file(ROOT / "models" / "drawings" / "model.tflite").image)
            device.set_setting("period_ms", PERIOD_MS)
        watcher = Watcher(powered, state, preview=True)
        thread = threading.Thread(target=watcher.run)
        thread.start()
        time.sleep(seconds)
        seen = state.snapshot()
        watcher.stop.set()
        thread.join()
    return seen


if __name__ == "__main__":
    main()

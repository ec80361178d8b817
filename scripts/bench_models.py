"""Measures every model of some folders on m4 and prints a table; see docs/reference/performance.md.

    python -m scripts.bench_models FOLDER... [--json FILE] [--markdown FILE] [--history FILE [--append]] [--portable]

--history shows the change against the last entries that have these models; --append adds this run to it.
--portable measures the portable kernels as well: what the fast ones gain.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path

from rich.console import Console
from rich.table import Table
from tinyhost.bench.table import ModelFigures, find_models, measure_models
from tinyhost.boards import resolve
from tinyhost.boards.build import Firmware, build_firmware
from tinyhost.boards.flash import flash_firmware
from tinyhost.device import Device
from tinyhost.errors import TinyhostError

from scripts.bench_history import Entry, append_entry, changes, read_history
from scripts.engine_hash import engine_hash
from scripts.engine_size import VWW_OPERATORS, engine_bytes, map_of

_ROOT = Path(__file__).resolve().parent.parent
_CONSOLE = Console(width=220, highlight=False)
_STATUS = Console(stderr=True)
_MOST_KINDS = 2
_TFLM = json.loads((_ROOT / "docs/reference/performance/tflm.json").read_text(encoding="utf-8"))["models"]
"""by sha256 of the .tflite"""


def main() -> int:
    """Measure, print, write; 1 if an output differs from the host's, 2 for an error."""
    arguments = _arguments()
    try:
        figures, firmware = _measure(arguments, "m4")
        portable = {item.name: item for item in _measure(arguments, "m4_portable")[0]} if arguments.portable else {}
        engine = engine_bytes(firmware.path.with_name("program.map"))
        of_vww = sum(engine_bytes(map_of(VWW_OPERATORS)).values())
        _CONSOLE.print(_table(figures, portable))
        print(
            f"engine: {sum(engine.values()):,} B of flash with all operators, {of_vww:,} B with vww's; "
            f"firmware {firmware.build_id}"
        )
        entry = Entry.of(
            figures,
            date=datetime.now(timezone.utc).isoformat(timespec="seconds"),
            commit=_commit(),
            build_id=firmware.build_id,
            engine_bytes=sum(engine.values()),
            vww_engine_bytes=of_vww,
            engine_hash=engine_hash(),
        )
        if arguments.history:
            _print_changes(arguments.history, entry, figures)
            if arguments.append:
                append_entry(arguments.history, entry)
        if arguments.markdown:
            arguments.markdown.write_text(_page(figures, portable, entry), encoding="utf-8")
        if arguments.json:
            _write_json(arguments.json, entry, figures, portable, engine)
    except TinyhostError as error:
        print(f"{error}\n{error.hint}", file=sys.stderr)
        return 2
    return int(any(item.mismatches for item in (*figures, *portable.values())))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", type=Path, help="folders, or .tflite files")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table as a page")
    parser.add_argument("--history", type=Path, metavar="FILE")
    parser.add_argument("--append", action="store_true", help="add this run to the history")
    parser.add_argument("--portable", action="store_true", help="measure the portable kernels too")
    parser.add_argument("--no-passes", action="store_true", help="leave the compiler's passes out")
    parser.add_argument("--samples", type=int, default=3, help="random inputs to compare with the host")
    return parser.parse_args()


def _measure(arguments: argparse.Namespace, kind: str) -> tuple[list[ModelFigures], Firmware]:
    paths = find_models(arguments.models)
    with tempfile.TemporaryDirectory(prefix="tinyhost-bench-") as state:
        board = resolve("m4", state=Path(state))
        with _STATUS.status(f"building vww_{kind}") as status:
            firmware = build_firmware("vww", kind)
            flash_firmware(board, firmware)
            with board.power() as power, Device.open(power) as device:
                figures = measure_models(
                    device,
                    paths,
                    n_samples=arguments.samples,
                    passes=not arguments.no_passes,
                    on_model=lambda path: status.update(f"{kind}: {path.name}"),
                )
                return list(figures), firmware


_HEADINGS = ("model", "MACs", "live", "instructions", "per MAC", "arena B", "flash B")
_PORTABLE_HEADINGS = ("portable", "times")
_TFLM_HEADINGS = ("TFLM + CMSIS-NN", "gain", "its arena B")
_LAST_HEADING = "share per kind of operator"


def _headings(figures: Sequence[ModelFigures], portable: dict[str, ModelFigures]) -> tuple[str, ...]:
    tflm = _TFLM_HEADINGS if _knows_tflm(figures) else ()
    return (*_HEADINGS, *tflm, *(_PORTABLE_HEADINGS if portable else ()), _LAST_HEADING)


def _knows_tflm(figures: Sequence[ModelFigures]) -> bool:
    return any(item.sha256 in _TFLM for item in figures)


def _tflm_cells(item: ModelFigures) -> list[str]:
    """Return TensorFlow Lite Micro's figures where they are known, and its instructions divided by ours."""
    tflm = _TFLM.get(item.sha256)
    if tflm is None:
        return ["-", "-", "-"]
    return [f"{tflm['cmsis_nn']:,}", f"{tflm['cmsis_nn'] / item.ticks:.2f}", f"{tflm['arena_bytes']:,}"]


def _rows(figures: Sequence[ModelFigures], portable: dict[str, ModelFigures]) -> Iterator[list[str]]:
    """Yield the cells of each model."""
    for item in figures:
        cells = [item.name, f"{item.macs:,}", f"{item.live_macs:,}", f"{item.ticks:,}"]
        cells.append("-" if item.ticks_per_mac is None else f"{item.ticks_per_mac:.2f}")
        cells += [f"{item.arena_bytes:,}", f"{item.flash_bytes:,}"]
        cells += _tflm_cells(item) if _knows_tflm(figures) else []
        if portable:
            before = portable[item.name].ticks
            cells += [f"{before:,}", f"{before / item.ticks:.2f}"]
        kinds = ", ".join(f"{100 * kind.share:.0f} % {kind.name}" for kind in item.kinds[:_MOST_KINDS])
        cells.append(f"{item.mismatches} of {item.compared} outputs DIFFER" if item.mismatches else kinds)
        yield cells


def _table(figures: Sequence[ModelFigures], portable: dict[str, ModelFigures]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in _headings(figures, portable):
        table.add_column(name, justify="left" if name in ("model", _LAST_HEADING) else "right", no_wrap=True)
    for cells in _rows(figures, portable):
        table.add_row(*cells)
    return table


def _page(figures: Sequence[ModelFigures], portable: dict[str, ModelFigures], entry: Entry) -> str:
    """Return the table as a page in Markdown."""
    headings = _headings(figures, portable)
    lines = [
        "# Figures",
        "",
        f"Written by `make bench-append` on {entry.date[:10]}, firmware {entry.build_id}.",
        f"Instructions on `m4`: exact. The engine takes {entry.engine_bytes:,} B of flash with all operators,",
        f"{entry.vww_engine_bytes:,} B with those that vww's models need. [What the columns mean](../performance.md).",
        "",
        "| " + " | ".join(headings) + " |",
        "| --- |" + " ---: |" * (len(headings) - 2) + " --- |",
        *("| " + " | ".join(cells) + " |" for cells in _rows(figures, portable)),
    ]
    return "\n".join(lines) + "\n"


def _print_changes(path: Path, entry: Entry, figures: Sequence[ModelFigures]) -> None:
    entries = read_history(path)
    found = changes(entries, figures)
    last = entries[-1] if entries else entry
    print(f"against {path}, {len(entries)} entries, the last of {last.date[:10]} at {last.commit}:")
    for change in found:
        print(
            f"  {change.model}: {change.what} {change.before:,} -> {change.now:,} ({100 * (change.ratio - 1):+.1f} %)"
        )
    sizes = {
        "engine, all operators": (last.engine_bytes, entry.engine_bytes),
        "engine, vww's operators": (last.vww_engine_bytes, entry.vww_engine_bytes),
    }
    for what, (before, now) in sizes.items():
        if before and before != now:
            print(f"  {what}: flash_bytes {before:,} -> {now:,} ({100 * (now / before - 1):+.1f} %)")
    if not found and all(before == now for before, now in sizes.values()):
        print("  no change")


def _write_json(
    path: Path,
    entry: Entry,
    figures: Sequence[ModelFigures],
    portable: dict[str, ModelFigures],
    engine: dict[str, int],
) -> None:
    models = [
        {
            **asdict(item),
            "ticks_per_mac": item.ticks_per_mac,
            "portable_ticks": portable[item.name].ticks if portable else None,
        }
        for item in figures
    ]
    document = {
        "date": entry.date,
        "commit": entry.commit,
        "build_id": entry.build_id,
        "board": "m4",
        "unit": "instructions",
        "engine_bytes": engine,
        "models": models,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def _commit() -> str:
    """Return the commit that is checked out, with + if files differ from it; empty outside of a repository."""
    command = ["git", "-C", str(_ROOT), "describe", "--always", "--dirty=+", "--exclude=*"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())

"""`tinyhost diff`: compare host and device on one sample, stage by stage."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tinyhost.cli.declare import Command, argument, make_command, option
from tinyhost.cli.options import BoardOption, JsonOption, StateOption
from tinyhost.cli.output import console, write_json
from tinyhost.errors import CheckFailedError, UsageError
from tinyhost.system.wording import counted

if TYPE_CHECKING:
    from rich.console import RenderableType

    from tinyhost.bench.difference import Stage
    from tinyhost.models.summary import ModelSummary

__all__ = ["command"]


def command() -> Command:
    """Return `diff`."""
    return make_command(
        diff,
        examples=(
            "tinyhost diff data/hall/test/person/000001.png --layers",
            "tinyhost diff --seed 7 --board m4",
        ),
    )


def diff(
    *,
    sample: Annotated[
        Path | None,
        argument(help="A picture, or an input tensor as a .npy or .bin file."),
    ] = None,
    seed: Annotated[
        int | None,
        option("--seed", min=0, max=0xFFFFFFFF, help="Use the random input of this seed instead of a file."),
    ] = None,
    layers: Annotated[bool, option("--layers", help="Also compare the output of every operator.")] = False,
    board: BoardOption = None,
    state: StateOption = None,
    json: JsonOption = None,
) -> None:
    """Run one sample on the host and on the board, and compare the results.

    Exits 1 if any stage differs, and shows where.
    """
    from tinyhost.bench.difference import DiffDocument, compare, load_sample
    from tinyhost.cli.connect import connected
    from tinyhost.models.reference import HostReference
    from tinyhost.models.summary import summarize
    from tinyhost.protocol.messages import Source

    if (sample is None) == (seed is None):
        raise UsageError("expected either a file or --seed", hint="tinyhost diff picture.png --layers")
    with connected(board, None, state) as connection:
        image = connection.device.read(Source.MODEL)
        model = summarize(image)
        chosen = load_sample(sample, seed or 0, model)
        stages = list(compare(connection.device, HostReference(image), model, chosen, layers=layers))
        name = connection.board_name
    if json:
        write_json(DiffDocument.of(name, model, chosen, stages), json)
    if json != "-":
        console().print(_view(name, model, chosen.name, stages))
    parted = next((stage for stage in stages if not stage.same), None)
    if parted is not None:
        raise CheckFailedError(
            f"{name}: {model.name} on {chosen.name} differs from the host at stage '{parted.name}'{_where(parted)}",
            hint="add --layers to find the first operator" if not layers else "flash the board with this version again",
        )


def _where(stage: Stage) -> str:
    if not stage.n_different:
        return ""
    n = counted(stage.n_different, "element")
    return f", {n}, by up to {stage.max_abs_difference:g}, first at {stage.first_difference}"


def _view(board: str, model: ModelSummary, sample: str, stages: list[Stage]) -> RenderableType:
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("stage", "bytes", "host CRC", "device CRC", ""):
        table.add_column(name, justify="right" if name == "bytes" else "left", no_wrap=True)
    for stage in stages:
        table.add_row(
            stage.name,
            f"{stage.n_bytes:,}",
            f"{stage.host_crc32:08x}",
            f"{stage.device_crc32:08x}",
            Text("same", "green") if stage.same else Text(f"DIFFERENT{_where(stage)}", "bold red"),
        )
    same = sum(stage.same for stage in stages)
    words = (
        "host and device agree to the bit"
        if same == len(stages)
        else f"a difference in {counted(len(stages) - same, 'stage')}"
    )
    head = Text.assemble((model.name, "bold cyan"), (f" on {board}, {sample}", "dim"))
    return Group(head, table, Text(words, "bold green" if same == len(stages) else "bold red"))

"""`tinyhost synth`: make labelled data without a sensor."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tinyhost.cli.output import status_console

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the `synth` commands."""
    group = typer.Typer(no_args_is_help=True, help="Make labelled data without a sensor.")
    app.add_typer(group, name="synth")

    @group.command()
    def pictures(
        folder: Annotated[Path, typer.Argument(help="Pictures go to FOLDER/LABEL/*.png.")],
        count: Annotated[int, typer.Option(min=1, help="Pictures per class.")] = 20,
        seed: Annotated[int, typer.Option(help="The same seed draws the same pictures.")] = 0,
    ) -> None:
        """Draw pictures with and without a person.

        96x96 grey: a scene for a virtual camera, or something to train on.
        """
        from tinyhost.datasets.synthetic import write_dataset

        files = write_dataset(folder.parent, count, seed, split=folder.name)
        labels = sorted({file.parent.name for file in files})
        status_console().print(
            f"drew {len(files)} pictures in {folder}: {', '.join(labels)}", soft_wrap=True, markup=False
        )

"""`tinyhost model adapt`: change a third-party model so that it fits a board."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tinyhost.cli.declare import argument, option
from tinyhost.cli.labels import LabelsOption, split_labels, split_words
from tinyhost.cli.options import Against, AgainstOption, JsonOption
from tinyhost.cli.output import note, say, write_file, write_json
from tinyhost.errors import DatasetError, UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["adapt_model"]


class Softmax(str, Enum):
    """Whether the result ends with a softmax."""

    ON = "on"
    OFF = "off"


def adapt_model(
    model: Annotated[Path, argument(help="A .tflite file, or a file that contains one.")],
    *,
    output: Annotated[Path, option("--output", "-o", help="The .tflite file to write, with a note beside it.")],
    integer_ends: Annotated[
        bool,
        option(
            "--integer-ends", help="Remove casts between float or uint8 and int8, so that input and output are int8."
        ),
    ] = False,
    gray: Annotated[
        bool,
        option(
            "--gray",
            help="Accept greyscale pictures instead of colour: the first layer's kernel is summed over the channels.",
        ),
    ] = False,
    pixel_range: Annotated[
        str | None,
        option(
            "--pixel-range",
            metavar="BLACK,WHITE",
            help="The input values for black and white during training, such as -1,1. The input's scale and zero "
            "point are changed so that the quantized input is a pixel minus 128.",
        ),
    ] = None,
    order: Annotated[
        str | None,
        option("--order", help="The new order of the outputs: labels of --labels, or old output numbers from 0."),
    ] = None,
    softmax: Annotated[
        Softmax | None, option("--softmax", help="on: add a softmax at the end; off: remove the one at the end.")
    ] = None,
    labels: LabelsOption = None,
    pictures: Annotated[
        Path | None,
        option("--pictures", help="A folder of pictures to compare the outputs on. Default: random inputs."),
    ] = None,
    samples: Annotated[int, option("--samples", min=1, max=100_000, help="How many inputs to compare.")] = 100,
    against: AgainstOption = Against.HOST,
    json: JsonOption = None,
) -> None:
    """Adapt a third-party model to a board, and compare its outputs with the original's.

    Nothing is trained. A note beside the new file, as text and as JSON, records the changes and compares the outputs of
    both models on the same inputs. This command does not quantize float models: use TensorFlow's converter with a
    representative data set.
    """
    from tinyhost.models.adapt.adapting import AdaptOptions, adapt, note_text
    from tinyhost.models.file import read_tflite_file
    from tinyhost.models.origin import NOTE_SUFFIX

    data, known = read_tflite_file(model)
    names = split_labels(labels) or known
    wishes = AdaptOptions(
        integer_ends=integer_ends,
        gray=gray,
        pixel_range=None if pixel_range is None else _range(pixel_range),
        order=None if order is None else tuple(_places(order, names)),
        softmax=softmax.value if softmax else None,
    )
    adapted = adapt(
        data,
        wishes,
        where=str(model),
        against=against.value,
        n_inputs=samples,
        pictures=_read(pictures, samples) if pictures else (),
    )
    new_names = tuple(names[place] for place in wishes.order) if names and wishes.order else names
    document = adapted.document(model, data, output, new_names)
    text = note_text(document)
    write_file(output, adapted.data)
    write_file(output.with_suffix(".note.txt"), text)
    write_json(document, str(output.with_suffix(NOTE_SUFFIX)))
    if json:
        write_json(document, json)
    if json != "-":
        say(text.rstrip())
    with_labels = f" --labels {','.join(new_names)}" if new_names else ""
    note((f"next: tinyhost push {output}{with_labels}", "dim"))


def _range(text: str) -> tuple[float, float]:
    try:
        low, high = (float(part) for part in text.split(","))
    except ValueError:
        low, high = 0.0, 0.0
    if not -1e6 < low < high < 1e6:
        raise UsageError(f"--pixel-range {text}: expected two numbers, black below white", hint="such as 0,1 or -1,1")
    return low, high


def _places(text: str, labels: tuple[str, ...]) -> Iterator[int]:
    """Yield the indices of the outputs that an order names, by number or label."""
    for word in split_words(text):
        if word in labels:
            yield labels.index(word)
        elif word.isascii() and word.isdigit() and len(word) < 6:
            yield int(word)
        else:
            raise UsageError(
                f"--order: expected a number, or a label of {', '.join(labels) or '--labels'}, got {word!r}",
                hint="name the outputs as they are now: --labels person,empty --order empty,person",
            )


def _read(folder: Path, n: int) -> list[NDArray[np.uint8]]:
    """Return the first pictures of a folder, by name, those in folders below it too."""
    from itertools import islice

    from tinyhost.sensors.picture_file import PICTURE_SUFFIXES, read_picture
    from tinyhost.system.folders import files_below

    if not folder.is_dir():
        raise DatasetError(f"{folder}: no such folder", hint="give a folder of pictures, or leave --pictures out")
    files = sorted(path for path in files_below(folder) if path.suffix.lower() in PICTURE_SUFFIXES)
    if not files:
        raise DatasetError(f"{folder}: no pictures", hint="give a folder of PNG or JPEG files")
    return [read_picture(path) for path in islice(files, n)]

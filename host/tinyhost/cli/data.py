"""`tinyhost data`: fetch, import, label, check, split and export data sets."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tinyhost.cli.data_card import card
from tinyhost.cli.data_check import check
from tinyhost.cli.data_import import import_dataset
from tinyhost.cli.data_label import label, review
from tinyhost.cli.declare import Group, argument, make_command, make_group, option
from tinyhost.cli.options import JsonOption, TimeUnitOption, UnitOption
from tinyhost.cli.output import byte_progress, console, note, print_table, progress_count, say, write_json
from tinyhost.cli.people import erase, expire
from tinyhost.cli.skipped import AllowSkippedOption, tell_skipped
from tinyhost.errors import UsageError
from tinyhost.system.wording import counted

if TYPE_CHECKING:
    from tinyhost.datasets.catalogue import DatasetEntry
    from tinyhost.datasets.ucr import ClassColumn

__all__ = ["command"]

SetArgument = Annotated[Path, argument(help="The data set: a folder with one folder for each label.")]
ValidationOption = Annotated[
    float, option(min=0, max=99, help="The percentage of speakers whose clips are used for validation.")
]
TestingOption = Annotated[
    float, option(min=0, max=99, help="The percentage of speakers whose clips are used for testing.")
]


class ClassPlace(str, Enum):
    """The column of a table of time series that has the class."""

    FIRST = "first"
    LAST = "last"

    @property
    def column(self) -> ClassColumn:
        """The place as the reader takes it."""
        return "first" if self is ClassPlace.FIRST else "last"


def command() -> Group:
    """Return the `data` commands."""
    return make_group(
        "Fetch, import, label, check, split and export data sets.",
        {
            "list": make_command(list_datasets, examples=("tinyhost data list",)),
            "fetch": make_command(
                fetch_dataset, examples=("tinyhost data fetch speech_commands data/speech_commands",)
            ),
            "import": make_command(
                import_dataset,
                examples=(
                    "tinyhost data import downloads/export data/words",
                    "tinyhost data import cv-corpus/en/validated.tsv data/words --words yes,no --resample",
                ),
            ),
            "label": make_command(
                label,
                examples=(
                    "tinyhost data label downloads/new data/hall --model models/vww/model.tflite --annotator ada",
                    "tinyhost data label downloads/new data/hall --model models/vww/model.tflite --export doubtful",
                ),
            ),
            "review": make_command(review, examples=("tinyhost data review data/hall --annotator ben --count 50",)),
            "info": make_command(info, examples=("tinyhost data info data/words",)),
            "check": make_command(
                check,
                examples=(
                    "tinyhost data check data/hall --report check.html",
                    "tinyhost data check data/hall --quarantine data/hall-aside",
                ),
            ),
            "split": make_command(split, examples=("tinyhost data split data/words --testing 20",)),
            "card": make_command(card, examples=("tinyhost data card data/hall papers/hall",)),
            "erase": make_command(erase, examples=("tinyhost data erase --subject P07",)),
            "expire": make_command(expire, examples=("tinyhost data expire",)),
            "export": make_command(export, examples=("tinyhost data export data/words upload --format edge-impulse",)),
        },
    )


def list_datasets(json: JsonOption = None) -> None:
    """List the data sets that `tinyhost data fetch` knows."""
    from tinyhost.datasets.catalogue import DATASETS, DatasetsDocument
    from tinyhost.views.tables import plain_table

    if json:
        write_json(DatasetsDocument.of(DATASETS.values()), json)
    if json == "-":
        return
    table = plain_table("name", "licence", "what it is")
    for entry in DATASETS.values():
        table.add_row(entry.name, entry.licence, entry.description)
    print_table(table)


def fetch_dataset(
    source: Annotated[
        str, argument(help="A name that `tinyhost data list` shows, or the URL of an archive.", values="dataset")
    ],
    target: Annotated[Path, argument(help="The new folder into which the archive is unpacked.")],
    *,
    sha256: Annotated[
        str,
        option(
            help="The archive's SHA-256, if the catalogue does not have it. An archive with another one is rejected."
        ),
    ] = "",
    unverified: Annotated[
        bool, option("--unverified", help="Accept an archive whose SHA-256 is not known, and print its SHA-256.")
    ] = False,
    mirror: Annotated[
        str | None, option(envvar="TINYHOST_DATA_MIRROR", help="A folder or URL to get the archive from.")
    ] = None,
    max_gb: Annotated[
        float, option(min=0.001, max=1000.0, help="The maximum size of an archive from a URL, in gigabytes.")
    ] = 4.0,
    json: JsonOption = None,
) -> None:
    """Download an archive, check its SHA-256, and unpack it safely."""
    from tinyhost.datasets.catalogue import fetch

    dataset = _dataset(source, sha256, unverified, round(max_gb * 1e9))
    with byte_progress("downloading") as progress, byte_progress("unpacking") as unpacked:
        fetched = fetch(dataset, target, mirror=mirror, progress=progress, on_unpacked=unpacked)
    if json:
        write_json(fetched, json)
    if json != "-":
        say(f"{target}: {counted(fetched.files, 'file')}")
    if not fetched.verified:
        note(("not verified", "yellow"), f": its SHA-256 is {fetched.sha256}; next time give that with --sha256")


def _dataset(source: str, sha256: str, unverified: bool, max_bytes: int) -> DatasetEntry:
    """Return what is to be fetched. Raises UsageError unless one SHA-256 is known, or asked to do without."""
    from tinyhost.datasets.catalogue import entry, entry_of_url

    is_url = "://" in source
    known = "" if is_url else entry(source).sha256
    if known and (sha256 or unverified):
        raise UsageError(f"the SHA-256 of {source} is in the catalogue", hint="leave out --sha256 and --unverified")
    if not known and bool(sha256) == unverified:
        raise UsageError(
            f"{source}: its SHA-256 is not known",
            hint="give it with --sha256 (sha256sum FILE prints it), or use --unverified to accept any",
        )
    return entry_of_url(source, sha256, max_bytes) if is_url else entry(source, sha256)


def info(
    folder: SetArgument,
    *,
    class_column: Annotated[
        ClassPlace | None,
        option("--class-column", help="Time series: the column with the class. Default: detected automatically."),
    ] = None,
    unit: UnitOption = "",
    time_unit: TimeUnitOption = "",
    allow_skipped: AllowSkippedOption = False,
    json: JsonOption = None,
) -> None:
    """Show the labels, speakers and splits of a data set.

    Lists the files that cannot be used, with the reasons. Exits 1 if they are more than 1 %.
    """
    from tinyhost.datasets.describe import describe
    from tinyhost.datasets.skipped import check_skipped
    from tinyhost.motion.units import MotionUnits
    from tinyhost.views.data import data_view

    with progress_count("reading") as show:
        found = describe(
            folder,
            class_column=class_column.column if class_column else None,
            units=MotionUnits.of(unit, time_unit),
            on_file=show,
        )
    if json:
        write_json(found, json)
    if json != "-":
        console().print(data_view(found), soft_wrap=True)
    tell_skipped(found.skipped)
    check_skipped(folder, found.skipped, found.files, allow=allow_skipped)


def split(
    folder: SetArgument,
    *,
    validation: ValidationOption = 10.0,
    testing: TestingOption = 10.0,
    unit: UnitOption = "",
    time_unit: TimeUnitOption = "",
    allow_skipped: AllowSkippedOption = False,
    json: JsonOption = None,
) -> None:
    """Write the lists of samples for validation and testing.

    The rule is that of Speech Commands: a hash of the speaker's name puts all clips of a person into the same split.
    With fewer than three speakers, and for motion, each file is assigned by its own name; of pictures, the last ones of
    each label are held out. Lists the files that cannot be used, and exits 1 if they are more than 1 %.
    """
    from tinyhost.datasets.skipped import check_skipped
    from tinyhost.datasets.speech_commands import Shares
    from tinyhost.datasets.splitting import split_dataset
    from tinyhost.motion.units import MotionUnits

    shares = Shares(validation=validation, testing=testing)
    with progress_count("reading") as show:
        done = split_dataset(folder, shares, units=MotionUnits.of(unit, time_unit), on_file=show)
    if json:
        write_json(done, json)
    if json != "-":
        words = ", ".join(f"{count:,} for {part}" for part, count in done.parts.items())
        say(f"{folder}: by {done.by}, {words}")
    if done.kind == "clips" and done.by == "file":
        note("fewer than 3 speakers: the same voice is in several splits, so measured accuracy will be too optimistic")
    tell_skipped(done.skipped)
    check_skipped(folder, done.skipped, sum(done.parts.values()), allow=allow_skipped)


def export(
    folder: SetArgument,
    target: Annotated[Path, argument(help="The new folder to write.")],
    *,
    format: Annotated[
        str,
        option(help="The format to write: edge-impulse, speech-commands (clips), label-studio, or cvat (pictures)."),
    ] = "edge-impulse",
    validation: ValidationOption = 10.0,
    testing: TestingOption = 10.0,
    unit: UnitOption = "",
    time_unit: TimeUnitOption = "",
    allow_skipped: AllowSkippedOption = False,
    json: JsonOption = None,
) -> None:
    """Export the clips, pictures or motion of a data set for other tools.

    Lists the files that cannot be used, and exits 1 if they are more than 1 %.
    """
    from tinyhost.datasets.exporting import EXPORT_FORMATS, ExportFormat, export_dataset
    from tinyhost.datasets.skipped import check_skipped
    from tinyhost.datasets.speech_commands import Shares
    from tinyhost.motion.units import MotionUnits

    known: dict[str, ExportFormat] = {name: name for name in EXPORT_FORMATS}
    if format not in known:
        raise UsageError(f"--format {format}: expected {' or '.join(EXPORT_FORMATS)}")
    shares = Shares(validation=validation, testing=testing)
    with progress_count("exporting") as show:
        done = export_dataset(
            folder, target, known[format], shares=shares, units=MotionUnits.of(unit, time_unit), on_sample=show
        )
    if json:
        write_json(done, json)
    if json != "-":
        say(f"{target}: {sum(done.parts.values()):,} samples")
    tell_skipped(done.skipped)
    check_skipped(folder, done.skipped, sum(done.parts.values()), allow=allow_skipped)

"""`tinyhost data`: data sets from elsewhere and for elsewhere, and what is in them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from tinyhost.cli.data_view import print_import, print_info
from tinyhost.cli.options import JsonOption
from tinyhost.cli.output import byte_progress, console, note, progress_count, write_json
from tinyhost.errors import CheckFailedError, UsageError

if TYPE_CHECKING:
    from tinyhost.datasets.catalogue import DatasetEntry
    from tinyhost.datasets.clips import Skipped

__all__ = ["register"]

SetArgument = Annotated[Path, typer.Argument(help="A data set: a folder with one folder for each label.")]
ValidationOption = Annotated[float, typer.Option(min=0, max=99, help="Percent of the speakers for validation.")]
TestingOption = Annotated[float, typer.Option(min=0, max=99, help="Percent of the speakers for testing.")]


def register(app: typer.Typer) -> None:
    """Add the `data` commands."""
    group = typer.Typer(name="data", help="Fetch, import, export, split and describe data sets.", no_args_is_help=True)
    group.command("list")(list_datasets)
    group.command("fetch")(fetch_dataset)
    group.command("import")(import_dataset)
    group.command("info")(info)
    group.command("split")(split)
    group.command("export")(export)
    app.add_typer(group)


def list_datasets(json: JsonOption = None) -> None:
    """List the data sets that `tinyhost data fetch` knows."""
    from tinyhost.datasets.catalogue import DATASETS
    from tinyhost.views.tables import plain_table

    entries = list(DATASETS.values())
    if json:
        fields = ("name", "url", "sha256", "licence", "description")
        rows = [{field: getattr(entry, field) for field in fields} for entry in entries]
        write_json({"schema": "tinyhost.datasets/1", "datasets": rows}, json)
    if json == "-":
        return
    table = plain_table("name", "licence", "what it is")
    for entry in entries:
        table.add_row(entry.name, entry.licence, entry.description)
    console().print(table)


def fetch_dataset(
    source: Annotated[str, typer.Argument(help="A name of `tinyhost data list`, or the URL of an archive.")],
    target: Annotated[Path, typer.Argument(help="A new folder, into which it is unpacked.")],
    *,
    sha256: Annotated[str, typer.Option(help="What the archive must be, where the catalogue does not know.")] = "",
    unverified: Annotated[
        bool, typer.Option("--unverified", help="Take what comes, and print its SHA-256, if that is known nowhere.")
    ] = False,
    mirror: Annotated[
        Optional[str],  # noqa: UP045 (typer reads the annotation at run time on Python 3.10)
        typer.Option(envvar="TINYHOST_DATA_MIRROR", help="A folder or URL that holds the archive."),
    ] = None,
    json: JsonOption = None,
) -> None:
    """Download an archive, check its SHA-256, and unpack it safely."""
    from tinyhost.datasets.catalogue import fetch

    dataset = _dataset(source, sha256, unverified)
    with byte_progress("downloading") as progress, byte_progress("unpacking") as unpacked:
        fetched = fetch(dataset, target, mirror=mirror, progress=progress, on_unpacked=unpacked)
    if json:
        document = {"schema": "tinyhost.data_fetch/1", "name": dataset.name, "url": dataset.url}
        found = {"sha256": fetched.sha256, "verified": fetched.verified, "files": fetched.n_files}
        write_json({**document, **found, "folder": str(target)}, json)
    if json != "-":
        console().print(f"{target}: {fetched.n_files:,} files", soft_wrap=True, markup=False)
    if not fetched.verified:
        note(f"[yellow]not verified[/]: its SHA-256 is {fetched.sha256}; next time give that with --sha256")


def _dataset(source: str, sha256: str, unverified: bool) -> DatasetEntry:
    """Return what is to be fetched. Raises UsageError unless one SHA-256 is known, or asked to do without."""
    from tinyhost.datasets.catalogue import entry, entry_of_url

    is_url = "://" in source
    known = "" if is_url else entry(source).sha256
    if known and (sha256 or unverified):
        raise UsageError(f"the SHA-256 of {source} is in the catalogue", hint="leave out --sha256 and --unverified")
    if not known and bool(sha256) == unverified:
        raise UsageError(
            f"{source}: no SHA-256 of it is known here",
            hint="give it with --sha256 (sha256sum FILE prints it), or fetch it --unverified and see",
        )
    return entry_of_url(source, sha256) if is_url else entry(source, sha256)


def import_dataset(
    source: Annotated[Path, typer.Argument(help="A folder of label folders, an Edge Impulse export, or Common Voice.")],
    target: Annotated[Path, typer.Argument(help="The data set that the clips are added to.")],
    *,
    format: Annotated[str, typer.Option(help="auto, folder, edge-impulse or common-voice.")] = "auto",
    words: Annotated[str, typer.Option(help="Only these labels, with commas; by default all.")] = "",
    resample: Annotated[
        bool, typer.Option("--resample", help="Bring other rates, channels and formats to 16 kHz, mono, 16 bit.")
    ] = False,
    json: JsonOption = None,
) -> None:
    """Add clips or motion from elsewhere to a data set.

    What cannot be used is skipped and told. Exits 1 if no clip could be used.
    """
    from tinyhost.datasets.importing import FORMATS, Format, ImportReport, detect_format, find_clips, import_clips
    from tinyhost.datasets.store import DatasetStore

    known: dict[str, Format] = {name: name for name in FORMATS}
    if format != "auto" and format not in known:
        raise UsageError(f"--format {format}: expected auto, {', '.join(FORMATS)}")
    report = ImportReport(format=detect_format(source) if format == "auto" else known[format])
    wanted = tuple(word.strip() for word in words.split(",") if word.strip())
    clips = find_clips(source, report.format, convert=resample)
    try:
        with DatasetStore(target) as store, progress_count("importing") as show:
            done = itertools.count(1)
            import_clips(
                clips, store, report, source=source, words=wanted, on_clip=lambda: show(next(done), len(clips))
            )
    finally:
        print_import(report, source, target, json)
    if not report.stored:
        raise CheckFailedError(
            f"{source}: no clip could be used, {len(report.skipped)} were skipped, {report.not_wanted} not asked for",
            hint="see the reasons above; --resample brings other formats to 16 kHz, mono, 16 bit",
        )


def info(folder: SetArgument, json: JsonOption = None) -> None:
    """Say what is in a data set, and which files cannot be used.

    Its labels, speakers and parts.
    """
    from tinyhost.datasets.describe import describe

    with progress_count("reading") as show:
        found = describe(folder, on_file=show)
    print_info(found, json)


def split(
    folder: SetArgument,
    *,
    validation: ValidationOption = 10.0,
    testing: TestingOption = 10.0,
    json: JsonOption = None,
) -> None:
    """Write which clips are for validation and which for testing.

    By the rule of Speech Commands: its hash of the speaker keeps everybody on one side. With fewer than three
    speakers the files are split.
    """
    from tinyhost.audio.speakers import PARTS
    from tinyhost.datasets.clips import load_clip_folder
    from tinyhost.datasets.speech_commands import Shares, part_of_clips, write_lists

    shares = Shares(validation=validation, testing=testing)
    with progress_count("reading") as show:
        clips = load_clip_folder(folder, on_file=show)
    split_by, sides = part_of_clips(clips, shares, use_lists=False)
    write_lists(clips, sides)
    counts = {part: sides.count(part) for part in PARTS}
    if json:
        write_json({"schema": "tinyhost.data_split/1", "folder": str(folder), "by": split_by, "parts": counts}, json)
    if json != "-":
        words = ", ".join(f"{count:,} for {part}" for part, count in counts.items())
        console().print(f"{folder}: by {split_by}, {words}", soft_wrap=True, markup=False)
    if split_by == "file":
        note("fewer than 3 speakers: the same voice is on several sides, so the figures will flatter")


def export(
    folder: SetArgument,
    target: Annotated[Path, typer.Argument(help="A new folder.")],
    *,
    format: Annotated[str, typer.Option(help="edge-impulse or speech-commands.")] = "edge-impulse",
    validation: ValidationOption = 10.0,
    testing: TestingOption = 10.0,
    json: JsonOption = None,
) -> None:
    """Write the clips or the motion of a data set for other tools."""
    from tinyhost.datasets.clips import load_clip_folder
    from tinyhost.datasets.exporting import EXPORT_FORMATS, ExportFormat, export_clips
    from tinyhost.datasets.motion_exchange import export_motion, is_motion_folder
    from tinyhost.datasets.speech_commands import Shares

    known: dict[str, ExportFormat] = {name: name for name in EXPORT_FORMATS}
    if format not in known:
        raise UsageError(f"--format {format}: expected {' or '.join(EXPORT_FORMATS)}")
    shares = Shares(validation=validation, testing=testing)
    is_motion = is_motion_folder(folder)
    if is_motion and format != "edge-impulse":
        raise UsageError(f"--format {format} is for clips, and {folder} holds motion", hint="--format edge-impulse")
    counts: dict[str, int]
    left_out: Sequence[Skipped]
    with progress_count("exporting") as show:
        if is_motion:
            n_files, left_out = export_motion(folder, target, show)
            counts = {"training": n_files}
        else:
            clips = load_clip_folder(folder)
            parts = export_clips(clips, target, known[format], shares=shares, on_clip=show)
            counts = {str(part): n for part, n in parts.items()}
            left_out = clips.skipped
    skipped = [{"what": item.what, "reason": item.reason} for item in left_out]
    if json:
        document = {"schema": "tinyhost.data_export/1", "folder": str(target), "format": format}
        write_json({**document, "parts": dict(counts), "skipped": skipped}, json)
    if json != "-":
        console().print(
            f"{target}: {sum(counts.values()):,} {'recordings' if is_motion else 'clips'}", soft_wrap=True, markup=False
        )
    for item in left_out:
        note(f"skipped {item.what}: {item.reason}")

"""`tinyhost data import`: import samples in other tools' formats."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tinyhost.cli.declare import argument, option
from tinyhost.cli.labels import split_words
from tinyhost.cli.options import JsonOption, TimeUnitOption, UnitOption
from tinyhost.cli.output import progress_count, say, write_json
from tinyhost.cli.people import ConsentOption, PurposeOption, RetainOption, SubjectOption
from tinyhost.cli.skipped import AllowSkippedOption, tell_skipped
from tinyhost.errors import CheckFailedError, UsageError
from tinyhost.system.wording import counted

if TYPE_CHECKING:
    from tinyhost.datasets.importers.contract import WakeWordRule
    from tinyhost.datasets.importing import ImportReport

__all__ = ["import_dataset"]


def import_dataset(
    source: Annotated[
        Path,
        argument(help="The folder or list file of a data set in one of the formats."),
    ],
    target: Annotated[Path, argument(help="The data set to which the samples are added.")],
    *,
    format: Annotated[
        str,
        option(
            help="Format of the source: common-voice, coco, wake-vision, tfds, cvat, label-studio, audacity, "
            "edge-impulse, machines or folder. Default: detected automatically."
        ),
    ] = "auto",
    words: Annotated[str, option(help="Labels to import, separated by commas. Default: all.")] = "",
    resample: Annotated[
        bool, option("--resample", help="Convert other rates, channels and formats to 16 kHz, mono, 16 bit.")
    ] = False,
    object: Annotated[
        str, option("--object", metavar="NAME", help="COCO: the category that a picture must contain.")
    ] = "person",
    rule: Annotated[
        str,
        option(
            help="COCO: the rule for the object's minimum size: slim or pyvww (0.5 % of the picture), or mlperf "
            "(2.5 %)."
        ),
    ] = "slim",
    blur_faces: Annotated[
        bool, option("--blur-faces", help="Pictures: reduce every face to 4 x 4 grey levels.")
    ] = False,
    face_finder: Annotated[
        str,
        option(
            metavar="NAME",
            help="The face detector: a YuNet model's FILE.onnx, or module:function, which gets grey levels and "
            "returns x, y, width and height of each face. Default: a cascade classifier of OpenCV or "
            "scikit-image.",
        ),
    ] = "",
    subject: SubjectOption = "",
    consent: ConsentOption = "",
    purpose: PurposeOption = "",
    retain_until: RetainOption = "",
    unit: UnitOption = "",
    time_unit: TimeUnitOption = "",
    allow_skipped: AllowSkippedOption = False,
    json: JsonOption = None,
) -> None:
    """Import clips, pictures or motion into a data set.

    Samples that are already in the set are not stored again, so an interrupted import can be resumed. Splits, speakers,
    licences and other attributes of the source are kept. Files that cannot be used are skipped and listed. EXIF and
    other file metadata (place, time, author) are counted but not stored. Exits 1 if more than 1 % of the files cannot
    be used.
    """
    from tinyhost.datasets.importers import detect_format, find_samples
    from tinyhost.datasets.importers.contract import ReadAs
    from tinyhost.datasets.importing import ImportReport, import_samples
    from tinyhost.datasets.people.consent import Person
    from tinyhost.datasets.skipped import check_skipped
    from tinyhost.datasets.store import DatasetStore
    from tinyhost.motion.units import MotionUnits
    from tinyhost.sensors.faces import face_finder as find_finder

    own_rule = _rule(format, rule)
    if face_finder and not blur_faces:
        raise UsageError("--face-finder needs --blur-faces", hint="add --blur-faces")
    find_faces = find_finder(face_finder) if blur_faces else None
    person = Person(subject=subject, consent=consent, purpose=purpose, retain_until=retain_until)
    report = ImportReport(format=detect_format(source) if format == "auto" else format)
    wanted = split_words(words)
    units = MotionUnits.of(unit, time_unit)
    with progress_count("listing"):
        found = find_samples(source, report.format, ReadAs(convert=resample, units=units, wanted=object, rule=own_rule))
    try:
        with DatasetStore(target, once=True) as store, progress_count("importing") as show:
            import_samples(
                found,
                store,
                report,
                source=source,
                words=wanted,
                person=person,
                find_faces=find_faces,
                on_sample=show,
            )
    finally:
        _tell_import(report, source, target, json)
    n_used = report.stored.total() + report.already
    if not n_used:
        raise CheckFailedError(
            f"{source}: no sample could be used, {len(report.skipped)} were skipped, {report.not_wanted} not asked for",
            hint="see the reasons above; --resample converts other formats to 16 kHz, mono, 16 bit",
        )
    check_skipped(source, report.skipped, n_used, allow=allow_skipped)


def _rule(format: str, rule: str) -> WakeWordRule:
    """Return the rule of a name. Raises UsageError if it is none, or the format is none."""
    from tinyhost.datasets.importers import IMPORTERS
    from tinyhost.datasets.importers.contract import WAKE_WORD_RULES

    if format not in ("auto", *IMPORTERS):
        raise UsageError(f"--format {format}: expected auto, {', '.join(IMPORTERS)}")
    rules = {str(name): name for name in WAKE_WORD_RULES}
    if rule not in rules:
        raise UsageError(f"--rule {rule}: expected {', '.join(rules)}")
    return rules[rule]


def _tell_import(report: ImportReport, source: Path, target: Path, json: str | None) -> None:
    """Print the result of an import, also of an interrupted one."""
    from tinyhost.datasets.importing import ImportDocument

    if json:
        write_json(ImportDocument.of(report, source, target), json)
    if json != "-":
        say(
            f"{target}: {counted(report.stored.total(), 'sample')} of {counted(len(report.stored), 'label')} stored, "
            f"{report.already:,} already there, {len(report.skipped):,} skipped"
        )
        for reason, n in report.passed_over.most_common():
            say(f"passed over: {n:,}, {reason}")
        if report.faces:
            say(f"blurred: {counted(report.faces, 'face')}")
        if report.metadata:
            found = ", ".join(f"{name} in {n:,}" for name, n in sorted(report.metadata.items()))
            say(f"left out, of files that were read: {found}")
    tell_skipped(report.skipped)

"""`tinyhost data label` and `tinyhost data review`: labelling by people, assisted by a model."""

from __future__ import annotations

import hashlib
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tinyhost.cli.declare import argument, option
from tinyhost.cli.labels import LabelsOption, split_labels
from tinyhost.cli.options import JsonOption
from tinyhost.cli.output import console, note, progress_count, say, write_json
from tinyhost.cli.skipped import tell_skipped
from tinyhost.errors import UsageError
from tinyhost.system.wording import counted

if TYPE_CHECKING:
    from tinyhost.datasets.folder import SampleKind
    from tinyhost.datasets.labelling.answers import Answer
    from tinyhost.datasets.labelling.proposals import Proposal, Proposer

__all__ = ["label", "review"]

_PREVIEW = (48, 24)

AnnotatorOption = Annotated[
    str,
    option(
        "--annotator",
        metavar="NAME",
        help="The annotator, by a pseudonym. Samples are shown and answers are read from the terminal.",
    ),
]


def label(
    source: Annotated[Path, argument(help="A folder of unlabelled pictures, sounds, or motion in CSV files.")],
    target: Annotated[Path, argument(help="The data set to which the labelled samples are added.")],
    *,
    model: Annotated[
        Path | None, option("--model", help="A model that proposes labels; it runs on this computer.")
    ] = None,
    finder: Annotated[
        str,
        option(
            metavar="NAME",
            help="A detector that proposes labels instead: faces, a YuNet model's FILE.onnx, or module:function, "
            "which gets grey levels and returns boxes, or scores by label.",
        ),
    ] = "",
    labels: LabelsOption = None,
    sure: Annotated[
        float, option("--sure", min=0.0, help="The score from which a proposal is accepted without asking.")
    ] = 0.95,
    annotator: AnnotatorOption = "",
    export: Annotated[
        Path | None,
        option("--export", metavar="DIR", help="Write the remaining samples to this folder for Label Studio."),
    ] = None,
    json: JsonOption = None,
) -> None:
    """Label samples: accept confident proposals of a model, and show the others, the least certain first.

    Answer with a label, its number, Enter for the proposal, s to skip, q to quit, or p to play a sound. All answers are
    stored in the set's labels.jsonl; files that have a label are not shown again.
    """
    from tinyhost.datasets.labelling.answers import read_answers
    from tinyhost.datasets.labelling.proposals import LabellingDocument, propose, samples_below
    from tinyhost.datasets.skipped import Skipped

    kind, paths = samples_below(source)
    proposer, own, name = _proposer(model, finder, split_labels(labels), kind)
    choices = split_labels(labels) or own
    if not choices:
        raise UsageError("no labels to choose from", hint="name them, or a model that has some: --labels yes,no")
    skipped: list[Skipped] = []
    known = {answer.source_sha256 for answer in read_answers(target)}
    with progress_count("proposing") as show:
        proposals = propose(paths, proposer, known, skipped, on_file=show)
    done = _label_all(target, proposals, choices, sure=sure, by=name, annotator=annotator)
    if export is not None:
        _export(export, done.left, choices, kind, name)
    if json:
        document = LabellingDocument(
            source=source,
            folder=target,
            already=len(paths) - len(proposals) - len(skipped),
            accepted=dict(done.accepted),
            answered=dict(done.answered),
            corrected=done.corrected,
            left=tuple(item.path.relative_to(source).as_posix() for item in done.left),
            skipped=tuple(skipped),
        )
        write_json(document, json)
    if json != "-":
        say(
            f"{target}: {counted(done.accepted.total(), 'proposal')} accepted, {done.answered.total():,} answered, "
            f"{done.corrected:,} of them corrected, {len(done.left):,} left"
        )
    tell_skipped(skipped)


@dataclass(kw_only=True)
class _Labelled:
    """Results of a labelling session."""

    left: list[Proposal]
    accepted: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)
    corrected: int = 0


def _label_all(
    target: Path, proposals: Sequence[Proposal], choices: Sequence[str], *, sure: float, by: str, annotator: str
) -> _Labelled:
    """Store confident proposals, then a person's answers on the others; without an annotator nobody is asked.

    by: name of the proposer.
    """
    from tinyhost.datasets.labelling.proposals import accept
    from tinyhost.datasets.store import DatasetStore

    certain = [item for item in proposals if item.label and item.score >= sure]
    done = _Labelled(left=[item for item in proposals if item not in certain])
    with DatasetStore(target, once=True) as store:
        for item in certain:
            accept(store, item, item.label, by, score=item.score)
            done.accepted[item.label] += 1
        queue = list(done.left) if annotator else []
        for number, item in enumerate(queue, 1):
            said = _ask(item.path, f"{number}/{len(queue)}", choices, item.label)
            if said is None:
                break
            if said:
                accept(store, item, said, annotator, score=None)
                done.answered[said] += 1
                done.corrected += bool(item.label) and said != item.label
                done.left.remove(item)
    return done


def _proposer(
    model: Path | None, finder: str, labels: Sequence[str], kind: SampleKind
) -> tuple[Proposer | None, tuple[str, ...], str]:
    """Return the proposer, its labels and its name."""
    from tinyhost.models.file import load_model_file
    from tinyhost.tasks.proposing import finder_proposer, model_proposer

    if model is not None and finder:
        raise UsageError("--model and --finder cannot be combined", hint="give one of them")
    if finder:
        return finder_proposer(finder, labels, kind), tuple(labels), f"finder {finder}"
    if model is None:
        return None, (), ""
    file = load_model_file(model, labels)
    proposer, own = model_proposer(file, kind)
    return proposer, own, f"model {file.summary.name} {hashlib.sha256(file.image).hexdigest()[:8]}"


def _ask(path: Path, place: str, choices: Sequence[str], proposed: str) -> str | None:
    """Show a sample and return its label, "" to skip it, None to stop."""
    from tinyhost.audio.sound_file import SOUND_SUFFIXES, read_sound
    from tinyhost.cli.capture_run import play

    _show(path)
    plays = "p plays, " if path.suffix.lower() in SOUND_SUFFIXES else ""
    listed = ", ".join(f"{number} {name}" for number, name in enumerate(choices, 1))
    while True:
        say(f"{place} {path}: {listed}{f'; proposed: {proposed}' if proposed else ''}; {plays}s skips, q stops")
        line = sys.stdin.readline()
        said = line.strip()
        if not line or said == "q":
            return None
        if said == "s" or (not said and not proposed):
            return ""
        if not said:
            return proposed
        if said in choices:
            return said
        if said.isascii() and said.isdigit() and 1 <= int(said) <= len(choices):
            return choices[int(said) - 1]
        if plays and said == "p":
            play(read_sound(path))
        else:
            note(f"{said[:40]!r} is not one of the labels")


def _show(path: Path) -> None:
    """Show a picture, or the channels of motion, in a terminal."""
    from tinyhost.datasets.folder import MOTION
    from tinyhost.motion.csv import read_motion_csv
    from tinyhost.sensors.picture_file import PICTURE_SUFFIXES, read_picture
    from tinyhost.views.preview import half_blocks
    from tinyhost.views.strides import motion_traces

    if not console().is_terminal:
        return
    if path.suffix.lower() in PICTURE_SUFFIXES:
        console().print(half_blocks(read_picture(path), *_PREVIEW))
    elif path.suffix.lower() in MOTION.suffixes:
        console().print(motion_traces(read_motion_csv(path).channels(), console().width))


def _export(target: Path, doubtful: Sequence[Proposal], choices: Sequence[str], kind: SampleKind, name: str) -> None:
    from tinyhost.datasets.labelling.exchange import ToolSample, write_label_studio

    if target.exists() and any(target.iterdir()):
        raise UsageError(f"--export {target}: the folder is not empty", hint="name a new folder")
    samples = [ToolSample(path=item.path, proposed=item.label, score=item.score) for item in doubtful]
    write_label_studio(target, samples, choices, kind, model=name)
    note(f"{target}: {counted(len(samples), 'task')} for Label Studio, tasks.json and config.xml")


def review(
    folder: Annotated[Path, argument(help="The data set: a folder with one folder for each label.")],
    *,
    annotator: AnnotatorOption = "",
    count: Annotated[int, option("--count", "-n", min=1, help="How many samples to review.")] = 50,
    seed: Annotated[int, option(min=0, help="The same seed chooses the same samples.")] = 0,
    json: JsonOption = None,
) -> None:
    """Let a second annotator label samples without seeing their labels, and measure the agreement.

    Reports Cohen's kappa of each pair of annotators, and the disputed samples; labels and files are not changed.
    Without --annotator nobody is asked.
    """
    from tinyhost.datasets.labelling.answers import (
        Answer,
        ReviewDocument,
        add_answer,
        agreements,
        disputed_files,
        read_answers,
    )
    from tinyhost.datasets.labelling.reviewing import drawn, labels_of_set

    labels_now = labels_of_set(folder)
    answers = read_answers(folder)
    answered = 0
    if annotator:
        own = {answer.source_sha256 for answer in answers if answer.annotator == annotator}
        choices = sorted({item.label for item in labels_now})
        for number, item in enumerate(asked := drawn(labels_now, own, count, seed), 1):
            said = _ask(folder / item.file, f"{number}/{len(asked)}", choices, "")
            if said is None:
                break
            if said:
                answer = Answer(file=item.file, source_sha256=item.source_sha256, annotator=annotator, label=said)
                add_answer(folder, answer)
                answers.append(answer)
                answered += 1
    found = agreements(_with_set(answers, labels_now))
    disputed = disputed_files(_with_set(answers, labels_now))
    if json:
        write_json(ReviewDocument(folder=folder, answered=answered, agreements=found, disputed=disputed), json)
    if json != "-":
        for pair in found:
            kappa = "no kappa: both gave one label" if pair.kappa is None else f"kappa {pair.kappa:.2f}"
            within = f" ({pair.interval.low:.2f} to {pair.interval.high:.2f})" if pair.interval else ""
            say(f"{' and '.join(pair.annotators)}: {pair.agreed:,} of {pair.n:,} alike, {kappa}{within}")
        for file in disputed:
            say(f"disputed: {file}")


def _with_set(answers: Sequence[Answer], labels_now: Sequence[Answer]) -> list[Answer]:
    """Return all answers, and the set's own labels of samples that somebody reviewed."""
    reviewed = {answer.source_sha256 for answer in answers}
    return [*answers, *(item for item in labels_now if item.source_sha256 in reviewed)]

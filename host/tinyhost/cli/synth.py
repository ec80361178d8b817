"""`tinyhost synth`: generate synthetic labelled data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from tinyhost.cli.declare import Group, argument, make_command, make_group, option
from tinyhost.cli.labels import split_words
from tinyhost.cli.output import note, progress_count
from tinyhost.cli.synth_hands import hands
from tinyhost.cli.synth_machine import machine
from tinyhost.system.wording import counted

__all__ = ["command"]

WordsOption = Annotated[
    str,
    option(
        help="The words to detect, separated by commas. Other words and noise form the classes unknown and silence."
    ),
]
SeedOption = Annotated[int, option(min=0, help="The same seed generates the same data.")]


def command() -> Group:
    """Return the `synth` commands."""
    return make_group(
        "Generate synthetic labelled data.",
        {
            "pictures": make_command(pictures, examples=("tinyhost synth pictures data/drawn/train --count 100",)),
            "speech": make_command(speech, examples=("tinyhost synth speech data/words --words yes,no --count 400",)),
            "stream": make_command(stream, examples=("tinyhost synth stream data/talk.wav --minutes 30",)),
            "hands": make_command(hands, examples=("tinyhost synth hands data/hands --people 40",)),
            "machine": make_command(
                machine, examples=("tinyhost synth machine data/pump/imbalance/1.csv --fault imbalance --start-s 60",)
            ),
        },
    )


def pictures(
    folder: Annotated[Path, argument(help="The folder to write; pictures go to FOLDER/LABEL/*.png.")],
    count: Annotated[int, option(min=1, help="How many pictures of each class.")] = 20,
    seed: Annotated[int, option(min=0, help="The same seed draws the same pictures.")] = 0,
) -> None:
    """Draw pictures with and without a person.

    The pictures are 96x96 pixels, greyscale: a scene for a virtual camera, or training data.
    """
    from tinyhost.synth.pictures import write_dataset

    files = write_dataset(folder.parent, count, seed, split=folder.name)
    labels = sorted({file.parent.name for file in files})
    note(f"drew {counted(len(files), 'picture')} in {folder}: {', '.join(labels)}")


def speech(
    folder: Annotated[Path, argument(help="A new or empty folder; clips go to FOLDER/WORD/*.wav.")],
    *,
    words: WordsOption = "yes,no",
    count: Annotated[int, option(min=1, help="How many clips of each word.")] = 200,
    others: Annotated[
        int | None,
        option(min=0, help="How many clips of other words, for the class unknown. Default: twice --count."),
    ] = None,
    snr: Annotated[
        float | None,
        option(
            min=-40.0,
            max=100.0,
            help="The signal-to-noise ratio of each word, in dB. Default: 20 to 40 dB, a quiet room.",
        ),
    ] = None,
    seed: SeedOption = 0,
) -> None:
    """Synthesize clips of spoken words with espeak-ng.

    The clips are one second long, 16 kHz, in a simulated room, in the layout of Speech Commands. No voice is used for
    both training and testing.
    """
    from tinyhost.datasets.spoken import SpeechSet, write_speech_set
    from tinyhost.synth.voices.acoustics import Acoustics

    acoustics = Acoustics(snr_db=(snr, snr) if snr is not None else (20.0, 40.0))
    config = SpeechSet(
        words=split_words(words),
        count=count,
        other_count=2 * count if others is None else others,
        seed=seed,
        acoustics=acoustics,
    )
    with progress_count("speaking") as show:
        samples = write_speech_set(folder, config, on_clip=show)
    n_voices = len({sample.speaker for sample in samples if sample.speaker})
    n_words = len({sample.label for sample in samples if sample.speaker})
    n_clips = sum(bool(sample.speaker) for sample in samples)
    what = f"{counted(n_clips, 'clip')} of {counted(n_words, 'word')} by {counted(n_voices, 'voice')}"
    note(f"wrote {what}, and noise, in {folder}")


def stream(
    file: Annotated[Path, argument(help="The wav file to write; a .csv file beside it has the time of each word.")],
    *,
    minutes: Annotated[float, option(min=0.5, max=1000.0, help="Length of the recording in minutes.")] = 10.0,
    words: WordsOption = "yes,no",
    snr: Annotated[float, option(min=-40.0, max=100.0, help="The signal-to-noise ratio of each word, in dB.")] = 10.0,
    part: Annotated[str, option(help="The split of the voices: training, validation or testing.")] = "testing",
    seed: SeedOption = 0,
) -> None:
    """Synthesize a long recording of keywords, other words and noise.

    `tinyhost bench --stream` counts misses and false alarms on it. A CSV file beside it has the time of each word.
    """
    from tinyhost.audio.speakers import part_named
    from tinyhost.synth.voices.speech_stream import SpeechStreamConfig, write_stream

    config = SpeechStreamConfig(words=split_words(words), minutes=minutes, snr_db=snr, seed=seed, part=part_named(part))
    with progress_count("speaking") as show:
        truth = write_stream(file, config, on_block=show)
    n_wanted = sum(word.label in config.words for word in truth)
    others = counted(len(truth) - n_wanted, "other utterance")
    note(f"wrote {file}: {minutes:g} min with {counted(n_wanted, 'wanted word')} and {others}")

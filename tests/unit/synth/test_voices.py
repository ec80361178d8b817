from __future__ import annotations

import itertools
import re
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest
from tinyhost.audio.levels import active_rms, dbfs, peak, rms, to_float
from tinyhost.audio.sound_file import read_sound
from tinyhost.audio.speakers import PARTS, Part, part_of_file
from tinyhost.datasets.manifest import read_manifest
from tinyhost.datasets.spoken import SpeechSet, write_speech_set
from tinyhost.errors import DatasetError, MissingToolError, UsageError
from tinyhost.sensors.annotations import read_annotations
from tinyhost.synth.voices.acoustics import Acoustics
from tinyhost.synth.voices.catalogue import Voice, all_voices, voices_of
from tinyhost.synth.voices.clips import SpeechConfig, speech_clips
from tinyhost.synth.voices.espeak import Utterance, run_espeak, speak
from tinyhost.synth.voices.speech_stream import SpeechStreamConfig, write_stream
from tinyhost.synth.voices.words import COMMON_WORDS, other_words


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("spoken")


def config_of(cache: Path, part: Part = "training", **more: object) -> SpeechConfig:
    return SpeechConfig(words=("yes", "no"), part=part, cache_dir=cache, **more)  # type: ignore[arg-type]


def test_every_voice_is_in_one_part_and_has_an_id_of_its_own() -> None:
    voices = all_voices()
    assert len(voices) >= 500
    assert len({voice.voice_id for voice in voices}) == len(voices)
    sides = {part: {voice.variant for voice in voices_of(part)} for part in PARTS}
    assert sum(len(voices_of(part)) for part in PARTS) == len(voices)
    for one, other in itertools.combinations(PARTS, 2):
        assert not sides[one] & sides[other]
    assert all(len(side) >= 8 for side in sides.values())


def test_speech_commands_own_rule_puts_every_voice_where_it_belongs() -> None:
    for voice in all_voices():
        assert part_of_file(f"{voice.voice_id}_nohash_3.wav") == voice.part
        assert re.fullmatch("[0-9a-f]{8}", voice.voice_id)


def test_no_vocal_tract_is_in_two_parts() -> None:
    """What espeak-ng's own files say of each variant's formants."""
    folder = Path(re.findall(r"Data at: (.+)", run_espeak(["--version"]).decode())[0]) / "voices" / "!v"
    tracts: dict[tuple[str, ...], set[Part]] = defaultdict(set)
    for voice in all_voices():
        text = (folder / voice.variant).read_text(errors="replace")
        formants = tuple(" ".join(line.split("//")[0].split()) for line in re.findall(r"^formant\s.*", text, re.M))
        if formants:
            tracts[formants].add(voice.part)
    assert len(tracts) >= 50
    assert all(len(parts) == 1 for parts in tracts.values())


def test_no_two_parts_say_a_word_alike(cache: Path) -> None:
    sounds: dict[bytes, set[Part]] = defaultdict(set)
    for voice in all_voices():
        if voice.accent in {"en", "en-us"}:
            sounds[speak(Utterance(text="yes", voice=voice.name), cache).tobytes()].add(voice.part)
    assert len(sounds) > 150
    assert all(len(parts) == 1 for parts in sounds.values())


def test_what_was_said_once_is_kept_and_a_damaged_file_is_made_again(cache: Path) -> None:
    utterance = Utterance(text="hello", voice="en-us+f2")
    first = speak(utterance, cache / "kept")
    (file,) = (cache / "kept").glob("*/*.wav")
    np.testing.assert_array_equal(read_sound(file), first)
    file.write_bytes(file.read_bytes()[:-10])
    np.testing.assert_array_equal(speak(utterance, cache / "kept"), first)
    np.testing.assert_array_equal(read_sound(file), first)
    assert 0.2 * 16_000 < len(first) < 16_000
    assert peak(to_float(first)) > 0.05


@pytest.mark.parametrize("variant", ["whisper", "whisperf", "Demonic", "f5"])
def test_voices_sound_around_zero(cache: Path, variant: str) -> None:
    """In espeak-ng 1.52 an offset of whispers comes and goes with each sound: half of their energy in `off`."""
    sound = to_float(speak(Utterance(text="off", voice=f"en-us+{variant}"), cache)).astype(np.float64)
    energy = np.abs(np.fft.rfft(sound)) ** 2
    below = np.fft.rfftfreq(len(sound), 1 / 16_000) < 20
    assert energy[below].sum() < 0.01 * energy.sum()


@pytest.mark.parametrize("text", ["", "--stdin", "-x", "a;b", "a\nb", "x" * 500])
def test_what_is_no_word_is_never_given_to_espeak(cache: Path, text: str) -> None:
    with pytest.raises(UsageError, match="cannot speak"):
        speak(Utterance(text=text, voice="en-us"), cache)


def test_a_voice_that_espeak_lacks_is_an_error(cache: Path) -> None:
    with pytest.raises(DatasetError, match="does not exist"):
        speak(Utterance(text="yes", voice="xx-none"), cache)


def test_without_espeak_the_way_to_get_it_is_reported(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(MissingToolError) as error:
        run_espeak(["--version"])
    assert error.value.hint == "sudo apt-get install espeak-ng"


def test_unknown_has_no_word_that_sounds_like_a_wanted_one() -> None:
    others = other_words(("no", "right"), "training")
    assert not {"no", "know", "right"} & set(others)
    assert {"yes", "left", "night"} <= set(others)
    assert set(other_words(("no",), "testing")) > set(other_words(("no",), "training"))
    assert len(set(COMMON_WORDS)) == len(COMMON_WORDS)


def test_a_clip_depends_on_nothing_but_the_plan_and_its_index(cache: Path) -> None:
    config = config_of(cache)
    alone = list(speech_clips(config, 40, n_workers=1))
    shared = list(speech_clips(config, 40, n_workers=2))
    later = list(speech_clips(config, 10, start=30, n_workers=1))
    for one, other in (*zip(alone, shared, strict=True), *zip(alone[30:], later, strict=True)):
        np.testing.assert_array_equal(one.pcm, other.pcm)
        assert (one.label, one.voice_id, one.text) == (other.label, other.voice_id, other.text)
    other_seed = next(speech_clips(config_of(cache, seed=1), 1, n_workers=1))
    assert not np.array_equal(other_seed.pcm, alone[0].pcm)


def test_clips_are_seconds_of_the_right_voices_at_sane_levels(cache: Path) -> None:
    for part in PARTS:
        ids = {voice.voice_id for voice in voices_of(part)}
        clips = list(speech_clips(config_of(cache, part), 60, n_workers=2))
        counts = Counter(clip.label for clip in clips)
        assert set(counts) == {"silence", "unknown", "yes", "no"}
        assert all(count >= 5 for count in counts.values())
        for clip in clips:
            sound = to_float(clip.pcm)
            assert clip.pcm.shape == (16_000,)
            assert clip.pcm.dtype == np.int16
            assert np.sum(np.abs(clip.pcm.astype(int)) >= 32767) == 0, "clipped"
            if clip.label == "silence":
                assert clip.voice_id == clip.text == ""
                assert -90 < dbfs(rms(sound)) < -29
            else:
                assert clip.voice_id in ids
                assert (clip.text == clip.label) == (clip.label != "unknown")
                assert clip.text not in {"yes", "no"} or clip.label == clip.text
                assert -45 < dbfs(active_rms(sound)) < -12
                assert abs(float(sound.mean())) < 0.01


@pytest.mark.parametrize(
    ("words", "more"),
    [
        ((), {}),
        (("yes", "yes"), {}),
        (("silence",), {}),
        (("unknown",), {}),
        (("-q",), {}),
        (("yes",), {"unknown_share": 0.6, "silence_share": 0.4}),
        (("yes",), {"part": "train"}),
    ],
)
def test_configs_that_make_no_sense_are_refused(words: tuple[str, ...], more: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        SpeechConfig(words=words, **more)  # type: ignore[arg-type]


def test_a_written_set_has_the_layout_of_speech_commands(tmp_path: Path, cache: Path) -> None:
    config = SpeechSet(words=("yes", "no"), count=20, other_count=30, background_s=1.5, cache_dir=cache)
    samples = write_speech_set(tmp_path / "a", config, n_workers=1)
    write_speech_set(tmp_path / "b", config, n_workers=2)
    files = {str(path.relative_to(tmp_path / "a")): path.read_bytes() for path in (tmp_path / "a").rglob("*.wav")}
    assert files == {
        str(path.relative_to(tmp_path / "b")): path.read_bytes() for path in (tmp_path / "b").rglob("*.wav")
    }
    assert sum(name.startswith("yes/") for name in files) == 20
    assert sum(name.startswith("_background_noise_/") for name in files) == 9
    assert len(files) == 20 + 20 + 30 + 9
    by_id = {voice.voice_id: voice for voice in all_voices()}
    listed = {part: (tmp_path / "a" / f"{part}_list.txt").read_text().split() for part in ("testing", "validation")}
    for name in files:
        assert len(read_sound(tmp_path / "a" / name)) == (24_000 if name.startswith("_") else 16_000)
        if not name.startswith("_"):
            voice: Voice = by_id[Path(name).name.split("_nohash_")[0]]
            assert part_of_file(Path(name).name) == voice.part
            assert [part for part, names in listed.items() if name in names] == [voice.part] * (
                voice.part != "training"
            )
    assert read_manifest(tmp_path / "a") == samples
    assert {sample.file for sample in samples} == set(files)
    assert {(sample.sample_rate_hz, sample.n_channels) for sample in samples} == {(16_000, 1)}
    with pytest.raises(DatasetError, match="the folder is not empty"):
        write_speech_set(tmp_path / "a", config, n_workers=1)


def test_a_stream_holds_the_words_at_their_times_and_at_their_ratio(tmp_path: Path, cache: Path) -> None:
    dry = Acoustics(reverberant_share=0.0, noises=("white",), equalizer_db=0.0)
    config = SpeechStreamConfig(words=("yes", "no"), minutes=1.25, snr_db=20.0, seed=3, acoustics=dry, cache_dir=cache)
    progress: list[tuple[int, int]] = []
    truth = write_stream(tmp_path / "s.wav", config, on_block=lambda done, total: progress.append((done, total)))
    assert progress == [(30, 75), (60, 75), (75, 75)]
    sound = to_float(read_sound(tmp_path / "s.wav"))
    assert len(sound) == 75 * 16_000
    assert [(round(word.start_s, 3), round(word.end_s, 3), word.label) for word in truth] == [
        (word.start_s, word.end_s, word.label) for word in read_annotations(tmp_path / "s.csv")
    ]
    assert {word.label for word in truth} == {"yes", "no", "unknown"}
    assert all(later.start_s - word.end_s >= 1.0 for word, later in itertools.pairwise(truth))
    ratios = []
    for word in truth:
        begin, end = int(word.start_s * 16_000), int(word.end_s * 16_000)
        before = rms(sound[begin - 4000 : begin - 400])
        ratios.append(dbfs(active_rms(sound[begin:end])) - dbfs(before))
    np.testing.assert_allclose(np.median(ratios), 20.0, atol=1.0)
    assert min(ratios) > 15.0
    write_stream(tmp_path / "again.wav", config)
    assert (tmp_path / "again.wav").read_bytes() == (tmp_path / "s.wav").read_bytes()

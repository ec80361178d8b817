from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from tinyhost.audio.levels import dbfs, rms, to_float
from tinyhost.audio.sound_file import read_sound
from tinyhost.audio.wav import write_wav
from tinyhost.datasets.clips import load_clip_folder
from tinyhost.datasets.exporting import export_clips
from tinyhost.datasets.importers import detect_format, find_samples
from tinyhost.datasets.importers.common_voice import SpokenFile, list_single_words
from tinyhost.datasets.importers.contract import ReadAs
from tinyhost.datasets.importing import ImportReport, import_samples
from tinyhost.datasets.manifest import read_manifest
from tinyhost.datasets.store import DatasetStore
from tinyhost.errors import DatasetError
from tinyhost.system.installation import add_extra

from tests.unit.datasets.test_speech_commands import clip, make_set


def run_import(source: Path, target: Path, *, words: tuple[str, ...] = (), convert: bool = False) -> ImportReport:
    report = ImportReport(format=detect_format(source))
    found = find_samples(source, report.format, ReadAs(convert=convert))
    with DatasetStore(target, once=True) as store:
        import_samples(found, store, report, source=source, words=words)
    told = report.stored.total() + report.already + len(report.skipped) + report.not_wanted
    assert len(found.samples) == told, "lost without a word"
    return report


def test_a_folder_is_imported_with_its_speakers_and_background(tmp_path: Path) -> None:
    folder = make_set(tmp_path / "in", n_speakers=4)
    report = run_import(tmp_path / "in", tmp_path / "out", words=("yes", "no"))
    assert report.format == "folder"
    assert report.stored == {"yes": 8, "no": 8, "_background_noise_": 2}
    assert report.not_wanted == 24
    copy = load_clip_folder(tmp_path / "out")
    assert copy.speakers() == folder.speakers()
    assert len(copy.background) == 2
    originals = {clip.path.name: clip.read() for clip in folder if clip.path and clip.label == "yes"}
    for item in copy:
        if item.label == "yes" and item.path:
            np.testing.assert_array_equal(item.read(), originals[item.path.name])
    line = read_manifest(tmp_path / "out")[0]
    assert (line.sensor, line.scene, line.scene_item) == (
        "import",
        str((tmp_path / "in").resolve()),
        "_background_noise_/hum.wav",
    )


def test_bad_files_are_skipped_with_the_reason_and_resampled_on_request(tmp_path: Path) -> None:
    source = tmp_path / "in"
    write_wav(source / "yes" / "good.wav", clip(0))
    write_wav(source / "yes" / "slow.wav", clip(1, 8000), rate_hz=8000)
    write_wav(source / "yes" / "stereo.wav", np.stack([clip(2)] * 2, 1))
    write_wav(source / "yes" / "short.wav", clip(3, 100))
    (source / "yes" / "cut.wav").write_bytes((source / "yes" / "good.wav").read_bytes()[:-100])
    (source / "yes" / "text.wav").write_text("no sound")
    strict = run_import(source, tmp_path / "strict")
    assert strict.stored == {"yes": 1}
    reasons = {item.what: item.reason for item in strict.skipped}
    assert {name: word in reasons[f"yes/{name}.wav"] for name, word in _REASONS.items()} == dict.fromkeys(
        _REASONS, True
    )
    relaxed = run_import(source, tmp_path / "relaxed", convert=True)
    assert relaxed.stored == {"yes": 3}
    assert {item.what for item in relaxed.skipped} == {"yes/cut.wav", "yes/short.wav", "yes/text.wav"}
    assert {len(item.read()) for item in load_clip_folder(tmp_path / "relaxed")} == {16_000}


_REASONS = {
    "slow": "8,000 Hz",
    "stereo": "stereo",
    "short": "shorter than 0.1 s",
    "cut": "truncated",
    "text": "not a wav file",
}


def test_an_edge_impulse_export_is_imported_with_its_speakers(tmp_path: Path) -> None:
    folder = make_set(tmp_path / "in", n_speakers=5)
    export_clips(folder, tmp_path / "ei", "edge-impulse")
    (tmp_path / "ei" / "training" / "yes.json").write_text("{}")
    report = run_import(tmp_path / "ei", tmp_path / "out")
    assert report.format == "edge-impulse"
    assert report.stored == {**dict.fromkeys(("cat", "dog", "no", "tree", "yes"), 10), "_background_noise_": 2}
    assert [str(item) for item in report.skipped] == ["training/yes.json: not in info.labels"]
    assert load_clip_folder(tmp_path / "out").speakers() == folder.speakers()


def common_voice(root: Path, rows: list[tuple[str, str, str]], suffix: str = "mp3") -> Path:
    """A language folder: (speaker, sentence, file stem); every clip is 3 s with a tone of 0.5 s in it, at 32 kHz."""
    (root / "clips").mkdir(parents=True)
    lines = ["client_id\tpath\tsentence\tup_votes"]
    for speaker, sentence, stem in rows:
        lines.append(f"{speaker}\t{stem}.{suffix}\t{sentence}\t2")
        sound = np.zeros(96_000)
        sound[40_000:56_000] = 0.4 * np.sin(2 * np.pi * 700 * np.arange(16_000) / 32_000 + len(lines))
        soundfile.write(str(root / "clips" / f"{stem}.{suffix}"), sound, 32_000, format=suffix.upper())
    (root / "validated.tsv").write_text("\n".join(lines) + "\n")
    return root


def test_single_words_of_common_voice_are_imported_as_seconds(tmp_path: Path) -> None:
    root = common_voice(
        tmp_path / "en",
        [
            ("ann", "Yes.", "a"),
            ("ann", "no", "b"),
            ("bob", "yes", "c"),
            ("bob", "Yes, it is.", "d"),
            ("cyd", "No!", "e"),
        ],
    )
    (root / "clips" / "e.mp3").write_bytes(b"damaged" * 100)
    report = run_import(root, tmp_path / "out")
    assert report.format == "common-voice"
    assert report.stored == {"yes": 2, "no": 1}
    assert [item.what for item in report.skipped] == ["clips/e.mp3"]
    folder = load_clip_folder(tmp_path / "out")
    assert len(folder.speakers()) == 2
    for item in folder:
        pcm = item.read()
        assert len(pcm) == 16_000
        assert dbfs(rms(to_float(pcm))) == pytest.approx(-14.0, abs=0.5), "the word is in it"
        peak_hz = np.argmax(np.abs(np.fft.rfft(pcm.astype(float))))
        assert peak_hz == pytest.approx(700, abs=2)


def test_without_the_decoder_clips_are_left_out_with_the_way_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = common_voice(tmp_path / "en", [("ann", "yes", "a")])
    monkeypatch.setitem(sys.modules, "soundfile", None)
    report = run_import(root, tmp_path / "out")
    assert not report.stored
    assert f"MP3 needs the Python package soundfile: {add_extra('media')}" in report.skipped[0].reason


@pytest.mark.parametrize(
    ("table", "said"),
    [("", "lacks the columns"), ("a\tb\n", "lacks the columns client_id, path, sentence"), ("\xff", "")],
)
def test_a_table_that_is_none_is_refused(tmp_path: Path, table: str, said: str) -> None:
    (tmp_path / "validated.tsv").write_bytes(table.encode("latin-1"))
    with pytest.raises(DatasetError, match=said):
        list(list_single_words(tmp_path))
    (tmp_path / "validated.tsv").unlink()
    with pytest.raises(DatasetError, match=r"expected one of validated\.tsv"):
        list(list_single_words(tmp_path))


def test_a_clip_of_common_voice_is_always_in_its_folder(tmp_path: Path) -> None:
    (tmp_path / "clips").mkdir()
    (tmp_path / "test.tsv").write_text("client_id\tpath\tsentence\nx\t../../etc/passwd\tyes\n")
    (found,) = list_single_words(tmp_path)
    assert isinstance(found, SpokenFile)
    assert found.path == tmp_path / "clips" / "passwd"


def test_sources_that_are_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no such folder"):
        detect_format(tmp_path / "none")
    with pytest.raises(DatasetError, match="0 classes"):
        find_samples(tmp_path, "folder", ReadAs())
    with pytest.raises(DatasetError, match="no samples in it"):
        find_samples(tmp_path, "edge-impulse", ReadAs())


def test_what_was_imported_is_what_was_there(tmp_path: Path) -> None:
    write_wav(tmp_path / "in" / "yes" / "a.wav", clip(0))
    run_import(tmp_path / "in", tmp_path / "out")
    np.testing.assert_array_equal(read_sound(tmp_path / "out" / "yes" / "000001.wav"), clip(0))


@pytest.mark.parametrize(
    ("sentence", "word"),
    [("Yes.", "yes"), ("Sí", "sí"), ("  «Да!» ", "да"), ("नमस्ते।", "नमस्ते"), ("don't", "don't")],
)
def test_a_single_word_of_any_script_is_found(tmp_path: Path, sentence: str, word: str) -> None:
    root = common_voice(tmp_path / "en", [("ann", sentence, "a"), ("ann", "two words", "b"), ("ann", "...", "c")])
    assert [spoken.word for spoken in list_single_words(root) if isinstance(spoken, SpokenFile)] == [word]

"""`tinyhost data` and `tinyhost synth` for clips, as a user runs them; documents against docs/reference/json.md."""

from __future__ import annotations

import hashlib
import tarfile
from pathlib import Path

import numpy as np
import pytest
from tinyhost.audio.sound_file import read_sound
from tinyhost.audio.wav import write_wav
from tinyhost.sensors.annotations import read_annotations

from tests.commands import Done, run_json, run_tinyhost
from tests.unit.datasets.test_speech_commands import clip, make_set


def run(*words: str | Path, code: int = 0, **variables: Path) -> Done:
    done = run_tinyhost(*words, **variables)
    assert done.code == code, f"exit {done.code}\n{done.out}\n{done.err}"
    return done


def test_a_set_goes_out_to_edge_impulse_and_comes_back(tmp_path: Path) -> None:
    make_set(tmp_path / "set", n_speakers=20)
    described = run_json("data", "info", tmp_path / "set")
    assert described["labels"] == dict.fromkeys(("cat", "dog", "no", "tree", "yes"), 40)
    assert (described["speakers"], described["background_files"], described["split_by"]) == (20, 2, "speaker")
    exported = run_json("data", "export", tmp_path / "set", tmp_path / "ei")
    assert exported["parts"] == described["parts"]
    imported = run_json("data", "import", tmp_path / "ei", tmp_path / "back", "--words", "yes,no")
    assert (imported["format"], imported["stored"], imported["not_wanted"]) == (
        "edge-impulse",
        {"_background_noise_": 2, "no": 40, "yes": 40},
        120,
    )
    split = run_json("data", "split", tmp_path / "back", "--testing", "30")
    assert split["by"] == "speaker"
    assert run_json("data", "info", tmp_path / "back")["parts"] == split["parts"]
    listed = (tmp_path / "back" / "testing_list.txt").read_text().split()
    assert len(listed) == split["parts"]["testing"] > 0


def test_what_is_skipped_is_reported_and_nothing_at_all_is_an_error(tmp_path: Path) -> None:
    write_wav(tmp_path / "in" / "yes" / "slow.wav", clip(0, 8000), rate_hz=8000)
    document = run_json("data", "import", tmp_path / "in", tmp_path / "out", code=1)
    assert document["stored"] == {}
    assert "8,000 Hz" in document["skipped"][0]["reason"]
    failed = run("data", "import", tmp_path / "in", tmp_path / "out", code=1)
    assert "slow.wav: expected 16,000 Hz, mono, 16 bit, got 8,000 Hz, mono, 16 bit" in failed.err
    assert "--resample" in failed.err
    done = run("data", "import", tmp_path / "in", tmp_path / "out", "--resample")
    assert "1 sample of 1 label stored, 0 already there, 0 skipped" in done.out
    assert len(read_sound(tmp_path / "out" / "yes" / "000001.wav")) == 16_000
    alone = run("data", "split", tmp_path / "out")
    assert "fewer than 3 speakers" in alone.err


def test_an_archive_is_fetched_by_url_and_hash(tmp_path: Path) -> None:
    make_set(tmp_path / "set", n_speakers=2)
    with tarfile.open(tmp_path / "set.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "set", ".")
    digest = hashlib.sha256((tmp_path / "set.tar.gz").read_bytes()).hexdigest()
    url = (tmp_path / "set.tar.gz").as_uri()
    cache = tmp_path / "cache"
    document = run_json("data", "fetch", url, tmp_path / "got", "--sha256", digest, XDG_CACHE_HOME=cache)
    assert (document["files"], document["sha256"]) == (22, digest)
    assert run_json("data", "info", tmp_path / "got")["files"] == 20
    wrong = run("data", "fetch", url, tmp_path / "not", "--sha256", "0" * 64, code=1, XDG_CACHE_HOME=cache)
    assert "expected SHA-256 0000" in wrong.err
    assert not (tmp_path / "not").exists()
    run("data", "fetch", url, tmp_path / "not", code=2)
    run("data", "fetch", "speech_commands", tmp_path / "not", "--sha256", digest, code=2)
    assert "speech_commands" in [item["name"] for item in run_json("data", "list")["datasets"]]


def test_an_archive_without_a_known_hash_is_fetched_only_when_asked_for(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "beats.tar", "w") as tar:
        for part in ("TRAIN", "TEST"):
            (tmp_path / part).write_text("1 0.5 2 3\n2 4 5 nan\n1 1 1 1\n")
            tar.add(tmp_path / part, f"Beats_{part}.txt")
    url, cache = (tmp_path / "beats.tar").as_uri(), tmp_path / "cache"
    assert "its SHA-256 is not known" in run("data", "fetch", url, tmp_path / "no", code=2, XDG_CACHE_HOME=cache).err
    document = run_json("data", "fetch", url, tmp_path / "got", "--unverified", XDG_CACHE_HOME=cache)
    digest = hashlib.sha256((tmp_path / "beats.tar").read_bytes()).hexdigest()
    assert (document["verified"], document["sha256"], document["files"]) == (False, digest, 2)
    told = run("data", "fetch", url, tmp_path / "again", "--unverified", XDG_CACHE_HOME=cache).err
    assert digest in "".join(told.split())
    described = run_json("data", "info", tmp_path / "got", "--allow-skipped")
    assert (described["kind"], described["labels"], described["length"]) == ("series", {"1": 4}, 3)
    assert described["parts"] == {"training": 2, "testing": 2}
    assert len(described["skipped"]) == 2
    assert "4 series of 3 values" in run("data", "info", tmp_path / "got", "--allow-skipped").out


def test_machine_sounds_are_described(tmp_path: Path) -> None:
    for name in ("train/normal_id_01_0", "test/normal_id_01_0", "test/anomaly_id_01_0", "test/id_02_0"):
        write_wav(tmp_path / "set" / "ToyCar" / f"{name}.wav", np.stack([clip(0)] * 2, 1))
    (tmp_path / "set" / "ToyCar" / "test" / "normal_id_02_0.wav").write_bytes(b"no sound")
    described = run_json("data", "info", tmp_path / "set", "--allow-skipped")
    assert described["kind"] == "machines"
    assert described["labels"] == {"anomaly": 1, "normal": 2, "not known": 1}
    assert described["machines"] == {"ToyCar id_01": 3, "ToyCar id_02": 1}
    assert (described["seconds"], described["parts"]) == (4.0, {"training": 1, "testing": 3})
    assert [item["what"] for item in described["skipped"]] == ["ToyCar/test/normal_id_02_0.wav"]
    shown = run("data", "info", tmp_path / "set", "--allow-skipped").out
    assert "4 recordings, 0.1 minutes, of 2 machines: ToyCar id_01 3, ToyCar id_02 1" in " ".join(shown.split())


@pytest.mark.parametrize(
    ("arguments", "said", "code"),
    [
        ("data import missing out", "missing: no such folder", 1),
        ("data import empty out", "empty: 0 classes", 1),
        ("data import empty out --format mp3", "expected auto, common-voice, coco, wake-vision", 2),
        ("data info missing", "missing: no such folder", 1),
        ("data info empty", "empty: 0 classes", 1),
        ("data export empty out", "empty: 0 classes", 1),
        ("data export empty out --format csv", "edge-impulse or speech-commands", 2),
        ("data fetch nothing out", "there are ecg5000", 1),
        ("data fetch ecg5000 out", "its SHA-256 is not known", 2),
        ("data fetch ecg5000 out --sha256 ab --unverified", "its SHA-256 is not known", 2),
        ("data fetch speech_commands out --unverified", "is in the catalogue", 2),
        ("data info beats", "Beats_TEST.tsv: line 1: expected a class and values, got 'x'", 1),
        ("data split empty --testing 60 --validation 60", "invalid percentages", 2),
        ("synth speech out --words yes,yes", "each once", 2),
        ("synth speech out --words -x", "label '-x'", 1),
        ("synth speech out --words a/b", "label 'a/b'", 1),
        ("synth speech full", "full: the folder is not empty", 1),
        ("synth stream out.wav --words -x", "cannot speak '-x'", 2),
        ("synth stream out.wav --part dev", "no part 'dev'", 2),
    ],
)
def test_bad_input_ends_in_a_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: str, said: str, code: int
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "beats").mkdir()
    (tmp_path / "beats" / "Beats_TRAIN.tsv").write_text("1\t2\t0.3\n")
    (tmp_path / "beats" / "Beats_TEST.tsv").write_text("x\n")
    (tmp_path / "full" / "yes").mkdir(parents=True)
    failed = run(*arguments.split(), code=code)
    assert said in " ".join(failed.err.split())
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "out.wav").exists()


def test_speech_is_made_and_described(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    made = run(
        "synth",
        "speech",
        tmp_path / "set",
        "--words",
        "yes,no",
        "--count",
        "10",
        "--others",
        "10",
        XDG_CACHE_HOME=cache,
    )
    assert "wrote 30 clips of" in made.err
    described = run_json("data", "info", tmp_path / "set")
    assert (described["labels"]["yes"], described["files"], described["background_files"]) == (10, 30, 9)
    assert described["parts"] == {"training": 21, "validation": 3, "testing": 6}
    run("synth", "stream", tmp_path / "s.wav", "--minutes", "0.5", "--seed", "2", XDG_CACHE_HOME=cache)
    assert len(read_sound(tmp_path / "s.wav")) == 30 * 16_000
    assert 2 <= len(read_annotations(tmp_path / "s.csv")) <= 20

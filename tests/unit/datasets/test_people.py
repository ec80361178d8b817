"""People in a data set: their consent is recorded, and their data are erased wherever they are."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import sqlite3
import tarfile
import zipfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from tinyhost.audio.speakers import speaker_id
from tinyhost.datasets import DatasetStore, Origin
from tinyhost.datasets.checking.check import check_dataset
from tinyhost.datasets.manifest import read_manifest
from tinyhost.datasets.parts import read_lists, write_lists
from tinyhost.datasets.people.consent import CONSENTS_NAME, Person, read_consents, with_person
from tinyhost.datasets.people.provenance import file_digest, write_run_data
from tinyhost.errors import ModelError, UsageError
from tinyhost.models.withdrawn import check_not_withdrawn

from tests.commands import run_json, run_tinyhost

ORIGIN = Origin(sensor="microphone", board="native", device="A", app="kws", firmware_version="1", build_id="b")
ANN = Person(subject="P07", consent="signed form 12", purpose="a demo", retain_until="2027-06-30")
BEN = Person(subject="P08", retain_until="2027-12-31")


def clip(seed: int) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    return np.random.default_rng(seed).integers(-9000, 9000, 16_000).astype(np.int16)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a set of two people, an export of it, and runs: one that saw it, one after it, another."""
    monkeypatch.setenv("TINYHOST_STATE", str(tmp_path / "state"))
    root = tmp_path / "data/words"
    with DatasetStore(root) as store:
        for person in (ANN, BEN):
            origin = with_person(ORIGIN, person, root)
            for number in range(3):
                store.add_clip(clip(number + 10 * len(person.purpose)), "yes", origin, speaker=person.subject)
        store.add_clip(clip(99), "no", replace(ORIGIN, note="beside P07"))
    ann = [line for line in read_manifest(root) if line.subject == "P07"]
    write_lists(root, {ann[0].file: "testing", ann[1].file: "validation"})
    copy = tmp_path / "data/export/yes.1.wav"
    copy.parent.mkdir()
    shutil.copy(root / ann[0].file, copy)
    (tmp_path / "data/notes.txt").write_text("P07 and P077\n", encoding="utf-8")
    for name, content, start in (("first", b"one", None), ("second", b"two", "first"), ("third", b"three", None)):
        run = tmp_path / "runs" / name
        run.mkdir(parents=True)
        (run / "model.tflite").write_bytes(content)
        data = root if name == "first" else copy.parents[1] / "other"
        (data / "yes").mkdir(parents=True, exist_ok=True)
        write_run_data(run, data, tmp_path / "runs" / start / "model.tflite" if start else None)
    (tmp_path / "runs/first/report.html").write_text("<p>P07</p>", encoding="utf-8")
    (tmp_path / "runs/third/metrics.json").write_text(json.dumps({"note": "with P07", "sha": ann[0].sha256}))
    (tmp_path / "models").mkdir()
    shutil.copy(tmp_path / "runs/first/model.tflite", tmp_path / "models/best.tflite")
    return tmp_path


def folders(home: Path) -> list[str]:
    return ["--data", str(home / "data"), "--runs", str(home / "runs"), "--models", str(home / "models")]


def everything(home: Path) -> bytes:
    files = [path for name in ("data", "runs", "models") for path in sorted((home / name).rglob("*")) if path.is_file()]
    return b"\n".join(str(path).encode() + b"\n" + path.read_bytes() for path in files)


def test_after_an_erasure_a_subject_is_found_nowhere_and_its_models_are_refused(home: Path) -> None:
    root = home / "data/words"
    ann = [line for line in read_manifest(root) if line.subject == "P07"]
    traces = [b"P07 ", b'P07"', b"P07<", speaker_id("P07").encode(), *(line.sha256.encode() for line in ann)]
    assert all(trace in everything(home) for trace in traces)
    done = run_json("data", "erase", "--subject", "P07", *folders(home))
    assert (len(done["samples"]), done["consents"], done["remaining"]) == (3, 1, [])
    left = everything(home)
    assert not [trace for trace in traces if trace in left]
    assert b"P077" in left
    assert {Path(name).relative_to(home).as_posix() for name in done["models"]} == {
        "runs/first/model.tflite",
        "runs/second/model.tflite",
        "models/best.tflite",
    }
    for model in (home / "runs/second/model.tflite", home / "models/best.tflite"):
        with pytest.raises(ModelError, match="erased"):
            check_not_withdrawn(model, [file_digest(model)])
    elsewhere = home / "elsewhere.tflite"
    shutil.copy(home / "runs/first/model.tflite", elsewhere)
    with pytest.raises(ModelError, match="erased"):
        check_not_withdrawn(elsewhere, [file_digest(elsewhere)])
    third = home / "runs/third/model.tflite"
    check_not_withdrawn(third, [file_digest(third)])
    assert not (home / "data/export/yes.1.wav").exists()
    assert not (home / "runs/first/report.html").exists()
    assert read_lists(root) == {}
    assert [line.subject for line in read_manifest(root)] == ["P08"] * 3 + [""]
    assert len(check_dataset(root).labels) == 2
    json.loads((home / "runs/third/metrics.json").read_text())
    again = run_json("data", "erase", "--subject", "P07", *folders(home))
    assert (again["samples"], again["written_over"], again["remaining"]) == ([], [], [])


def test_what_was_compiled_adapted_or_taught_by_a_withdrawn_model_is_withdrawn(home: Path, tmp_path: Path) -> None:
    def done(*words: str | Path) -> None:
        ran = run_tinyhost(*words)
        assert ran.code == 0, ran.err

    shipped, first, adapted = (
        Path("models/vww/model.tflite"),
        home / "runs/first/model.tflite",
        home / "models/a.tflite",
    )
    done("model", "adapt", shipped, "-o", first, "--softmax", "off", "--samples", "2")
    done("model", "adapt", first, "-o", adapted, "--softmax", "on", "--samples", "2")
    first.with_suffix(".note.json").unlink()
    done("compile", first, "-o", home / "models/best.thm")
    done("compile", shipped, "-o", home / "models/kept.thm")
    student = home / "runs/student"
    student.mkdir()
    (student / "model.tflite").write_bytes(b"four")
    write_run_data(student, home / "data/other", None, teacher=adapted)
    erased = run_json("data", "erase", "--subject", "P07", *folders(home))
    assert {Path(name).relative_to(home).as_posix() for name in erased["models"]} == {
        "models/a.tflite",
        "models/best.thm",
        "runs/first/model.tflite",
        "runs/second/model.tflite",
        "runs/student/model.tflite",
    }
    away = tmp_path / "away"
    shutil.copytree(home / "models", away)
    (away / "withdrawn.json").unlink()
    done("compile", first, "-o", away / "again.thm", "--optimize", "arena")
    done("flash", "vww", "--board", "native")
    for name in ("a.tflite", "best.thm", "again.thm"):
        assert "erased" in run_tinyhost("push", away / name, "--board", "native").err
    done("push", away / "kept.thm", "--board", "native")


def test_models_in_folders_of_a_run_are_withdrawn_with_it(home: Path) -> None:
    (home / "runs/first/small").mkdir()
    (home / "runs/first/small/model.tflite").write_bytes(b"small")
    (home / "runs/strange").mkdir()
    (home / "runs/strange/model.tflite").write_bytes(b"strange")
    erased = run_json("data", "erase", "--subject", "P07", *folders(home))
    assert str(home / "runs/first/small/model.tflite") in erased["models"]
    assert erased["unknown_runs"] == [str(home / "runs/strange")]


def test_a_model_that_ships_is_never_withdrawn(home: Path) -> None:
    shutil.copy("models/vww/model.tflite", home / "runs/first/start.tflite")
    erased = run_json("data", "erase", "--subject", "P07", *folders(home))
    assert "start.tflite" not in {Path(name).name for name in erased["models"]}
    assert run_tinyhost("flash", "vww", "--board", "native").code == 0


def test_nothing_is_left_in_archives_metadata_databases_and_other_spellings(home: Path) -> None:
    root, data = home / "data/words", home / "data"
    own = next(line for line in read_manifest(root) if line.subject == "P07")
    (data / "notes.md").write_text(f"p07 said {own.sha256.upper()}\n", encoding="utf-8")
    with zipfile.ZipFile(data / "sent.zip", "w", zipfile.ZIP_DEFLATED) as sent:
        sent.writestr("inner.csv", "subject\nP07\n")
    (data / "log.txt.gz").write_bytes(gzip.compress(b"by P07\n"))
    with tarfile.open(home / "runs/third/all.tar.xz", "w:xz") as packed:
        packed.add(data / "notes.txt", "notes.txt")
    pixels = np.arange(64, dtype=np.uint8).reshape(8, 8)
    for number, kept in enumerate((False, True)):
        text = PngInfo()
        text.add_text("Artist", "P07", zip=kept)
        Image.fromarray(pixels).save(root / f"no/{number}.png", pnginfo=text)
    Image.fromarray(pixels).save(root / "no/2.jpg", comment=b"P07")
    with closing(sqlite3.connect(home / "runs/third/log.db")) as base:
        base.executescript("CREATE TABLE seen (who TEXT PRIMARY KEY, n INT); INSERT INTO seen VALUES ('P07', 3)")
    done = run_json("data", "erase", "--subject", "P07", *folders(home))
    assert done["remaining"] == []
    assert {Path(name).name for name in done["copies"]} >= {"sent.zip", "log.txt.gz", "all.tar.xz"}
    left = everything(home)
    assert not re.search(rb"(?i)\bp07\b|" + own.sha256.encode(), left)
    for name in ("0.png", "1.png", "2.jpg"):
        with Image.open(root / "no" / name) as picture:
            assert "P07" not in str(picture.info)
            assert np.abs(np.asarray(picture, np.int16) - pixels).max() < 20
    with closing(sqlite3.connect(home / "runs/third/log.db")) as base:
        assert base.execute("SELECT who, n FROM seen").fetchall() == [("erased", 3)]
        assert base.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_wide_letters_are_written_over_and_a_file_named_after_a_subject_is_told(home: Path) -> None:
    np.save(home / "runs/third/names.npy", np.array(["P077", "P07", "xP07"]))
    np.savez_compressed(home / "runs/third/names.npz", np.array(["P07", "P08"]))
    np.savez_compressed(home / "runs/third/kept.npz", np.array(["P08", "P09"]))
    (home / "runs/third/notes.txt").write_text("P07, P077", encoding="utf-16")
    (home / "runs/P07").mkdir()
    (home / "runs/P07/log.txt").write_text("empty", encoding="utf-8")
    done = run_tinyhost("data", "erase", "--subject", "P07", *folders(home))
    assert done.code == 1
    assert f"{home / 'runs/P07/log.txt'}: something of it is left, in 1 file" in done.err
    assert np.load(home / "runs/third/names.npy").tolist() == ["P077", "xxx", "xP07"]
    assert (home / "runs/third/notes.txt").read_text("utf-16") == "\u7878" * 3 + ", P077"
    assert sorted(file.name for file in (home / "runs/third").glob("*.npz")) == ["kept.npz"]


def test_a_subject_is_one_however_it_is_spelled(home: Path) -> None:
    assert len(run_json("data", "erase", "--subject", "p07", *folders(home))["samples"]) == 3
    assert not re.search(rb"(?i)\bp07\b", everything(home))


def test_what_a_quarantine_holds_goes_too(home: Path) -> None:
    root = home / "data/words"
    for index in range(2):
        shutil.copy(root / read_manifest(root)[index].file, root / f"no/{index}.wav")
    run_tinyhost("data", "check", str(root), "--quarantine", str(home / "data/aside"))
    assert b"P07" in (home / "data/aside/quarantine.jsonl").read_bytes()
    done = run_json("data", "erase", "--subject", "P07", *folders(home))
    assert len(done["samples"]) == 3
    assert b'P07"' not in everything(home)


def test_samples_go_after_their_last_day(home: Path) -> None:
    done = run_json("data", "expire", "--today", "2027-06-30", *folders(home))
    assert done["samples"] == []
    done = run_json("data", "expire", "--today", "2027-07-01", *folders(home))
    assert (len(done["samples"]), len(done["models"])) == (3, 3)
    assert {line.subject for line in read_manifest(home / "data/words")} == {"P08", ""}


def test_a_consent_is_one_record_in_the_words_of_the_standard(home: Path) -> None:
    root = home / "data/words"
    [record] = read_consents(root)
    assert record["@type"] == "dpv:ConsentRecord"
    assert record["dct:conformsTo"] == {"@id": "https://w3id.org/dpv/schema/dpv-27560#record"}
    assert record["dpv:hasDataSubject"]["dct:identifier"] == "P07"
    assert record["dpv:hasPurpose"]["dct:description"] == "a demo"
    assert record["dpv:hasStorageCondition"]["dpv:hasDuration"]["dct:description"] == "2027-06-30"
    assert {line.consent for line in read_manifest(root) if line.subject == "P07"} == {record["dct:identifier"]}
    with_person(ORIGIN, ANN, root)
    assert len(read_consents(root)) == 1
    with_person(ORIGIN, replace(ANN, purpose="a product"), root)
    assert len((root / CONSENTS_NAME).read_bytes().splitlines()) == 2


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"consent": "yes"}, "need a person"),
        ({"subject": "Ann B"}, "expected at most"),
        ({"subject": "P1", "retain_until": "soon"}, "expected a date"),
    ],
)
def test_what_cannot_be_is_refused(given: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Person(**given)

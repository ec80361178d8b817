"""Each format as its own tools write it: sizes, splits and attributes by the format's rules."""

from __future__ import annotations

import base64
import json
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from tinyhost.audio.wav import write_wav
from tinyhost.datasets.groups import read_groups
from tinyhost.datasets.importers import IMPORTERS, detect_format, find_samples
from tinyhost.datasets.importers.contract import Found, FoundSample, ReadAs, WakeWordRule
from tinyhost.datasets.importers.tfrecord import parse_example, record_places
from tinyhost.datasets.importing import ImportReport, import_samples
from tinyhost.datasets.manifest import Sample, read_manifest
from tinyhost.datasets.parts import read_lists
from tinyhost.datasets.store import DatasetStore, encode_png
from tinyhost.errors import DatasetError

# Written by the package tfrecord 1.14.6: two pictures with a class, and twelve samples of sound.
PICTURES = zlib.decompress(
    base64.b64decode(
        "eNq7zgABTxfFZHJdYeQS4+JIy8xJzUvMTRXi4uLgYisw0MsqSOfi5WJJSSzKFmKVYuZiZOTiB0qkFhXn50EEGLhmMnKxZuYmpqcK9TNy9TBydTJ2Bvi5"
        "83JJcQEN5/X0cAkC0hwgDCIYHqY8DAdSAZ4ujiEVt5ITEpISHz949DBZQEBIcPKESROTAwKCAi9fuHQx2cDAyHDzhk0bkwsKigo/f/j0MZmDg4uzu6Or"
        "M9nDw8vz9IlTJ5M1NLQ0V69YtZKZoXw7/0GB+OPMIDs8Xf1c1jklNE0S1T//GOrNTZdv7+F6gM2bhmBvikG9ySfFw8X1HwYw/MvINQfu30mMXGAvE+Pf"
        "YIh/GT0Ytv9nSEnLyMrJKyhiKCmrqKqpa2hiaGnr6OrpmzCJYcq0GbPmzFuwiGHJshWr1qzbsIlhy7Ydu/bsO3CI4cixE6fOnLtwieHKtRu37tx78Oj3"
        "E42D9c1f85G9LL81Wg8AzmWfRA=="
    )
)
SOUND = zlib.decompress(
    base64.b64decode(
        "eNqrZoAA6e/nz3FVcglyMaYJ8QhxcXEAxewZGBbs5wrhYk0sTcnMF/KW8uRy3/D5338wYHzR9R/KWrAIxrqxE8aacBHGOvECxmLYIf5Bb4Xbg9gZpVx8"
        "XKw5iUmpOUKsUsxcjIzi/K/kAD1vRUI="
    )
)


def picture(path: Path, seed: int = 0) -> str:
    """Write a PNG of its own; return its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encode_png(np.random.default_rng(seed).integers(0, 256, (20, 20), np.uint8)))
    return path.name


def sound(path: Path, seed: int = 0, n: int = 16_000, n_channels: int = 1, rate_hz: int = 16_000) -> None:
    shape = (n,) if n_channels == 1 else (n, n_channels)
    write_wav(path, np.random.default_rng(seed).integers(-9000, 9000, shape).astype(np.int16), rate_hz=rate_hz)


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def find(source: Path, name: str, read_as: ReadAs | None = None) -> Found:
    assert detect_format(source) == name
    return find_samples(source, name, read_as or ReadAs())


def labels(found: Found) -> dict[str, str]:
    return {sample.what.rsplit("/", 1)[-1]: sample.label for sample in found.samples}


def run(source: Path, target: Path, read_as: ReadAs | None = None) -> tuple[ImportReport, list[Sample]]:
    """Import a source twice; what there is after the first, which the second leaves as it is."""
    reports = []
    for _ in range(2):
        report = ImportReport(format=detect_format(source))
        with DatasetStore(target, once=True) as store:
            import_samples(find_samples(source, report.format, read_as or ReadAs()), store, report, source=source)
        reports.append(report)
        if not reports[1:]:
            samples = read_manifest(target)
    assert reports[1].stored.total() == 0
    assert reports[1].already == reports[0].stored.total() + reports[0].already
    assert read_manifest(target) == samples
    return reports[0], samples


def coco(root: Path) -> Path:
    """Pictures of 100 x 100: what a person in them covers, whether it is a crowd, and the box."""
    people: dict[str, list[tuple[float, int, list[int]]]] = {
        "none": [],
        "exactly": [(50.0, 0, [0, 0, 10, 10])],  # 0.5 %
        "more": [(50.1, 0, [0, 0, 16, 16])],  # a box of 2.56 %
        "less": [(49.9, 0, [0, 0, 30, 30])],
        "crowd": [(900.0, 1, [0, 0, 90, 90])],
        "box": [(240.0, 0, [0, 0, 10, 25])],  # exactly 2.5 %
        "gone": [(900.0, 0, [0, 0, 90, 90])],
    }
    images, annotations = [], []
    for number, (name, persons) in enumerate(people.items(), 1):
        if name != "gone":
            picture(root / "val2014" / f"{name}.jpg.png", number)
        images.append(
            {"id": number, "file_name": f"{name}.jpg.png", "width": 100, "height": 100, "license": 4}
            | {"flickr_url": f"http://farm.staticflickr.com/{number}_o.jpg", "coco_url": "http://images/1.jpg"}
        )
        annotations += [
            {"image_id": number, "category_id": 1, "area": area, "iscrowd": crowd, "bbox": box, "segmentation": []}
            for area, crowd, box in persons
        ]
    annotations.append({"image_id": 1, "category_id": 2, "area": 9000.0, "iscrowd": 0, "bbox": [0, 0, 95, 95]})
    document = {
        "info": {},
        "licenses": [{"id": 4, "name": "Attribution License", "url": "http://creativecommons.org/licenses/by/2.0/"}],
        "images": images,
        "annotations": annotations,
        "categories": [{"id": 1, "name": "person"}, {"id": 2, "name": "cat"}],
    }
    write(root / "annotations" / "instances_val2014.json", json.dumps(document))
    return root


@pytest.mark.parametrize(
    ("rule", "with_person", "left_out"),
    [("slim", "exactly more crowd box", 0), ("pyvww", "more crowd box", 0), ("mlperf", "more less", 2)],
)
def test_coco_becomes_visual_wake_words_by_each_rule(
    tmp_path: Path, rule: WakeWordRule, with_person: str, left_out: int
) -> None:
    found = find(coco(tmp_path), "coco", ReadAs(rule=rule))
    known = {name.split(".")[0]: label for name, label in labels(found).items()}
    known.pop("gone", None)
    assert {name for name, label in known.items() if label == "person"} == set(with_person.split())
    assert set(known.values()) == {"person", "no_person"}
    assert sum(found.passed_over.values()) == left_out
    assert len(found.samples) + left_out == 7


def test_pictures_of_coco_keep_their_rights_and_part(tmp_path: Path) -> None:
    root = coco(tmp_path / "coco")
    report, samples = run(root, tmp_path / "set")
    assert [(item.what, "instances_val2014.json lists it" in item.reason) for item in report.skipped] == [
        ("gone.jpg.png", True)
    ]
    assert samples[0].attributes == {
        "licence": "Attribution License, http://creativecommons.org/licenses/by/2.0/",
        "source": "http://farm.staticflickr.com/1_o.jpg",
        "rule": "slim",
    }
    assert set(read_lists(tmp_path / "set").values()) == {"testing"}
    write(root / "annotations" / "mscoco_minival_ids.txt", "2\n5\n")
    found = find_samples(root, "coco", ReadAs(wanted="cat"))
    assert {sample.label for sample in found.samples[:6]} == {"cat", "no_cat"}
    assert [sample.part for sample in found.samples[:6]] == [
        "training", "testing", "training", "training", "testing", "training",
    ]  # fmt: skip
    write(root / "annotations" / "mscoco_minival_ids.txt", "2\nfive\n")
    with pytest.raises(DatasetError, match=r"ids\.txt, line 2: expected the id of a picture, got 'five'"):
        find_samples(root, "coco", ReadAs())
    with pytest.raises(DatasetError, match="no 'dog'; there are person, cat"):
        find_samples(coco(tmp_path / "again"), "coco", ReadAs(wanted="dog"))


WAKE_VISION = """filename,person,depiction,body_part,predominantly_female,near,far,dark
1_a_o.jpg.png,1,0,1,1,0,1,0
2_b_o.jpg.png,0,1,0,0,0,0,1
3_c_o.jpg.png,-1,-1,-1,-1,-1,-1,1
4_gone_o.jpg,1,0,0,0,0,0,0
"""


def test_wake_vision_keeps_its_groups(tmp_path: Path) -> None:
    source = tmp_path / "wake"
    write(source / "wake_vision_validation.csv", WAKE_VISION)
    write(source / "wake_vision_train_large.csv", "filename,person,depiction,body_part\n5_d_o.jpg.png,0,0,0\n")
    write(source / "wake_vision_train_quality.csv", "filename,person,depiction,body_part\n5_d_o.jpg.png,0,0,0\n")
    rights = "ImageID,OriginalURL,License,Author\n00,https://c1.staticflickr.com/7/1_a_o.jpg.png,CC BY 2.0,Ada\n"
    write(source / "image_ids_and_rotation.csv", rights)
    for seed, name in enumerate(("1_a", "2_b", "3_c", "5_d")):
        picture(source / "images" / str(seed) / f"{name}_o.jpg.png", seed)
    report, samples = run(source, tmp_path / "set")
    assert [(item.label, item.scene_item) for item in samples] == [
        ("no_person", "images/3/5_d_o.jpg.png"),
        ("person", "images/0/1_a_o.jpg.png"),
        ("no_person", "images/1/2_b_o.jpg.png"),
    ]
    assert samples[1].attributes == {
        "licence": "CC BY 2.0", "author": "Ada", "depiction": "0", "body_part": "1", "predominantly_female": "1",
        "near": "0", "far": "1", "dark": "0",
    }  # fmt: skip
    assert report.passed_over == {
        "its picture is missing": 1,
        "it has no label for persons": 1,
        "in another table too": 1,
    }
    assert Counter(read_lists(tmp_path / "set").values()) == {"validation": 2}
    groups = read_groups(tmp_path / "set" / "manifest.jsonl", ["far", "author"])
    assert [groups.of("far", Path(item.file)) for item in samples] == ["not said", "far=1", "far=0"]
    assert [groups.of("author", Path(item.file)) for item in samples] == ["not said", "Ada", "not said"]


def test_common_voice_keeps_who_speaks_by_a_pseudonym(tmp_path: Path) -> None:
    source = tmp_path / "cv" / "hi"
    head = "client_id\tpath\tsentence_id\tsentence\tup_votes\tdown_votes\tage\tgender\taccents\tlocale\tsegment\n"
    ids = {name: name * 64 for name in ("ab", "cd", "ef")}
    said = "नमस्ते\t{up}\t{down}\ttwenties\tfemale_feminine\tDelhi\thi\t\n"
    rows = [f"{ids[who]}\t{who}.wav\tx1\t" + said.format(up=index + 2, down=index) for index, who in enumerate(ids)]
    rows += [f"{ids['ab']}\tlong.wav\tx2\tदो शब्द\t2\t0\t\t\t\thi\t\n", "cut short\n"]
    write(source / "validated.tsv", head + "".join(rows))
    write(source / "test.tsv", head + rows[1])
    write(source / "train.tsv", head + rows[0])
    write(source / "dev.tsv", head)
    write(source / "clip_durations.tsv", "clip\tduration[ms]\nab.wav\t1500\n")
    for seed, who in enumerate(ids):
        sound(source / "clips" / f"{who}.wav", seed, 48_000, rate_hz=32_000)
    report, samples = run(source, tmp_path / "set")
    assert report.passed_over == {"its sentence is not a single word": 2}
    assert {sample.label for sample in samples} == {"नमस्ते"}
    assert samples[0].attributes == {
        "age": "twenties", "gender": "female_feminine", "accent": "Delhi", "locale": "hi", "up_votes": "2",
        "down_votes": "0", "duration_ms": "1500", "votes": "validated",
    }  # fmt: skip
    everything = b"".join(path.read_bytes() for path in (tmp_path / "set").rglob("*") if path.is_file())
    assert not any(name.encode() in everything for name in ids.values()), "the client's id stayed behind"
    assert len({sample.speaker for sample in samples}) == 3
    parts = read_lists(tmp_path / "set")
    assert [parts.get(sample.file, "training") for sample in samples] == ["training", "testing", "training"]


def test_sounds_of_machines_keep_what_their_names_say(tmp_path: Path) -> None:
    source = tmp_path / "dcase" / "fan"
    names = (
        "train/section_00_source_train_normal_0000_strength_1_ambient.wav",
        "train/section_01_target_train_normal_0001_m-n_X_vel_6.wav",
        "test/section_00_source_test_anomaly_0000.wav",
        "test/section_00_0000.wav",
    )
    for seed, name in enumerate(names):
        sound(source / name, seed)
    table = "file_name,d1p,d1v,d2p,d2v\nfan/test/section_00_source_test_anomaly_0000.wav,vel,9,noAttribute,\n"
    write(source / "attributes_00.csv", table)
    report, samples = run(source, tmp_path / "set")
    assert [item.what for item in report.skipped] == ["test/section_00_0000.wav"]
    by_name = {sample.scene_item: sample for sample in samples}
    assert [by_name[name].label for name in names[:3]] == ["normal", "normal", "anomaly"]
    fan = {"machine": "fan", "unit": "section_00"}
    assert by_name[names[0]].attributes == {**fan, "domain": "source", "attributes": "strength 1 ambient"}
    assert by_name[names[1]].attributes == {**fan, "unit": "section_01", "domain": "target", "m-n": "X", "vel": "6"}
    assert by_name[names[2]].attributes == {**fan, "domain": "source", "vel": "9"}
    assert set(read_lists(tmp_path / "set").values()) == {"testing"}


def test_mimii_is_divided_as_its_baseline_does(tmp_path: Path) -> None:
    for seed in range(4):
        sound(tmp_path / "mimii" / "6_dB_fan" / "fan" / "id_00" / "normal" / f"{seed:08d}.wav", seed, 16_000, 8)
    sound(tmp_path / "mimii" / "6_dB_fan" / "fan" / "id_00" / "abnormal" / "00000000.wav", 9, 16_000, 8)
    report, samples = run(tmp_path / "mimii", tmp_path / "set", ReadAs(convert=True))
    assert report.stored == {"normal": 4, "anomaly": 1}
    assert samples[0].attributes == {"machine": "6_dB_fan", "unit": "id_00"}
    assert Counter(read_lists(tmp_path / "set").values()) == {"testing": 2}


def tfds(root: Path, features: Mapping[str, Mapping[str, object]], supervised: tuple[str, ...] = ()) -> Path:
    whole = {
        "pythonClassName": "tensorflow_datasets.core.features.features_dict.FeaturesDict",
        "featuresDict": {"features": features},
    }
    write(root / "features.json", json.dumps(whole))
    keys = {"supervisedKeys": {"tuple": {"items": [{"featureKey": key} for key in supervised]}}}
    write(root / "dataset_info.json", json.dumps({"name": "wake", "version": "1.0.0", **(keys if supervised else {})}))
    return root


def test_a_folder_of_tensorflow_datasets_is_read_without_it(tmp_path: Path) -> None:
    flag = {"classLabel": {"numClasses": "2"}}
    root = tfds(
        tmp_path / "wake" / "1.0.0",
        {"image": {"image": {"shape": {}}}, "person": flag, "dark": flag, "filename": {"text": {}}},
        ("image", "person"),
    )
    for name in ("person", "dark"):
        write(root / f"{name}.labels.txt", "No\nYes\n")
    (root / "wake-validation.tfrecord-00000-of-00001").write_bytes(PICTURES)
    _, samples = run(tmp_path / "wake", tmp_path / "set")
    assert [(sample.label, sample.width) for sample in samples] == [("no_person", 8), ("person", 8)]
    assert [sample.attributes for sample in samples] == [
        {"dark": "1", "filename": "p0.jpg", "split": "validation"},
        {"filename": "p1.jpg", "split": "validation"},
    ]
    assert set(read_lists(tmp_path / "set").values()) == {"validation"}


def test_sounds_of_tensorflow_datasets_are_their_samples(tmp_path: Path) -> None:
    label = {"classLabel": {"numClasses": "2"}}
    audio = {"audio": {"fileFormat": "wav", "sampleRate": "16000", "dtype": "int64"}}
    root = tfds(tmp_path / "words" / "0.0.3", {"audio": audio, "label": label})
    write(root / "label.labels.txt", "no\nyes\n")
    (root / "words-test.tfrecord-00000-of-00001").write_bytes(SOUND)
    (sample,) = find(tmp_path, "tfds").samples
    assert (sample.label, sample.part) == ("yes", "testing")
    read = sample.read()
    assert not isinstance(read, np.ndarray)
    np.testing.assert_array_equal(getattr(read, "pcm"), (np.arange(12) - 6) * 3000)  # noqa: B009
    ((begin, n_bytes),) = record_places(root / "words-test.tfrecord-00000-of-00001")
    np.testing.assert_array_equal(parse_example(SOUND[begin : begin + n_bytes], "x")["f"], [0.5, -1.25])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (PICTURES[:-5], "a record of"),
        (PICTURES[:8] + b"\0" + PICTURES[9:], "byte 0: expected the checksum"),
        (PICTURES + b"\1\2\3", "cut short: a record begins at byte"),
    ],
)
def test_a_damaged_record_is_an_error_with_its_byte(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(DatasetError, match=said):
        list(record_places(tmp_path / "a"))


def label_studio_task(file: str, *choices: str, **more: object) -> dict[str, object]:
    result = [
        {"from_name": "label", "to_name": "sample", "type": "choices", "value": {"choices": [choice]}}
        for choice in choices
    ]
    annotations = [{"id": 1, "completed_by": {"email": "ada@example.com"}, "was_cancelled": False, "result": [item]}
                   for item in result]  # fmt: skip
    return {"id": 1, "data": {"image": file}, "annotations": annotations, "predictions": []} | more


def test_label_studio_is_read_as_its_annotators_agree(tmp_path: Path) -> None:
    source = tmp_path / "ls"
    names = [picture(source / "files" / f"{name}.png", seed) for seed, name in enumerate(("a", "b", "c", "d"))]
    tasks = [
        label_studio_task(f"/data/upload/1/0badf00d-{names[0]}", "person", "person"),
        label_studio_task(f"/data/local-files/?d=ls/files/{names[1]}", "person", "no_person"),
        label_studio_task(f"s3://bucket/{names[2]}", "no_person"),
        label_studio_task(names[3]),
        label_studio_task("gone.png", "person"),
    ]
    write(source / "project-1-at-2026.json", json.dumps(tasks))
    report, samples = run(source, tmp_path / "set")
    assert [(sample.label, sample.scene_item) for sample in samples] == [
        ("person", "files/a.png"),
        ("no_person", "files/c.png"),
    ]
    assert samples[0].attributes == {"annotators": "2"}
    assert report.passed_over == {"its annotators disagree": 1, "nobody has labelled it": 1}
    assert [item.what for item in report.skipped] == ["gone.png"]
    minimal = [{"image": f"/data/upload/1/{names[2]}", "id": 3, "choice": "person", "annotator": 1, "lead_time": 1.5}]
    minimal[0]["annotation_id"] = 4
    write(tmp_path / "min" / "a.json", json.dumps(minimal))
    picture(tmp_path / "min" / names[2])
    assert labels(find(tmp_path / "min", "label-studio")) == {"c.png": "person"}


@pytest.mark.parametrize("format", ["audacity", "label-studio"])
def test_labelled_stretches_of_a_recording_are_clips(tmp_path: Path, format: str) -> None:
    source = tmp_path / "in"
    sound(source / "take.wav", n=5 * 16_000)
    if format == "audacity":
        write(source / "take.txt", "0.500000\t1.250000\tyes\n\\\t100.0\t200.0\n2.000000\t2.000000\tsí\n9.0\t9.5\tno\n")
    else:
        times = [(0.5, 1.25, "yes"), (2.0, 2.0, "sí"), (9.0, 9.5, "no")]
        result = [{"type": "labels", "value": {"start": a, "end": b, "labels": [c]}} for a, b, c in times]
        task = {"data": {"audio": "take.wav"}, "annotations": [{"result": result}]}
        write(source / "export.json", json.dumps([task]))
    report, samples = run(source, tmp_path / "set")
    assert [(sample.label, sample.n_samples) for sample in samples] == [("yes", 12_000), ("sí", 16_000)]
    assert samples[0].attributes["start_s"] == "0.500"
    assert ["but the sound ends after 5.00 s" in item.reason for item in report.skipped] == [True]


CVAT = """<?xml version="1.0" encoding="utf-8"?>
<annotations>
  <version>1.1</version>
  <meta><task><id>1</id><labels><label><name>person</name></label></labels></task></meta>
  <image id="0" name="a.png" subset="Train" width="20" height="20">
    <tag label="person" source="manual"><attribute name="light">dark</attribute></tag>
  </image>
  <image id="1" name="deep/b.png" subset="Test" width="20" height="20"><tag label="no_person" source="manual"/></image>
  <image id="2" name="c.png" width="20" height="20"><tag label="a"/><tag label="b"/></image>
  <image id="3" name="d.png" width="20" height="20"><box label="person" xtl="1" ytl="1" xbr="2" ybr="2"/></image>
</annotations>
"""


def test_cvat_is_read_by_its_tags(tmp_path: Path) -> None:
    source = tmp_path / "cvat"
    write(source / "annotations.xml", CVAT)
    for seed, name in enumerate(("a.png", "deep/b.png", "c.png", "d.png")):
        picture(source / "images" / name, seed)
    report, samples = run(source, tmp_path / "set")
    assert [(sample.label, sample.attributes) for sample in samples] == [
        ("person", {"light": "dark"}),
        ("no_person", {}),
    ]
    assert report.passed_over == {"it has several tags": 1, "it has no tag": 1}
    assert list(read_lists(tmp_path / "set").values()) == ["testing"]
    for text, said in (
        ('<!DOCTYPE x [<!ENTITY a "b">]><annotations>&a;</annotations>', "expected no DOCTYPE"),
        ("<annotations>", "annotations.xml:1:13: not XML"),
    ):
        write(source / "annotations.xml", text)
        with pytest.raises(DatasetError, match=said):
            find_samples(source, "cvat", ReadAs())


def test_an_import_that_stopped_goes_on(tmp_path: Path) -> None:
    """Every sample is stored once, with its part, however often the import is broken off."""
    source = coco(tmp_path / "coco")
    found = find_samples(source, "coco", ReadAs())

    def broken(sample: FoundSample, at: int) -> Callable[[int, int], None]:
        def stop(done: int, total: int) -> None:
            if done == at:
                raise KeyboardInterrupt

        return stop

    for at in (2, 4):
        with DatasetStore(tmp_path / "set", once=True) as store, pytest.raises(KeyboardInterrupt):
            report = ImportReport(format="coco")
            import_samples(found, store, report, source=source, on_sample=broken(found.samples[0], at))
        assert len(read_manifest(tmp_path / "set")) == len(read_lists(tmp_path / "set")) == at
    report, _ = run(source, tmp_path / "set")
    assert (report.stored.total(), report.already) == (2, 4)


def test_an_archive_is_to_be_unpacked_first(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.writestr("../training/wave.1.json", "{}")
    with pytest.raises(DatasetError, match="a ZIP archive, expected a folder"):
        find_samples(tmp_path / "export.zip", "edge-impulse", ReadAs())
    assert list(tmp_path.iterdir()) == [tmp_path / "export.zip"]


def test_the_help_names_every_format() -> None:
    from tinyhost.cli.data_import import import_dataset

    text = str(import_dataset.__annotations__["format"])
    assert all(name in text for name in IMPORTERS)

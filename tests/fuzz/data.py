"""Targets: sounds, pictures, motion, tables and archives of data."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import shutil
import tarfile
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import soundfile
from PIL import Image
from tinyhost.audio.sound_file import decode_sound
from tinyhost.audio.wav import parse_wav, wav_bytes
from tinyhost.bench.mlperf import BENCHMARKS, read_ground_truth, read_stream_ground_truth
from tinyhost.boards.scenes.files import scene_files
from tinyhost.datasets.archive import Limits, unpack
from tinyhost.datasets.boxes import BOX_LIST, load_boxed_pictures
from tinyhost.datasets.clips import load_clip_folder
from tinyhost.datasets.data_card.facts import ABOUT_NAME, QUESTIONS, read_about
from tinyhost.datasets.describe import describe
from tinyhost.datasets.edge_impulse import audio_acquisition, audio_pcm, parse_acquisition, write_acquisition
from tinyhost.datasets.edge_impulse_project import LabelledFile, list_export, write_info
from tinyhost.datasets.groups import read_groups
from tinyhost.datasets.importers import IMPORTERS, find_samples
from tinyhost.datasets.importers.common_voice import list_single_words
from tinyhost.datasets.importers.contract import ReadAs
from tinyhost.datasets.labelling.answers import ANSWERS_NAME, read_answers
from tinyhost.datasets.manifest import Sample, read_manifest, write_manifest
from tinyhost.datasets.motion_exchange import motion_of
from tinyhost.datasets.movements import load_movements, windows_of_movements
from tinyhost.datasets.parts import read_lists
from tinyhost.datasets.people.consent import CONSENTS_NAME, Person, read_consents, record_consent
from tinyhost.datasets.people.embedded_text import without_traces
from tinyhost.datasets.people.provenance import RUN_DATA_NAME, read_run_data
from tinyhost.datasets.people.traces import Traces
from tinyhost.datasets.picture_splits import load_splits
from tinyhost.datasets.pictures import load_class_folder
from tinyhost.datasets.ucr import read_ucr
from tinyhost.errors import TinyhostError
from tinyhost.motion.csv import motion_csv, read_motion_csv
from tinyhost.motion.sensor import LSM9DS1
from tinyhost.sensors.annotations import Annotation, read_annotations, write_annotations
from tinyhost.sensors.metadata import metadata_kinds
from tinyhost.sensors.picture_file import read_picture

from tests.fuzz.engine import Target
from tests.fuzz.files import reader, scratch, written
from tests.heat_maps import edge_impulse_list
from tests.media import aac_file, picture_file
from tests.unit.datasets.test_cbor import acquisition
from tests.unit.datasets.test_importers import CVAT
from tests.unit.datasets.test_importers import PICTURES as TF_PICTURES

__all__ = ["TARGETS"]

_LIMITS = Limits(total_bytes=1 << 20, file_bytes=1 << 20, n_files=100)


def _tone(n: int) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    return (9000 * np.sin(np.arange(n) / 7)).astype(np.int16)


def _mlperf_truth(data: bytes) -> None:
    folder = scratch() / "mlperf"
    folder.mkdir(exist_ok=True)
    (folder / "a.bin").write_bytes(bytes(490))
    (folder / "y_labels.csv").write_bytes(data)
    read_ground_truth(folder, BENCHMARKS["kws01"])


def _stream_truths() -> list[bytes]:
    item = {"wav_file": "truth.json", "sample_rate": 16_000, "length_sec": 9, "detection_windows": [[1, 2.5]]}
    return [json.dumps([item]).encode()]


def _hear(data: bytes) -> None:
    wav = parse_wav(data, "clip.wav")
    wav.channels()
    wav.native_pcm()


def _wavs() -> list[bytes]:
    chunk = b"LIST" + (6).to_bytes(4, "little") + b"INFO\0\0"
    plain = wav_bytes(_tone(40))
    streamed = plain[:4] + b"\xff" * 4 + plain[8:40] + b"\xff" * 4 + plain[44:]
    return [plain, wav_bytes(_tone(40).reshape(-1, 2), 44_100), plain[:36] + chunk + plain[36:], streamed]


def _pictures() -> list[bytes]:
    grey = Image.fromarray(np.tile(np.arange(64, dtype=np.uint8).reshape(8, 8), (4, 4)))
    kinds = ("PNG", "JPEG", "BMP", "PPM", "GIF", "WEBP", "TIFF", "AVIF", "HEIF")
    return [picture_file(grey, kind) for kind in kinds]


def _compressed(suffix: str) -> list[bytes]:
    if suffix == ".m4a":
        return [aac_file(_tone(2000), "ipod")]
    out = io.BytesIO()
    soundfile.write(out, _tone(2000), 16_000, format=suffix[1:].upper())
    return [out.getvalue()]


def _sound(suffix: str) -> Target:
    return Target(
        name=f"sound {suffix}",
        parse=lambda data: decode_sound(data, suffix, f"clip{suffix}").native_pcm(),
        seeds=lambda: _compressed(suffix),
        most_mib=_LEAK_MIB if suffix == ".ogg" else 256,
    )


def _look_into(names: bytes) -> None:
    """Read a folder of files with these names, one a line, as each kind of data set."""
    root = scratch() / "named"
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    for name in names.decode("utf-8", "replace").replace("\0", "").split("\n")[:20]:
        parts = [part[:40] for part in name.split("/") if part not in ("", ".", "..")]
        with contextlib.suppress(OSError):  # a file where a folder should be
            (root / Path(*parts)).parent.mkdir(parents=True, exist_ok=True)
            (root / Path(*parts)).write_bytes(b"" if len(parts) % 2 else _SMALL)
    for read in (load_class_folder, load_clip_folder, load_splits, describe, scene_files):
        with contextlib.suppress(TinyhostError):
            read(root)
    for name, importer in IMPORTERS.items():
        with contextlib.suppress(TinyhostError):
            if importer.recognises(root):
                find_samples(root, name, ReadAs())


def _motions() -> list[bytes]:
    samples = (_tone(90).reshape(-1, 3) // 9).astype(np.int16) + np.array([0, 0, 8192], np.int16)
    text = motion_csv(LSM9DS1.acceleration(samples), 119.0)
    turned = motion_csv(LSM9DS1.acceleration(samples), 119.0, samples / 16.0)
    in_words = turned.replace(b"gyrX,gyrY,gyrZ", b"gx [rad/s],gy [rad/s],gz [rad/s]")
    whole = [text, text.replace(b",", b";").replace(b".", b","), b"\xef\xbb\xbf" + text, text.replace(b"\n", b"\r\n")]
    return [*whole, turned, in_words]


def _write_acquisition(path: Path) -> None:
    write_acquisition(path, audio_acquisition(_tone(20)))


def _acquisitions() -> list[bytes]:
    sound = written("sound.json", _write_acquisition)
    motion = sound.replace(b'"audio","units":"wav"', b'"accX","units":"m/s2"},{"name":"accY","units":"m/s2"},'
                           b'{"name":"accZ","units":"m/s2"')  # fmt: skip
    head = motion[: motion.index(b'"values"')]
    cbor = acquisition([[0.5, 0.25, 9.75], [0, 1, 9], [0.5, 0.25, 9.5]])
    return [sound, head + b'"values":[[0.1,0.2,9.8],[0.1,0.3,9.7],[0,1,9]]}}', cbor]


def _take_acquisition(data: bytes) -> None:
    acquisition = parse_acquisition(data, "yes.1.json")
    if acquisition.is_audio:
        audio_pcm(acquisition, "yes.1.json", convert=True)
    else:
        motion_of(acquisition, "yes.1.json")


def _infos() -> list[bytes]:
    def write(path: Path) -> None:
        files = [LabelledFile(path=path.parent / "yes.1.json", label="yes", part="validation")]
        write_info(path.parent, files)

    return [written("info.labels", write)]


def _read_boxes(path: Path) -> object:
    (path.parent / "a.png").write_bytes(_SMALL)
    return load_boxed_pictures(path.parent)


def _coco_lists(name: str = "face") -> list[bytes]:
    images = [{"id": 1, "file_name": "a.png", "width": 8, "height": 8}]
    boxes = [{"id": 1, "image_id": 1, "category_id": 2, "bbox": [1, 2.5, 3, 4], "iscrowd": 0, "area": 12}]
    lists = {"info": {}, "images": images, "annotations": boxes, "categories": [{"id": 2, "name": name}]}
    return [json.dumps(lists).encode()]


def _manifests() -> list[bytes]:
    samples = [
        Sample(file=f"yes/{n}.wav", sha256="ab" * 32, label="yes", time="2026-01-01T00:00:00.000+00:00", n_samples=n)
        for n in range(3)
    ]
    return [written("manifest.jsonl", lambda path: write_manifest(path.parent, samples))]


def _annotations() -> list[bytes]:
    items = [Annotation(start_s=0.5, end_s=1.25, label="yes"), Annotation(start_s=2.0, end_s=3.0, label="unknown")]
    return [written("truth.csv", lambda path: write_annotations(path, items))]


def _move(folder: Path) -> None:
    """Read movements as a training does: cut into windows."""
    movements = load_movements(folder)
    windows_of_movements(movements, 50, 25.0)
    windows_of_movements(movements, 1, 1.0)


def _read_pair(train: Path) -> object:
    shutil.copy(train, train.with_name("x_TEST.tsv"))
    return read_ucr(train)


def _importer(name: str, file: str) -> Callable[[bytes], object]:
    """Return an importer as a function of the list in a source that holds one picture and one sound, too."""

    def find(path: Path) -> None:
        for sample in find_samples(path.parent, name, ReadAs()).samples:
            with contextlib.suppress(TinyhostError):
                sample.read()

    parse = reader(file, find)
    folder = scratch() / file
    (folder / "a.png").write_bytes(_SMALL)
    (folder / "a.wav").write_bytes(wav_bytes(_tone(16_000)))
    if name == "machines":
        sounds = folder / "fan" / "test"
        sounds.mkdir(parents=True, exist_ok=True)
        (sounds / "section_00_source_test_normal_0000.wav").write_bytes(wav_bytes(_tone(16_000)))
    if name == "tfds":
        features = {"image": {"image": {}}, "person": {"classLabel": {"numClasses": "2"}}}
        (folder / "features.json").write_text(json.dumps({"featuresDict": {"features": features}}))
    return parse


def _label_studio() -> list[bytes]:
    choice = {"type": "choices", "value": {"choices": ["a"]}}
    stretch = {"type": "labels", "value": {"start": 0.1, "end": 0.5, "labels": ["b"]}}
    tasks = [
        {"data": {"image": "/data/local-files/?d=a.png"}, "annotations": [{"result": [choice]}]},
        {"data": {"audio": "a.wav"}, "annotations": [{"result": [stretch], "was_cancelled": False}]},
    ]
    minimal = [
        {"image": "a.png", "choice": "a", "annotation_id": 1, "label": [{"start": 0, "end": 1, "labels": ["b"]}]}
    ]
    return [json.dumps(tasks).encode(), json.dumps(minimal).encode()]


_IMPORTERS: dict[str, tuple[str, Callable[[], list[bytes]]]] = {
    "coco": ("instances_val2014.json", lambda: _coco_lists("person")),
    "wake-vision": ("wake_vision_test.csv", lambda: [b"filename,person,dark\na.png,1,0\nb.png,-1,1\n"]),
    "tfds": ("x-train.tfrecord-00000-of-00001", lambda: [TF_PICTURES]),
    "label-studio": ("export.json", _label_studio),
    "cvat": ("annotations.xml", lambda: [CVAT.encode()]),
    "machines": ("attributes_00.csv", lambda: [_ATTRIBUTES]),
    "audacity": ("a.txt", lambda: [b"0.1\t0.5\tyes\n\\\t1.0\t2.0\n0.7\t0.7\tno\n", b"0.1\tyes\n"]),
}


def _unpack(archive: Path) -> None:
    target = archive.with_name("out")
    try:
        unpack(archive, target, limits=_LIMITS)
    finally:
        shutil.rmtree(target, ignore_errors=True)


def _archives() -> list[bytes]:
    packed = []
    for mode in ("w", "w:gz", "w:bz2", "w:xz"):
        file = io.BytesIO()
        with tarfile.open(fileobj=file, mode=mode) as tar:
            for name in ("yes/a.wav", "README"):
                info = tarfile.TarInfo(name)
                info.size = 4
                tar.addfile(info, io.BytesIO(b"some"))
        packed.append(file.getvalue())
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("yes/a.wav", b"some" * 20)
        zipped.writestr("no/", b"")
    return [*packed, file.getvalue()]


def _words(path: Path) -> None:
    list(list_single_words(path))


_SMALL = cv2.imencode(".png", np.zeros((8, 8), np.uint8))[1].tobytes()
_LEAK_MIB = 2048
"""for 200,000 files: libsndfile 1.2 loses 2 or 3 KB of memory with each damaged Ogg"""
_PICTURE_MIB = 512
"""for all pixels of the largest picture, in four channels and in one"""
_NAMES = [
    b"person/a.png\nperson/._a.png\nno_person/IMG_1.HEIC\nREADME.md\n__MACOSX/person/._a.png",
    "train/sí/1.jpg\ntrain/no/2.jpg\nval/no/3.jpg\ntest/no/4.jpg\ntest/no/deep/5.png\nThumbs.db".encode(),
    b"6_dB_fan/fan/id_00/abnormal/0.wav\nfan/id_00/normal/1.wav\ntrain/normal_id_02_00000000.wav",
    b"fan/test/section_00_source_test_anomaly_0001_vel_6.wav\nToyCar/case1/NormalSound_IND/1_ch1_x.wav",
    b"yes/ab_nohash_0.wav\nyes/b.mp3\n_background_noise_/hum.wav\nvalidation_list.txt\nnormal/1.csv",
]
_UCR = [b"1\t0.5\t-1\t2.5\n2\t1e3\t0\t1\n", b"@problemname x\n@data\n0.5,-1,2:1\n1,0,1:2\n", b"0.5,1,2,a\n1,2,3,b\n",
        b"x,y,class\n0.5,1.5,a\n1,2,b\n", b"0,5;1,5;1\n0,5;1,5;2\n0;1;2\n"]  # fmt: skip
_ATTRIBUTES: bytes = b"file_name,d1p,d1v,d2p,d2v\nfan/test/section_00_source_test_normal_0000.wav,vel,6,nan,\n"
_VOICES = [b"client_id\tpath\tsentence\nab\tx.mp3\tyes\ncd\ty.mp3\tNo.\n"]


def _consents() -> list[bytes]:
    person = Person(subject="P07", consent="form 12", purpose="a demo")
    return [written(CONSENTS_NAME, lambda path: record_consent(path.parent, person, sensor="camera"))]


_ANSWERS = [b'{"file": "a/1.png", "source_sha256": "00", "annotator": "ada", "label": "a", "score": 0.5, "time": ""}\n']
_RUN_DATA = [b'{"schema": "tinyhost.run_data/1", "folder": "data", "start_from": null, "samples": {"a/1.png": "00"}}']


def _traces(data: bytes) -> object:
    traces = Traces(subject="P07", digests=frozenset())
    return traces.in_content(data) and traces.in_content(without_traces(data, traces.in_content, bytes))


TARGETS = [
    Target(name="mlperf_truth", parse=_mlperf_truth, seeds=lambda: [b"a.bin,12,7\na.bin,12,3,490,10\n"]),
    Target(name="mlperf_stream_truth", parse=reader("truth.json", read_stream_ground_truth), seeds=_stream_truths),
    Target(name="metadata", parse=metadata_kinds, seeds=lambda: [*_pictures(), *_wavs()]),
    Target(name="traces", parse=_traces, seeds=lambda: [*_pictures(), *_wavs(), gzip.compress(b"P07"), *_archives()]),
    Target(name="answers", parse=reader(ANSWERS_NAME, read_answers, subject="."), seeds=lambda: _ANSWERS),
    Target(name="consents", parse=reader(CONSENTS_NAME, read_consents, subject="."), seeds=_consents),
    Target(name="groups", parse=reader("groups.csv", read_groups), seeds=lambda: [b"file,sex\na/1.png,f\na/2.png,m\n"]),
    Target(
        name="about.toml",
        parse=reader(ABOUT_NAME, partial(read_about, questions=QUESTIONS)),
        seeds=lambda: [b'title = "Hall"\nuses = "counting"'],
    ),
    Target(name="run data", parse=reader(RUN_DATA_NAME, read_run_data, subject="."), seeds=lambda: _RUN_DATA),
    Target(name="wav", parse=_hear, seeds=_wavs),
    *(_sound(suffix) for suffix in (".flac", ".mp3", ".ogg", ".m4a")),
    Target(name="picture", parse=reader("a.png", read_picture), seeds=_pictures, most_mib=_PICTURE_MIB),
    Target(name="class folder", parse=_look_into, seeds=lambda: _NAMES),
    Target(name="motion csv", parse=reader("a.csv", read_motion_csv), seeds=_motions),
    Target(name="movements", parse=reader("wave/a.csv", _move, subject="."), seeds=lambda: _motions()[-2:]),
    Target(name="ucr", parse=reader("x_TRAIN.tsv", _read_pair), seeds=lambda: _UCR),
    Target(name="edge impulse", parse=_take_acquisition, seeds=_acquisitions),
    Target(
        name="info.labels",
        parse=reader("info.labels", list_export, subject="."),
        seeds=_infos,
    ),
    Target(
        name="bounding_boxes.labels",
        parse=reader(BOX_LIST, _read_boxes),
        seeds=lambda: [edge_impulse_list({"a.png": [("face", 1, 2, 3, 4)], "b.png": []}).encode()],
    ),
    Target(name="coco", parse=reader("instances.json", _read_boxes), seeds=_coco_lists),
    Target(name="manifest", parse=reader("manifest.jsonl", read_manifest, subject="."), seeds=_manifests),
    Target(
        name="split lists",
        parse=reader("testing_list.txt", read_lists, subject="."),
        seeds=lambda: [b"yes/1.wav\nno/2.wav\n", b"\xef\xbb\xbf.\\yes\\1.wav\r\n\r\n"],
    ),
    Target(name="annotations", parse=reader("truth.csv", read_annotations), seeds=_annotations),
    Target(name="common voice", parse=reader("validated.tsv", _words), seeds=lambda: _VOICES),
    *(
        Target(name=f"import {name}", parse=_importer(name, file), seeds=seeds)
        for name, (file, seeds) in _IMPORTERS.items()
    ),
    Target(name="archive", parse=reader("set.bin", _unpack), seeds=_archives),
]

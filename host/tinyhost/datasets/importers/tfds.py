"""Folders that TensorFlow Datasets prepared: NAME/VERSION with features.json and NAME-SPLIT.tfrecord-00000-of-00001.

Read are sets with one picture or sound and one class label. Sources: tensorflow.org/datasets/external_tfrecord,
tensorflow_datasets/core/features/{image,audio,class_label}_feature.py.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tinyhost.audio.levels import to_pcm
from tinyhost.audio.sound import SAMPLE_RATE_HZ, Sound
from tinyhost.audio.sound_file import decode_sound, native_sound
from tinyhost.datasets.importers.coco import NO
from tinyhost.datasets.importers.contract import Clip, Content, FoundSample, Importer, PassedOver, ReadAs, part_in
from tinyhost.datasets.importers.tfrecord import Feature, parse_example, read_record, record_places
from tinyhost.errors import DatasetError
from tinyhost.sensors.picture_file import decode_picture
from tinyhost.system.json_reading import JsonObject, read_json
from tinyhost.system.reading import read_text

__all__ = ["TFDS"]

_FEATURES, _INFO = "features.json", "dataset_info.json"
_MAX_BYTES = 1 << 24
_MOST_DEEP = 3
"""folders above a version's: data_dir/NAME/CONFIG/VERSION"""
_SHARD = re.compile(r".+-(?P<split>[^-]+)\.tfrecord(-\d+-of-\d+)?(\.gz)?")
_MAX_SHOWN = 200
_HINT = "name the folder of a version, such as tensorflow_datasets/NAME/1.0.0"


@dataclass(frozen=True, kw_only=True)
class _Layout:
    """Which feature is what."""

    sample: str
    is_sound: bool
    rate_hz: int
    """of sound"""
    label: str
    names: tuple[str, ...]
    """of classes"""
    others: Mapping[str, tuple[str, ...]]
    """features that are kept as attributes; with names, if they are classes"""


def _version_folder(source: Path) -> Path:
    """Return the folder of a version at or below a source. Raises DatasetError unless there is one."""
    level = [source]
    for _ in range(_MOST_DEEP + 1):
        found = [folder for folder in level if (folder / _FEATURES).is_file()]
        if len(found) > 1:
            names = ", ".join(folder.relative_to(source).as_posix() for folder in found[:4])
            raise DatasetError(f"{source}: {len(found)} sets of TensorFlow Datasets in it: {names}", hint=_HINT)
        if found:
            return found[0]
        level = [path for folder in level for path in sorted(folder.iterdir()) if path.is_dir()]
    raise DatasetError(f"{source}: no {_FEATURES}, neither there nor in {_MOST_DEEP} folders below", hint=_HINT)


def _recognises(source: Path) -> bool:
    if not source.is_dir():
        return False
    levels = ("*/" * depth for depth in range(_MOST_DEEP + 1))
    return any(next(source.glob(f"{level}{_FEATURES}"), None) is not None for level in levels)


def _find(source: Path, read_as: ReadAs) -> Iterator[FoundSample | PassedOver]:
    folder = _version_folder(source)
    layout = _layout(folder)
    shards = [(path, match["split"]) for path in sorted(folder.iterdir()) if (match := _SHARD.fullmatch(path.name))]
    if not shards or any(path.suffix == ".gz" for path, _ in shards):
        found = ", ".join(sorted({path.name for path in folder.iterdir()})[:4])
        raise DatasetError(f"{folder}: expected NAME-SPLIT.tfrecord-00000-of-00001, got {found}", hint=_HINT)
    for path, split in shards:
        for number, place in enumerate(record_places(path)):
            what = f"{path.relative_to(source).as_posix()}[{number}]"
            example = parse_example(read_record(path, place), f"{path}: record {number}")
            label = _label(example, layout, f"{path}: record {number}")
            if label is None:
                yield PassedOver(reason="without a label")
                continue
            yield FoundSample(
                what=what,
                label=label,
                part=part_in(split),
                attributes=_attributes(example, layout) | {"split": split},
                read=_reader(path, place, layout, read_as, what),
                original=None if layout.is_sound else _original(path, place, layout),
            )


def _original(path: Path, place: tuple[int, int], layout: _Layout) -> Callable[[], bytes]:
    return lambda: _content(parse_example(read_record(path, place), str(path)), layout, str(path))


def _reader(path: Path, place: tuple[int, int], layout: _Layout, read_as: ReadAs, what: str) -> Callable[[], Content]:
    def read() -> Content:
        example = parse_example(read_record(path, place), str(path))
        if not layout.is_sound:
            return decode_picture(_content(example, layout, what), what)
        values = example.get(layout.sample)
        if isinstance(values, list):
            sound = decode_sound(_content(example, layout, what), ".wav", what)
        elif values is not None and len(values):
            sound = _sound(values, layout.rate_hz)
        else:
            raise DatasetError(f"{what}: {layout.sample}: expected sound, got none")
        pcm, note = native_sound(sound, what, convert=read_as.convert)
        return Clip(pcm=pcm, note=note)

    return read


def _sound(values: Feature, rate_hz: int) -> Sound:
    samples = np.asarray(values)
    pcm = to_pcm(samples) if samples.dtype == np.float32 else samples.clip(-32768, 32767).astype(np.int16)
    return Sound(rate_hz=rate_hz, n_channels=1, bits=16, is_float=False, data=memoryview(pcm.tobytes()))


def _content(example: Mapping[str, Feature], layout: _Layout, where: str) -> bytes:
    values = example.get(layout.sample)
    if not isinstance(values, list) or len(values) != 1:
        raise DatasetError(f"{where}: {layout.sample}: expected the bytes of one file", hint=_HINT)
    return values[0]


def _label(example: Mapping[str, Feature], layout: _Layout, where: str) -> str | None:
    """Return the label's name; yes and no are those of what the feature is called. None for -1."""
    values = example.get(layout.label)
    if values is None or isinstance(values, list) or len(values) != 1:
        raise DatasetError(f"{where}: {layout.label}: expected one class", hint=_HINT)
    index = int(values[0])
    if index == -1:
        return None
    if not 0 <= index < len(layout.names):
        raise DatasetError(f"{where}: {layout.label}: expected 0 to {len(layout.names) - 1}, got {index}", hint=_HINT)
    name = layout.names[index]
    return {"yes": layout.label, "no": f"{NO}{layout.label}"}.get(name.casefold(), name) if _is_flag(layout) else name


def _is_flag(layout: _Layout) -> bool:
    return {name.casefold() for name in layout.names} == {"yes", "no"} and layout.label != "label"


def _attributes(example: Mapping[str, Feature], layout: _Layout) -> dict[str, str]:
    found = {}
    for name, names in layout.others.items():
        values = example.get(name)
        if values is None or len(values) != 1:
            continue
        value = values[0]
        if isinstance(value, bytes):
            found[name] = value.decode("utf-8", "replace")[:_MAX_SHOWN]
        elif int(value) != -1:
            is_flag = {item.casefold() for item in names} == {"yes", "no"}
            found[name] = str(int(value)) if is_flag or not 0 <= value < len(names) else names[int(value)]
    return found


def _layout(folder: Path) -> _Layout:
    """Return which feature is sample and which label: as supervised keys say, else the only ones of their kind."""
    whole = read_json(folder / _FEATURES, max_bytes=_MAX_BYTES, error=DatasetError, hint=_HINT)
    features = whole.object("featuresDict").object("features")
    kinds = {name: features.object(name) for name in features.values}
    samples = [name for name, own in kinds.items() if "image" in own or "audio" in own]
    classes = [name for name, own in kinds.items() if "classLabel" in own]
    keys = _supervised(folder)
    sample = next((name for name in keys if name in samples), samples[0] if len(samples) == 1 else "")
    label = next((name for name in keys if name in classes), classes[0] if len(classes) == 1 else "")
    if not sample or not label:
        got = ", ".join(f"{name} ({next(iter(own.values), '?')})" for name, own in list(kinds.items())[:12])
        raise DatasetError(
            f"{folder / _FEATURES}: expected one image or audio and one class label, or supervised keys; got {got}",
            hint="other kinds of data sets are not supported",
        )
    own = kinds[sample]
    is_sound = "audio" in own
    rate_hz = int(own.object("audio").values.get("sampleRate") or SAMPLE_RATE_HZ) if is_sound else 0
    plain = {name: own for name, own in kinds.items() if name not in (sample, label)}
    others = {name: _class_names(folder, name, own) for name, own in plain.items() if _is_plain(own)}
    return _Layout(
        sample=sample,
        is_sound=is_sound,
        rate_hz=rate_hz,
        label=label,
        names=_class_names(folder, label, kinds[label]),
        others=others,
    )


def _is_plain(own: JsonObject) -> bool:
    if "tensor" in own:
        return not own.object("tensor").object("shape").values
    return "classLabel" in own or "text" in own


def _class_names(folder: Path, name: str, own: JsonObject) -> tuple[str, ...]:
    """Return the names of a class label's values: those of its file, else numbers; none of another feature."""
    if "classLabel" not in own:
        return ()
    path = folder / f"{name}.labels.txt"
    if path.is_file():
        return tuple(read_text(path, max_bytes=_MAX_BYTES).splitlines())
    n_classes = str(own.object("classLabel").values.get("numClasses", ""))
    if not n_classes.isdigit() or not 0 < int(n_classes) < 100_000:
        raise DatasetError(f"{folder / _FEATURES}: {name}: numClasses: expected a number, got {n_classes[:40]!r}")
    return tuple(str(number) for number in range(int(n_classes)))


def _supervised(folder: Path) -> tuple[str, ...]:
    """Return the names of features that the set is for learning from and to, as its description has them."""
    path = folder / _INFO
    if not path.is_file():
        return ()
    whole = read_json(path, max_bytes=_MAX_BYTES, error=DatasetError, hint=_HINT)
    return tuple(re.findall(r'"featureKey": "([^"]*)"', json.dumps(whole.values.get("supervisedKeys", {}))))


TFDS = Importer(
    name="tfds",
    what="a folder that TensorFlow Datasets prepared, of pictures or sounds with a class label",
    recognises=_recognises,
    find=_find,
)

"""Public sets of machine sounds: MIMII, ToyADMOS, and those of DCASE's Task 2.

fan/id_00/normal/00000000.wav, fan/id_00/abnormal/...           MIMII: 16 kHz, 8 microphones
    ToyCar/case1/NormalSound_IND/..._ch1_0001.wav, AnomalousSound_IND/...   ToyADMOS: 48 kHz, a file for each microphone
    ToyCar/train/normal_id_01_00000000.wav, test/anomaly_id_01_...  DCASE 2020, of which MLPerf Tiny takes ToyCar
    fan/test/section_00_source_test_anomaly_0000_....wav            DCASE 2021 and later

Sources: zenodo.org/record/3384388 (MIMII), /3351307 (ToyADMOS), /3678171 (DCASE 2020).
"""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.levels import to_pcm
from tinyhost.audio.resample import resample
from tinyhost.audio.sound import SAMPLE_RATE_HZ, Sound
from tinyhost.audio.sound_file import SOUND_SUFFIXES, open_sound
from tinyhost.datasets.skipped import Skipped, none_usable
from tinyhost.errors import DatasetError, MissingToolError
from tinyhost.system.folders import files_below
from tinyhost.system.wording import counted

__all__ = [
    "Layout",
    "MachineClip",
    "MachineSounds",
    "find_machine_sounds",
    "holds_machine_sounds",
    "load_machine_sounds",
    "read_channel",
]

Layout = Literal["mimii", "toyadmos", "dcase"]
_DCASE = re.compile(r"(?:(normal|anomaly)_)?(id_\d+)_\d+", re.IGNORECASE)
_DCASE_SECTION = re.compile(r"(section_\d+)_(?:.*_)?(normal|anomaly)_\d+(?:_.*)?", re.IGNORECASE)
_PARTS = {"train": "train", "test": "test", "source_test": "test", "target_test": "test"}
_MIMII = {"normal": False, "abnormal": True}
_TOYADMOS = {"NormalSound_IND": False, "AnomalousSound_IND": True}
_MIMII_UNIT = re.compile(r"id_\d+", re.IGNORECASE)
_N_LOOKED_AT = 20
_CHANNEL = re.compile(r"_ch(\d+)_")


@dataclass(frozen=True, kw_only=True)
class MachineClip:
    """One recording of one machine; it is not read yet."""

    path: Path
    machine: str
    """type, such as ToyCar or fan"""
    unit: str
    """which one of this type: id_01, case1, section_00"""
    part: Literal["train", "test"]
    anomalous: bool | None
    """None: not known, as in a challenge's evaluation set"""

    @property
    def name(self) -> str:
        """The machine, as in `ToyCar id_01`."""
        return f"{self.machine} {self.unit}"

    @property
    def state(self) -> str:
        """`normal`, `anomaly`, or `not known`."""
        return {True: "anomaly", False: "normal", None: "not known"}[self.anomalous]


@dataclass(frozen=True, kw_only=True)
class MachineSounds:
    """A folder of machine sounds, by machine and name."""

    root: Path
    layout: Layout
    clips: tuple[MachineClip, ...]
    skipped: tuple[Skipped, ...] = ()
    """files that cannot be used, or with an unknown layout"""
    seconds: float = 0.0
    """of all clips; 0 if they were not read"""

    def machines(self) -> dict[str, tuple[MachineClip, ...]]:
        """Return the clips of each machine, by its name."""
        found: dict[str, list[MachineClip]] = defaultdict(list)
        for clip in self.clips:
            found[clip.name].append(clip)
        return {name: tuple(found[name]) for name in sorted(found)}


def find_machine_sounds(root: Path) -> MachineSounds:
    """Return the machine sounds below a folder, by the names of files and folders alone; nothing is read.

    MIMII and ToyADMOS come without a division: as MIMII's baseline does it, the anomalous clips and as many normal
    ones, the first by name, are for testing. Of ToyADMOS' microphones the first one is taken.
    Raises DatasetError if the folder is missing or no clip in it says which machine it is of.
    """
    if not root.is_dir():
        raise DatasetError(f"{root}: no such folder", hint="name the folder that holds the machines' folders")
    files = sorted(_sounds_below(root))
    found: dict[Layout, list[MachineClip]] = {"dcase": [], "toyadmos": [], "mimii": []}
    skipped = []
    for path in files:
        layout, clip = _place(path, root)
        if clip is not None and layout is not None:
            found[layout].append(clip)
        elif layout is None:
            skipped.append(
                Skipped(what=_below(path, root), reason="its name and folder contain neither a machine nor a state")
            )
    layouts = [layout for layout, clips in found.items() if clips]
    if len(layouts) != 1:
        raise DatasetError(
            f"{root}: expected machine sounds in one layout, found {' and '.join(layouts) or 'none'} "
            f"among {counted(len(files), 'sound')}",
            hint="such as MACHINE/id_00/normal/*.wav, or MACHINE/test/normal_id_00_*.wav",
        )
    clips = found[layouts[0]] if layouts[0] == "dcase" else list(_divided(found[layouts[0]]))
    ordered = sorted(clips, key=lambda clip: (clip.name, clip.path))
    return MachineSounds(root=root, layout=layouts[0], clips=tuple(ordered), skipped=tuple(skipped))


def load_machine_sounds(
    root: Path, *, convert: bool = False, on_file: Callable[[int, int], None] = lambda done, total: None
) -> MachineSounds:
    """Return the machine sounds below a folder; each is opened once, and skipped and told if it cannot be used.

    convert: take the first channel and bring any rate and format to 16 kHz, 16 bit; without it others are skipped.
    on_file: called with files done and in total. Raises DatasetError as find_machine_sounds does, or if no clip is
    left.
    """
    found = find_machine_sounds(root)
    clips, skipped, seconds = [], list(found.skipped), 0.0
    for done, clip in enumerate(found.clips, 1):
        try:
            wav = _open(clip.path, convert=convert)
            seconds += wav.n_samples / wav.rate_hz
            clips.append(clip)
        except (DatasetError, MissingToolError) as error:
            skipped.append(Skipped(what=_below(clip.path, root), reason=error.message))
        on_file(done, len(found.clips))
    if not clips:
        raise none_usable(root, skipped, hint="--convert uses the first channel, at 16 kHz and 16 bit")
    return replace(found, clips=tuple(clips), skipped=tuple(skipped), seconds=seconds)


def holds_machine_sounds(root: Path) -> bool:
    """Return whether one of the first sounds below a folder has the layout of a set of machine sounds."""
    return any(_place(path, root)[0] is not None for path in itertools.islice(_sounds_below(root), _N_LOOKED_AT))


def _sounds_below(root: Path) -> Iterator[Path]:
    return (path for path in files_below(root) if path.suffix.lower() in SOUND_SUFFIXES)


def read_channel(path: Path, *, convert: bool = False) -> NDArray[np.int16]:
    """Return a recording's first channel, (n,) int16 at 16 kHz, n at least 1.

    convert: take it of a recording with more channels, and bring other rates and formats to this; without it they are
    an error. Channels are not mixed: microphones around a machine hear it at different times.
    Raises DatasetError as read_sound does.
    """
    wav = _open(path, convert=convert)
    pcm = _first_channel(wav)
    if len(pcm) == 0:
        raise DatasetError(f"{path}: {wav.n_samples} samples at {wav.rate_hz:,} Hz: too short", hint="delete it")
    return pcm


def _open(path: Path, *, convert: bool) -> Sound:
    wav = open_sound(path)
    if not wav.is_native and not convert:
        raise DatasetError(
            f"{path}: expected {SAMPLE_RATE_HZ:,} Hz, mono, 16 bit, got {wav.describe()}",
            hint="--convert uses the first channel, at 16 kHz and 16 bit",
        )
    return wav


def _first_channel(wav: Sound) -> NDArray[np.int16]:
    if wav.rate_hz == SAMPLE_RATE_HZ and wav.bits == 16 and not wav.is_float:
        samples = wav.pcm()
        return np.ascontiguousarray(samples if samples.ndim == 1 else samples[:, 0])
    return to_pcm(resample(np.ascontiguousarray(wav.channels()[:, 0]), wav.rate_hz, SAMPLE_RATE_HZ))


def _place(path: Path, root: Path) -> tuple[Layout | None, MachineClip | None]:
    """Return the layout that a file's path fits, and its clip; no clip if it is skipped on purpose."""
    folders = (*root.resolve().parts[1:], *path.relative_to(root).parts[:-1])  # root may be the machine's own folder
    state = folders[-1] if folders else ""
    if (part := _PARTS.get(state.lower())) is not None:
        clip = _dcase_clip(path, part, folders)
        return ("dcase", clip) if clip else (None, None)
    if state in {*_TOYADMOS, "NormalSound_CNT", "EnvironmentalNoise_CNT"}:
        return "toyadmos", _toyadmos_clip(path, folders)
    if state.lower() in _MIMII and len(folders) >= 3 and _MIMII_UNIT.fullmatch(folders[-2]):
        anomalous = _MIMII[state.lower()]
        return "mimii", MachineClip(
            path=path, machine=_mimii_machine(folders), unit=folders[-2], part="train", anomalous=anomalous
        )
    return None, None


def _dcase_clip(path: Path, part: str, folders: tuple[str, ...]) -> MachineClip | None:
    if match := _DCASE.fullmatch(path.stem):
        state, unit = match[1], match[2]
    elif match := _DCASE_SECTION.fullmatch(path.stem):
        unit, state = match[1], match[2]
    else:
        return None
    return MachineClip(
        path=path,
        machine=folders[-2] if len(folders) >= 2 else "machine",
        unit=unit.lower(),
        part="train" if part == "train" else "test",
        anomalous=None if state is None else state.lower() == "anomaly",
    )


def _toyadmos_clip(path: Path, folders: tuple[str, ...]) -> MachineClip | None:
    """Return a clip; None for a long recording, noise, or another microphone than the first."""
    channel = _CHANNEL.search(path.name)
    if folders[-1] not in _TOYADMOS or (channel and int(channel[1]) != 1) or len(folders) < 3:
        return None
    return MachineClip(path=path, machine=folders[-3], unit=folders[-2], part="train", anomalous=_TOYADMOS[folders[-1]])


def _mimii_machine(folders: tuple[str, ...]) -> str:
    """Return the machine, with the archive's folder if that says how loud the factory is, as in `6_dB_fan`."""
    machine = folders[-3]
    around = folders[-4] if len(folders) >= 4 else ""
    return around if re.fullmatch(rf"-?\d+_?dB_{re.escape(machine)}", around, re.IGNORECASE) else machine


def _divided(clips: Iterable[MachineClip]) -> Iterator[MachineClip]:
    """Yield the clips with their part: of each machine all anomalous ones and as many normal ones are for testing."""
    machines: dict[str, list[MachineClip]] = defaultdict(list)
    for clip in clips:
        machines[clip.name].append(clip)
    for own in machines.values():
        n_anomalous = sum(clip.anomalous is True for clip in own)
        normal = [clip for clip in own if not clip.anomalous]
        for_testing = {clip.path for clip in normal[:n_anomalous]}
        for clip in own:
            yield replace(clip, part="test") if clip.anomalous or clip.path in for_testing else clip


def _below(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()

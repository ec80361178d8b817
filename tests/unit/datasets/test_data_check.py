"""`tinyhost data check`: each planted fault is found by its name, and nothing is found in clean sets."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from tinyhost.audio.wav import wav_bytes
from tinyhost.datasets.checking.check import check_dataset
from tinyhost.datasets.checking.clips import clip_faults
from tinyhost.datasets.checking.drift import _distance, _limit
from tinyhost.datasets.checking.findings import ISSUES, DataIssue
from tinyhost.datasets.checking.offsets import steady_offset
from tinyhost.datasets.checking.pictures import joined_pictures
from tinyhost.datasets.checking.sample import CheckedSample, Fault
from tinyhost.datasets.manifest import Sample, read_manifest, write_manifest
from tinyhost.datasets.people.provenance import write_run_data
from tinyhost.datasets.spoken import SpeechSet, write_speech_set
from tinyhost.motion.csv import motion_csv
from tinyhost.motion.sensor import LSM9DS1, STANDARD_GRAVITY
from tinyhost.sensors.picture import picture_figures
from tinyhost.synth.machine.machine import Machine, MachineOptions
from tinyhost.synth.pictures import render, write_dataset

from tests.commands import run_json, run_tinyhost
from tests.lazily import lazily

stats = lazily("scipy.stats")

RATE_HZ = 16_000
N = 24
Pixels = NDArray[np.uint8]
Pcm = NDArray[np.int16]


def picture(number: int, label: str = "person") -> Pixels:
    """Return a drawing that is not in a clean set."""
    return render(label, np.random.default_rng((4, number)))


def pictures(root: Path) -> Path:
    """Write a clean set: drawings of two labels."""
    for label in ("no_person", "person"):
        (root / label).mkdir(parents=True)
        for number in range(N):
            write_picture(root / label / f"{number:04}.png", render(label, np.random.default_rng((3, number))))
    return root


def joined(number: int) -> Pixels:
    """Return a picture whose upper part is of one drawing and whose lower part is of another."""
    return np.vstack([picture(number)[:44], picture(number + 20)[44:]])


def write_picture(path: Path, pixels: Pixels) -> None:
    assert cv2.imwrite(str(path), pixels)


def word(seed: int, *, level: float = 0.25) -> Pcm:
    """Return a second of sound with a word-like burst in the middle: three tones that glide, and a little noise."""
    rng = np.random.default_rng((5, seed))
    time = np.arange(RATE_HZ) / RATE_HZ
    burst = np.exp(-(((time - rng.uniform(0.4, 0.6)) / rng.uniform(0.08, 0.12)) ** 2))
    tones = sum(
        np.sin(2 * np.pi * (rng.uniform(200, 3000) * time + rng.uniform(-900, 900) * time**2 / 2) + rng.uniform(0, 6))
        for _ in range(3)
    )
    sound = level * burst * np.asarray(tones) + rng.normal(0, 0.001, RATE_HZ)
    return np.asarray(np.clip(32768 * sound, -32768, 32767), np.int16)


def clips(root: Path) -> Path:
    """Write a clean set: bursts of two labels by twelve speakers."""
    for at, label in enumerate(("no", "yes")):
        (root / label).mkdir(parents=True)
        for number in range(N):
            write_clip(root / label / f"{number // 2:08x}_nohash_{number % 2}.wav", word(100 * at + number))
    return root


def write_clip(path: Path, pcm: Pcm) -> None:
    path.write_bytes(wav_bytes(pcm, RATE_HZ))


def shaking(seed: int) -> NDArray[np.float64]:
    """Return ten seconds of a machine's motion at 100 Hz, (1000, 3) in m/s^2."""
    rng = np.random.default_rng((6, seed))
    time = np.arange(1000)[:, None] / 100
    swing = 2 * np.sin(2 * np.pi * rng.uniform(5, 20, 3) * time)
    return np.asarray(swing + rng.normal(0, 0.3, (1000, 3)) + (0, 0, 9.81), np.float64)


def motion(root: Path) -> Path:
    """Write a clean set: recordings of a healthy machine and of a faulty one."""
    for at, label in enumerate(("normal", "worn")):
        (root / label).mkdir(parents=True)
        for number in range(6):
            (root / label / f"{number:04}.csv").write_bytes(motion_csv(shaking(10 * at + number), 100.0))
    return root


@pytest.mark.parametrize("make", [pictures, clips, motion])
def test_nothing_is_found_in_a_clean_set(make: Callable[[Path], Path], tmp_path: Path) -> None:
    found = check_dataset(make(tmp_path / "set"))
    assert found.findings == ()
    assert {issue for item in found.not_checked for issue in item.issues}.isdisjoint(found.checked)


def dark(set_: Path) -> None:
    write_picture(set_ / "person/x.png", picture(1) // 8)


def light(set_: Path) -> None:
    write_picture(set_ / "person/x.png", np.asarray(225 + picture(1) // 9, np.uint8))


def blurry(set_: Path) -> None:
    write_picture(set_ / "person/x.png", np.asarray(cv2.GaussianBlur(picture(1), (0, 0), 6.0), np.uint8))


def flat(set_: Path) -> None:
    write_picture(set_ / "person/x.png", np.full((96, 96), 120, np.uint8))


def torn(set_: Path) -> None:
    ramp = np.tile(np.abs(np.arange(96) - 48) * 5, (96, 1)).astype(np.uint8)
    write_picture(set_ / "person/x.png", np.vstack([ramp[:50], np.roll(ramp, 25, axis=1)[50:]]))


def half_received(set_: Path) -> None:
    pixels = np.random.default_rng(5).integers(60, 200, (96, 96), np.uint8)
    pixels[60:] = 128
    write_picture(set_ / "person/x.png", np.asarray(pixels, np.uint8))


def of_two_pictures(set_: Path) -> None:
    write_picture(set_ / "person/x.png", joined(1))


def without_beginning(set_: Path) -> None:
    pixels = picture(1)
    pixels[:30] = 0
    write_picture(set_ / "person/x.png", pixels)


def stuck_camera(set_: Path) -> None:
    for number in range(4):
        write_picture(set_ / f"person/x{number}.png", picture(1))


def odd_size(set_: Path) -> None:
    write_picture(set_ / "person/x.png", np.kron(picture(1), np.ones((13, 13), np.uint8)))


def odd_form(set_: Path) -> None:
    write_picture(set_ / "person/x.png", picture(1)[:30])


def copied(set_: Path) -> None:
    file = set_ / "person/0003.png"
    (file.parent / "0003b.png").write_bytes(file.read_bytes())


def copied_in_another_format(set_: Path) -> None:
    pixels = cv2.imread(str(set_ / "person/0003.png"), cv2.IMREAD_GRAYSCALE)
    write_picture(set_ / "person/0003b.bmp", np.asarray(pixels, np.uint8))


def lit_otherwise(set_: Path) -> None:
    pixels = np.asarray(cv2.imread(str(set_ / "person/0003.png"), cv2.IMREAD_GRAYSCALE), np.uint8)
    noise = np.random.default_rng(1).normal(0, 3, pixels.shape)
    write_picture(set_ / "person/0003b.png", np.clip(0.9 * pixels + 12 + noise, 0, 255).astype(np.uint8))


def coded_otherwise(set_: Path) -> None:
    pixels = np.asarray(cv2.imread(str(set_ / "person/0003.png"), cv2.IMREAD_GRAYSCALE), np.uint8)
    assert cv2.imwrite(str(set_ / "person/0003b.jpg"), pixels, [cv2.IMWRITE_JPEG_QUALITY, 70])


def labelled_twice(set_: Path) -> None:
    (set_ / "no_person/x.png").write_bytes((set_ / "person/0003.png").read_bytes())


def in_two_parts(set_: Path) -> None:
    (set_ / "person/zzz.png").write_bytes((set_ / "person/0000.png").read_bytes())


def one_session(set_: Path) -> None:
    """The default split puts the last files of each label aside."""
    lines = []
    for second, file in enumerate(sorted((set_ / "person").glob("*.png"))):
        time = f"2026-01-01T10:00:{second:02}.000+00:00"
        lines.append(Sample(file=f"person/{file.name}", sha256="", label="person", time=time, device="A"))
    write_manifest(set_, lines)


def one_subject(set_: Path) -> None:
    files = [f"{label}/{number:04}.png" for label in ("no_person", "person") for number in (2, N - 1)]
    write_manifest(
        set_, [Sample(file=file, sha256="", label=file.split("/")[0], time="", subject="P7") for file in files]
    )


def rare(set_: Path) -> None:
    (set_ / "dog").mkdir()
    for number in range(4):
        write_picture(set_ / f"dog/{number}.png", picture(50 + number, "no_person"))


def only_for_testing(set_: Path) -> None:
    names = [f"person/{file.name}\n" for file in sorted((set_ / "person").glob("*.png"))]
    (set_ / "testing_list.txt").write_text("".join(names), encoding="utf-8")


def quiet(set_: Path) -> None:
    write_clip(set_ / "yes/x.wav", np.asarray(word(900) // 128, np.int16))


def clipped(set_: Path) -> None:
    write_clip(set_ / "yes/x.wav", word(900, level=2.0))


def cut(set_: Path) -> None:
    pcm = word(900)
    middle = int(np.argmax(np.abs(pcm)))
    write_clip(set_ / "yes/x.wav", np.concatenate([np.zeros(RATE_HZ - middle, np.int16), pcm[:middle]]))


def shifted(set_: Path) -> None:
    write_clip(set_ / "yes/x.wav", np.asarray(word(900) + 5000, np.int16))


def constant(set_: Path) -> None:
    write_clip(set_ / "yes/x.wav", np.full(RATE_HZ, 7, np.int16))


def louder_and_later(set_: Path) -> None:
    moved = np.roll(word(3), 1000)
    noise = np.random.default_rng(1).normal(0, 20, RATE_HZ)
    write_clip(set_ / "no/ffffffff_nohash_0.wav", np.clip(1.3 * moved + noise, -32768, 32767).astype(np.int16))


def speaker_in_two_parts(set_: Path) -> None:
    (set_ / "testing_list.txt").write_text("yes/00000003_nohash_0.wav\n", encoding="utf-8")


def stuck_axis(set_: Path) -> None:
    values = shaking(77)
    values[300:400, 1] = values[300, 1]
    (set_ / "normal/x.csv").write_bytes(motion_csv(values, 100.0))


def saturated(set_: Path) -> None:
    values = shaking(77)
    values[300:310, 0] = 39.3
    (set_ / "normal/x.csv").write_bytes(motion_csv(values, 100.0))


def gapped(set_: Path) -> None:
    lines = motion_csv(shaking(77), 100.0).splitlines(keepends=True)
    (set_ / "normal/x.csv").write_bytes(b"".join(lines[:300] + lines[340:]))


def copied_motion(set_: Path) -> None:
    (set_ / "worn/x.csv").write_bytes((set_ / "normal/0000.csv").read_bytes())


@dataclass(frozen=True)
class Planted:
    """One fault and the expected issue; `also`: further issues that it causes."""

    make: Callable[[Path], Path]
    plant: Callable[[Path], None]
    issue: DataIssue
    also: tuple[DataIssue, ...] = ()


PLANTED = (
    Planted(pictures, dark, "dark"),
    Planted(pictures, light, "light"),
    Planted(pictures, blurry, "blurry"),
    Planted(pictures, flat, "low_information"),
    Planted(pictures, torn, "torn"),
    Planted(pictures, half_received, "torn"),
    Planted(pictures, of_two_pictures, "torn"),
    Planted(pictures, without_beginning, "torn"),
    Planted(pictures, stuck_camera, "stuck", ("exact_duplicates", "duplicates_across_parts")),
    Planted(pictures, odd_size, "odd_size"),
    Planted(pictures, odd_form, "odd_aspect_ratio"),
    Planted(pictures, copied, "exact_duplicates"),
    Planted(pictures, copied_in_another_format, "exact_duplicates"),
    Planted(pictures, lit_otherwise, "near_duplicates"),
    Planted(pictures, coded_otherwise, "near_duplicates"),
    Planted(pictures, labelled_twice, "conflicting_labels", ("duplicates_across_parts",)),
    Planted(pictures, in_two_parts, "duplicates_across_parts", ("exact_duplicates",)),
    Planted(pictures, one_session, "sessions_across_parts"),
    Planted(pictures, one_subject, "speakers_across_parts"),
    Planted(pictures, rare, "imbalance"),
    Planted(pictures, only_for_testing, "no_training_samples"),
    Planted(clips, quiet, "quiet"),
    Planted(clips, clipped, "clipped"),
    Planted(clips, cut, "cut"),
    Planted(clips, shifted, "shifted"),
    Planted(clips, constant, "constant"),
    Planted(clips, louder_and_later, "near_duplicates", ("duplicates_across_parts",)),
    Planted(clips, speaker_in_two_parts, "speakers_across_parts"),
    Planted(motion, stuck_axis, "stuck"),
    Planted(motion, saturated, "saturated", ("stuck",)),
    Planted(motion, gapped, "gap"),
    Planted(motion, copied_motion, "conflicting_labels"),
)


@pytest.mark.parametrize(("n_others", "n_seams", "n_torn"), [(99, 1, 1), (199, 3, 0), (98, 1, 0), (999, 5, 5)])
def test_a_seam_that_is_not_sure_counts_where_few_pictures_have_one(n_others: int, n_seams: int, n_torn: int) -> None:
    rows = [44] * n_seams + [None] * n_others
    samples = [
        CheckedSample(file=f"{i}.png", label="a", digest=f"{i}", faults=(), seam_row=row) for i, row in enumerate(rows)
    ]
    assert picture_figures(joined(2)).torn_row is None
    assert picture_figures(joined(2)).seam_row == 44
    assert [fault.issue for _, fault in joined_pictures(samples)] == ["torn"] * n_torn


def test_a_seam_that_is_not_sure_counts_beside_others_that_are() -> None:
    torn = Fault(issue="torn", level="bad", text="")
    samples = [
        CheckedSample(file=f"{i}.png", label="a", digest=f"{i}", faults=(torn,) * (i < 2), seam_row=44)
        for i in range(3)
    ]
    assert [sample.file for sample, _ in joined_pictures(samples)] == ["2.png"]


def test_a_margin_below_a_picture_is_no_missing_part() -> None:
    page, bars = np.zeros((96, 96), np.uint8), picture(1)
    page[20:60, 30:50] = 90
    bars[:12], bars[80:] = 0, 0
    assert picture_figures(page).torn_row is None
    assert picture_figures(bars).torn_row is None


@pytest.mark.parametrize("case", PLANTED, ids=lambda case: case.plant.__name__)
def test_a_planted_fault_is_found_and_no_other(case: Planted, tmp_path: Path) -> None:
    root = case.make(tmp_path / "set")
    case.plant(root)
    found = check_dataset(root)
    assert case.issue in found.issues, found.findings
    assert set(found.issues) <= {case.issue, *case.also}, found.findings


def test_scenes_that_get_darker_by_and_by_are_a_note_and_what_stands_apart_is_none(tmp_path: Path) -> None:
    root, aside = tmp_path / "set", tmp_path / "aside"
    (root / "dusk").mkdir(parents=True)
    for number in range(24):
        write_picture(root / f"dusk/{number:02}.png", (picture(number) * (0.15 + 0.025 * number)).astype(np.uint8))
    write_picture(root / "dusk/cap.png", picture(40) // 10)
    found = {item.level: item for item in check_dataset(root).findings}
    assert {level: item.issue for level, item in found.items()} == {"look": "dark", "note": "dark"}
    assert found["look"].files == ("dusk/cap.png",)
    assert sorted(found["note"].files) == [f"dusk/{number:02}.png" for number in range(7)]
    done = run_json("data", "check", str(root), "--quarantine", str(aside))
    assert done["quarantined"] == ["dusk/cap.png"]
    done = run_json("data", "check", str(root), "--quarantine", str(aside), "--only", "dark")
    assert done["quarantined"] == sorted(found["note"].files)


def test_a_set_on_white_paper_is_one_note_and_a_white_picture_in_it_stands_apart(tmp_path: Path) -> None:
    root = tmp_path / "set"
    (root / "sketch").mkdir(parents=True)
    for number in range(24):
        page = np.full((96, 96), 255, np.uint8)
        page[20:29, 10 : 13 + number] = picture(number)[20:29, 10 : 13 + number] // 2
        write_picture(root / f"sketch/{number:02}.png", page)
    write_picture(root / "sketch/burnt.png", np.full((96, 96), 250, np.uint8))
    found = [item for item in check_dataset(root).findings if item.issue in ("light", "low_information")]
    assert [(item.issue, item.level, len(item.files)) for item in found] == [("light", "bad", 1), ("light", "note", 24)]


def test_a_beat_at_the_very_beginning_and_a_long_recording_are_not_cut() -> None:
    time = np.arange(RATE_HZ) / RATE_HZ
    beat = np.asarray(
        9000 * np.sin(2 * np.pi * 300 * time) * np.minimum(1, time / 0.004) * np.exp(-time / 0.05), np.int16
    )
    speech = np.concatenate([np.zeros(2000, np.int16), *(word(seed)[4000:12000] for seed in range(6)), beat[-2000:]])
    for clean in (beat, speech):
        assert clip_faults(clean, "yes") == ()
    assert [fault.issue for fault in clip_faults(beat[30:], "yes")] == ["cut"]


def test_a_word_that_begins_at_once_is_not_cut_and_one_that_ends_louder_than_others_do_is(tmp_path: Path) -> None:
    time = np.arange(RATE_HZ) / RATE_HZ
    nasal = 9000 * np.sin(2 * np.pi * 300 * time) * np.exp(-((time / 0.3) ** 4))
    assert clip_faults(nasal.astype(np.int16), "no") == ()
    assert [fault.issue for fault in clip_faults(nasal[13:].astype(np.int16), "no")] == ["cut"]
    root = clips(tmp_path / "set")
    pcm = word(900)
    fading = int(np.flatnonzero(np.abs(pcm) > 0.4 * np.abs(pcm).max())[-1])
    write_clip(root / "yes/x.wav", np.concatenate([np.zeros(RATE_HZ - fading, np.int16), pcm[:fading]]))
    assert [(item.issue, item.files) for item in check_dataset(root).findings] == [("cut", ("yes/x.wav",))]


def test_a_few_peaks_at_full_scale_and_a_square_wave_are_not_clipped_and_slow_noise_has_no_offset() -> None:
    peaks = word(900)
    peaks[np.argsort(np.abs(peaks.astype(np.int32)))[-12::3]] = 32767
    square = np.where(np.arange(RATE_HZ) % 40 < 20, 9000, -9000).astype(np.int16)
    drift = 5000 * np.sin(2 * np.pi * 0.4 * np.arange(RATE_HZ) / RATE_HZ) + np.random.default_rng(1).normal(
        0, 99, RATE_HZ
    )
    for clean in (peaks, square, drift.astype(np.int16)):
        assert clip_faults(clean, "yes") == ()


def test_a_small_offset_is_found_where_other_clips_have_none(tmp_path: Path) -> None:
    root = clips(tmp_path / "set")
    for number in range(4):
        write_clip(root / f"yes/x{number}.wav", np.asarray(word(900 + number) + 500, np.int16))
        found = [(item.issue, item.files) for item in check_dataset(root).findings]
        assert found == ([("shifted", (f"yes/x{at}.wav",)) for at in range(number + 1)] if number < 2 else [])
    assert steady_offset(np.zeros(0, np.int16)) == 0


def test_clicks_are_no_copies_of_each_other(tmp_path: Path) -> None:
    (tmp_path / "set/click").mkdir(parents=True)
    rng = np.random.default_rng(7)
    time = np.arange(400) / RATE_HZ
    for number in range(8):
        pcm = rng.normal(0, 30, RATE_HZ)
        pcm[1000 * number :][:400] += 20_000 * np.exp(-time / 0.003) * np.sin(2 * np.pi * (900 + 20 * number) * time)
        write_clip(tmp_path / f"set/click/{number}.wav", pcm.astype(np.int16))
    assert check_dataset(tmp_path / "set").findings == ()


def test_tones_of_like_pitch_are_no_copies_and_a_clip_with_noise_is_one(tmp_path: Path) -> None:
    time = np.arange(RATE_HZ) / RATE_HZ
    noise = np.random.default_rng(6).normal(0, 9, (4, RATE_HZ))
    sounds = [8000 * np.sin(2 * np.pi * hertz * time) for hertz in (500, 503, 506)] + [word(3) * 1.0]
    (tmp_path / "set/a").mkdir(parents=True)
    for number, sound in enumerate([*sounds, sounds[-1]]):
        noisy = sound + noise[number % 4] * (8 if number == 4 else 1)
        write_clip(tmp_path / f"set/a/{number}.wav", noisy.astype(np.int16))
    assert [item.files for item in check_dataset(tmp_path / "set").findings] == [("a/3.wav", "a/4.wav")]


def test_a_slow_recording_with_samples_twice_is_not_stuck_and_one_that_hangs_is(tmp_path: Path) -> None:
    (tmp_path / "set/walk").mkdir(parents=True)
    values = np.repeat(shaking(3)[::10][:60], np.tile([1, 2, 1, 3], 15), axis=0)
    (tmp_path / "set/walk/0.csv").write_bytes(motion_csv(values, 10.0))
    assert check_dataset(tmp_path / "set").findings == ()
    values[40:52] = values[40]
    (tmp_path / "set/walk/0.csv").write_bytes(motion_csv(values, 10.0))
    assert set(check_dataset(tmp_path / "set").issues) == {"stuck"}


def test_every_issue_is_planted_once() -> None:
    assert {case.issue for case in PLANTED} == set(ISSUES) - {"drift"}


@pytest.mark.parametrize("plant", ["nothing", "darker"])
def test_drift_from_what_a_run_has_seen(plant: str, tmp_path: Path) -> None:
    before, now, run = pictures(tmp_path / "before"), tmp_path / "now", tmp_path / "run"
    write_run_data(run, before, None)
    (now / "unsure").mkdir(parents=True)
    for number in range(60):
        seen = picture(number, "no_person" if number % 2 else "person")
        write_picture(now / f"unsure/{number:04}.png", seen // 2 if plant == "darker" else seen)
    done = run_json("data", "check", str(now), "--against", str(run))
    drifts = [item["text"] for item in done["findings"] if item["issue"] == "drift"]
    names = [text.split(":")[0] for text in drifts]
    assert names == (["brightness", "contrast", "detail"] if plant == "darker" else [])
    assert "drift" in done["checked"]


def test_the_distances_are_those_of_scipy(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    new, old = np.sort(rng.normal(0.3, 1, 70)), np.sort(rng.normal(0, 1, 90))
    assert _distance(new, old) == pytest.approx(stats.ks_2samp(new, old).statistic)
    assert stats.ks_2samp(new, old, method="asymp").pvalue < 0.05 or _distance(new, old) < _limit(70, 90, 0.05)
    same = [_limit(200, 200, chance) for chance in (0.05, 0.01)]
    assert same == pytest.approx([0.1358, 0.1628], abs=1e-3)
    few = pictures(tmp_path / "set")
    for file in sorted(few.glob("*/*.png"))[19:]:
        file.unlink()
    assert "expected at least 20" in str(check_dataset(few, against=few).not_checked)


def contents(root: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(root)): file.read_bytes()
        for file in sorted(root.rglob("*"))
        if file.is_file() and file.name != ".lock"
    }


def test_what_is_found_moves_aside_and_back_to_the_byte(tmp_path: Path) -> None:
    root = pictures(tmp_path / "set")
    for plant in (dark, stuck_camera, labelled_twice):
        plant(root)
    files = [*sorted(root.glob("*/*.png"))]
    lines = [
        Sample(file=str(file.relative_to(root)), sha256="", label=file.parent.name, time="2026-01-01T10:00:00+00:00")
        for file in files
    ]
    write_manifest(root, lines)
    before = contents(root)
    aside = tmp_path / "aside"
    done = run_json("data", "check", str(root), "--quarantine", str(aside))
    moved = ["no_person/x.png", "person/0003.png", "person/x.png"]
    assert done["quarantined"] == [*moved, "person/x1.png", "person/x2.png", "person/x3.png"]
    assert all((aside / name).read_bytes() == before[name] for name in done["quarantined"])
    assert {line.file for line in read_manifest(root)} == {line.file for line in lines} - set(done["quarantined"])
    assert run_json("data", "check", str(root))["findings"] == []
    back = run_json("data", "check", str(root), "--restore", str(aside))
    assert back["files"] == done["quarantined"]
    assert contents(root) == before


def test_only_what_was_asked_for_moves_and_what_is_bad_then_fails(tmp_path: Path) -> None:
    root = pictures(tmp_path / "set")
    for plant in (dark, labelled_twice):
        plant(root)
    options = ("--quarantine", str(tmp_path / "aside"), "--only", "dark", "--json", "-")
    done = run_tinyhost("data", "check", str(root), *options)
    assert done.code == 1
    assert json.loads(done.out)["quarantined"] == ["person/x.png"]
    assert "conflicting_labels: the same content is labelled no_person and person" in done.err
    assert "--only: no issue darkk" in run_tinyhost("data", "check", str(root), "--only", "darkk").err


def test_a_quarantine_of_another_set_and_one_inside_the_set_are_refused(tmp_path: Path) -> None:
    one, other = pictures(tmp_path / "one"), pictures(tmp_path / "other")
    for root in (one, other):
        dark(root)
    assert (
        "it is inside the data set" in run_tinyhost("data", "check", str(one), "--quarantine", str(one / "aside")).err
    )
    run_tinyhost("data", "check", str(one), "--quarantine", str(tmp_path / "aside"))
    done = run_tinyhost("data", "check", str(other), "--quarantine", str(tmp_path / "aside"))
    assert f"expected what came from {other}" in done.err
    assert (other / "person/x.png").exists()
    write_picture(one / "person/x.png", picture(9))
    assert (
        "another file of this name exists"
        in run_tinyhost("data", "check", str(one), "--restore", str(tmp_path / "aside")).err
    )


def test_the_report_names_what_was_found_and_what_was_not_checked(tmp_path: Path) -> None:
    root = pictures(tmp_path / "set")
    dark(root)
    copied(root)
    done = run_tinyhost("data", "check", str(root), "--report", str(tmp_path / "r.html"), "--json", str(tmp_path / "j"))
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert done.code == 0
    assert "exact_duplicates: 1" in page
    assert "person/0003.png, person/0003b.png" in page
    assert "Not checked: sessions_across_parts" in page
    assert page.count("data:image/png") == 3
    assert json.loads((tmp_path / "j").read_text(encoding="utf-8"))["issues"] == {"dark": 1, "exact_duplicates": 1}


@pytest.mark.soak
@pytest.mark.parametrize("kind", ["pictures", "clips", "motion"])
def test_nothing_is_found_in_a_thousand_clean_samples(kind: str, tmp_path: Path) -> None:
    """The product's own sets: drawings, a synthesizer's words, simulated machines."""
    root = tmp_path / "set"
    if kind == "pictures":
        write_dataset(root, 500, 1)
        root = root / "train"
    elif kind == "clips":
        write_speech_set(root, SpeechSet(words=("yes", "no"), count=300, other_count=400, seed=1))
    else:
        for seed in range(1000):
            counts = Machine(MachineOptions(seed=seed)).read(600).astype(np.float64)
            path = root / ("normal" if seed % 2 else "other") / f"{seed:04}.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(motion_csv(counts / LSM9DS1.counts_per_g * STANDARD_GRAVITY, LSM9DS1.rate_hz))
    found = check_dataset(root)
    assert found.n_files == 1000
    assert found.issues == {}, found.findings


def test_recordings_that_differ_in_their_turns_only_are_no_copies(tmp_path: Path) -> None:
    rng = np.random.default_rng(8)
    samples = rng.normal((0, 0, STANDARD_GRAVITY), 1, (300, 3))
    for label in ("wave", "circle"):
        (tmp_path / label).mkdir()
        (tmp_path / label / "1.csv").write_bytes(motion_csv(samples, 119.0, rng.normal(0, 50, (300, 3))))
    assert check_dataset(tmp_path).issues == {}
    (tmp_path / "wave" / "1.csv").write_bytes((tmp_path / "circle" / "1.csv").read_bytes())
    assert set(check_dataset(tmp_path).issues) == {"conflicting_labels"}


def test_a_set_that_is_too_loud_is_one_note_and_what_is_worse_stands_apart(tmp_path: Path) -> None:
    root = clips(tmp_path / "set")
    for number in range(10):
        pcm = word(300 + number)
        pcm[np.argsort(np.abs(pcm.astype(np.int32)))[-60:]] = 32767
        write_clip(root / f"yes/loud{number}.wav", pcm)
    clipped(root)
    found = [(item.issue, item.level, len(item.files)) for item in check_dataset(root).findings]
    assert found == [("clipped", "bad", 1), ("clipped", "note", 10)]

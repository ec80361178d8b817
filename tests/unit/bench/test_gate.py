"""The regression gate: conditions, baselines, and the verdicts."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from tinyhost.bench.document import bench_document
from tinyhost.bench.gate import (
    Baseline,
    check_comparable,
    gate_junit,
    gate_table,
    judge,
    load_baseline,
    parse_conditions,
    read_baselines,
    save_baseline,
)
from tinyhost.errors import ConfigError, UsageError
from tinyhost.metrics.spread import Spread
from tinyhost.tasks.findings import SampleVerdict

from tests.json_docs import check_document
from tests.unit.bench.samples import full_result

ALL = "latency>+2%, accuracy<-1pp(paired), arena>+0"


def baseline(**changes: object) -> Baseline:
    values = Baseline(
        time="2026-05-04T03:02:01+00:00",
        host="tinyhost",
        board="m4",
        app="vww",
        engine="tinyhost",
        build_id="0123456789abcdef",
        model="net",
        sha256="ab" * 32,
        unit="instructions",
        latency=Spread.of([1_000_000] * 10),
        preprocess=Spread.of([1000] * 10),
        listening=None,
        energy=Spread.of(range(500, 520)),
        meter="PPK2",
        arena_bytes=40_000,
        flash_bytes=50_000,
        samples=samples(1000, 100),
    )
    return replace(values, **changes)  # type: ignore[arg-type]


def samples(n: int, n_wrong: int, *, moved: int = 0) -> tuple[SampleVerdict, ...]:
    """Return n samples. moved: at which of them the wrong ones start."""
    return tuple(
        SampleVerdict(digest=f"{index:016x}", label="person", right=not moved <= index < moved + n_wrong)
        for index in range(n)
    )


def broken(text: str, before: Baseline, now: Baseline) -> list[str]:
    return [item.condition for item in judge("base.json", before, now, parse_conditions(text)).broken]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'' : expected a quantity"),
        ("latency", "expected >\\+ after latency, got nothing"),
        ("latency>2%", "expected >\\+ after latency, got >"),
        ("latency<-2%", "expected >\\+ after latency, got <-"),
        ("latency>+", "expected a number after latency>\\+, got nothing"),
        ("latency>+two%", "expected a number"),
        ("latency>+2ms", r"expected a unit of latency \(%, none\), got ms"),
        ("latency>+2%(paired)", r"expected no more, got \(paired\)"),
        ("speed>+2%", "expected a quantity .*, got speed"),
        ("accuracy<-1", r"expected a unit of accuracy \(pp \(percentage points\)\), got nothing"),
        ("accuracy<-1%", "got %"),
        ("accuracy>+1pp", "expected <- after accuracy, got >\\+"),
        ("accuracy<-1pp(pared)", r"expected \(paired\) or nothing more, got \(pared\)"),
        ("arena>+0, arena>+5", "arena occurs twice"),
        ("arena>+0,", "expected a quantity"),
        ("latency>+2% arena>+0", "is no condition"),
    ],
)
def test_what_is_no_condition_is_reported(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message.replace("'' :", "'':")):
        parse_conditions(text)


def test_conditions_allow_ticks_bytes_and_percent_exactly() -> None:
    percent, ticks, kib = (parse_conditions(text)[0] for text in ("latency > +0.1 %", "latency>+7", "flash>+2KiB"))
    assert (percent.text, float(percent.allowed(1000))) == ("latency>+0.1%", 1001)
    assert (float(ticks.allowed(1000)), float(kib.allowed(1000))) == (1007, 3048)


def test_two_percent_more_instructions_are_caught_and_no_fewer() -> None:
    slower = baseline(latency=Spread.of([1_020_000] * 10))
    assert broken("latency>+1%", baseline(), slower) == ["latency>+1%"]
    assert broken("latency>+2%", baseline(), slower) == []
    assert broken("latency>+2%", baseline(), baseline(latency=Spread.of([1_020_001] * 3))) == ["latency>+2%"]
    assert broken("preprocess>+0", baseline(), baseline(preprocess=Spread.of([1001]))) == ["preprocess>+0"]


@pytest.mark.parametrize("unit", ["cycles", "ns"])
def test_ticks_that_vary_are_judged_by_the_intervals_of_their_medians(unit: str) -> None:
    before = baseline(unit=unit, latency=Spread.of(range(1000, 1020)))
    noisy = baseline(unit=unit, latency=Spread.of([1000] * 9 + [1100] * 11))
    slower = baseline(unit=unit, latency=Spread.of(range(1050, 1070)))
    assert broken("latency>+2%", before, noisy) == []
    (doubtful,) = judge("b", before, noisy, parse_conditions("latency>+2%")).judgements
    assert doubtful.remark.startswith("not proven: 95 % intervals")
    assert broken("latency>+2%", before, slower) == ["latency>+2%"]


def test_energy_is_judged_by_the_intervals_of_its_medians_and_by_one_meter() -> None:
    dearer = baseline(energy=Spread.of(range(540, 560)))
    assert broken("energy>+5%", baseline(), dearer) == ["energy>+5%"]
    assert broken("energy>+5%", baseline(), baseline(energy=Spread.of([500] * 9 + [600] * 11))) == []
    (judged,) = judge("b", baseline(), dearer, parse_conditions("energy>+9%")).judgements
    assert (judged.holds, judged.unit, judged.remark[:5]) == (True, "nJ", "PPK2:")
    with pytest.raises(UsageError, match="the baseline is a PPK2's, this a simulated PPK2's"):
        broken("energy>+5%", baseline(), baseline(meter="simulated PPK2"))
    with pytest.raises(UsageError, match="this benchmark has no energy"):
        broken("energy>+5%", baseline(), baseline(energy=None, meter=""))


@pytest.mark.parametrize(("n_lost", "n_gained"), [(20, 0), (30, 10), (40, 20)])
def test_two_points_of_a_thousand_samples_are_caught(n_lost: int, n_gained: int) -> None:
    before = baseline(samples=samples(1000, n_gained))
    now = baseline(samples=samples(1000, n_lost, moved=500))
    gate = judge("b", before, now, parse_conditions("accuracy<-1pp(paired)"))
    assert [item.holds for item in gate.judgements] == [False]
    assert (gate.judgements[0].change, gate.judgements[0].unit) == ("-2.00 pp", "share")
    assert f"{n_lost} lost, {n_gained} gained" in gate.judgements[0].remark


def test_a_loss_that_chance_explains_is_no_loss() -> None:
    before, now = baseline(samples=samples(100, 10)), baseline(samples=samples(100, 12, moved=50))
    (paired,) = judge("b", before, now, parse_conditions("accuracy<-1pp(paired)")).judgements
    assert (paired.holds, paired.change) == (True, "-2.00 pp")
    assert paired.remark.startswith("not proven: of 100 samples 12 lost, 10 gained")
    assert broken("accuracy<-1pp", before, now) == ["accuracy<-1pp"]


def test_a_model_as_good_as_before_breaks_the_gate_in_less_than_1_of_100_trials() -> None:
    rng, n_broken = np.random.default_rng(7), 0
    for _ in range(100):
        sides = [
            tuple(SampleVerdict(digest=f"{i:x}", label="a", right=bool(right)) for i, right in enumerate(row))
            for row in rng.random((2, 1000)) < 0.9
        ]
        n_broken += len(broken("accuracy<-1pp(paired)", baseline(samples=sides[0]), baseline(samples=sides[1])))
    assert n_broken == 0


def test_samples_that_are_not_those_of_the_baseline_are_no_pairs() -> None:
    other = (SampleVerdict(digest="f" * 16, label="person", right=True), *samples(1000, 100)[1:])
    with pytest.raises(UsageError, match="2 of the samples are not the baseline's"):
        broken("accuracy<-1pp(paired)", baseline(), baseline(samples=other))
    assert broken("accuracy<-1pp", baseline(), baseline(samples=other)) == []
    shuffled = baseline(samples=samples(1000, 100)[::-1])
    assert broken("accuracy<-0pp(paired)", baseline(), shuffled) == []


def test_what_a_side_lacks_is_reported() -> None:
    with pytest.raises(UsageError, match=r"the baseline of 2026-05-04T03:02:01\+00:00 has no accuracy"):
        broken("accuracy<-1pp", baseline(samples=()), baseline())
    with pytest.raises(UsageError, match="this benchmark has no listening"):
        broken("listening>+1%", baseline(listening=5), baseline())
    with pytest.raises(UsageError, match="counts cycles, this board instructions"):
        broken("latency>+1%", baseline(unit="cycles"), baseline())
    with pytest.raises(UsageError, match="accuracy<-1pp needs labelled samples"):
        check_comparable(parse_conditions("arena>+0, accuracy<-1pp"), data=False)


def test_baselines_are_kept_by_board_firmware_and_model(tmp_path: Path) -> None:
    path = tmp_path / "base.json"
    for entry in (baseline(), baseline(board="native"), baseline(build_id="new"), baseline(time="later")):
        save_baseline(path, entry)
    assert [(entry.board, entry.build_id, entry.time[:5]) for entry in read_baselines(str(path))] == [
        ("native", "0123456789abcdef", "2026-"),
        ("m4", "new", "2026-"),
        ("m4", "0123456789abcdef", "later"),
    ]
    assert load_baseline(str(path), baseline()) == baseline(time="later")


def test_the_same_model_goes_before_one_of_the_same_name(tmp_path: Path) -> None:
    path = tmp_path / "base.json"
    for entry in (baseline(), baseline(sha256="cd" * 32), baseline(sha256="ef" * 32, model="other")):
        save_baseline(path, entry)
    assert load_baseline(str(path), baseline()).sha256 == "ab" * 32
    assert load_baseline(str(path), baseline(sha256="99" * 32)).sha256 == "cd" * 32
    with pytest.raises(ConfigError, match="no baseline of third on m4 with app vww and engine tinyhost; there are 3"):
        load_baseline(str(path), baseline(sha256="99" * 32, model="third"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace("baselines/1", "baselines/2"), "schema: expected one of"),
        (lambda text: text.replace('"low"', '"lower"'), 'latency: "low" is missing'),
        (lambda text: text.replace("40000", "-1"), "arena_bytes: expected a whole number"),
        (lambda text: text.replace("true", "1", 1), "right: expected true or false"),
        (lambda text: text[:100], "no JSON"),
    ],
)
def test_other_files_are_no_baselines(tmp_path: Path, change: Callable[[str], str], message: str) -> None:
    path = tmp_path / "base.json"
    save_baseline(path, baseline())
    path.write_text(change(path.read_text()))
    with pytest.raises(ConfigError, match=message):
        read_baselines(str(path))


def git(folder: Path, *words: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b")
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


def test_a_baseline_is_read_as_it_is_at_a_revision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    save_baseline(Path("base.json"), baseline())
    for words in (("init", "-q", "-b", "main"), ("add", "base.json"), ("commit", "-qm", "a")):
        git(tmp_path, *words)
    save_baseline(Path("base.json"), baseline(arena_bytes=1))
    assert load_baseline("main:base.json", baseline()).arena_bytes == 40_000
    assert load_baseline("base.json", baseline()).arena_bytes == 1
    for source, message in (("none:base.json", "git: "), ("main:none.json", "git: "), ("main:", "a folder")):
        with pytest.raises(ConfigError, match=message):
            read_baselines(source)
    with pytest.raises(ConfigError, match="no revision starts with a hyphen"):
        read_baselines("--help:base.json")
    with pytest.raises(ConfigError, match=r"none\.json: No such file"):
        read_baselines("none.json")


def test_a_gate_is_reported_in_json_junit_and_markdown(tmp_path: Path) -> None:
    result = full_result(tmp_path)
    now = Baseline.of(result)
    before = replace(now, arena_bytes=now.arena_bytes - 8, build_id="older", samples=now.samples)
    result = replace(result, gate=judge("a|b.json", before, now, parse_conditions(ALL)))
    assert result.gate is not None
    check_document(bench_document(result))
    suite = ET.fromstring(gate_junit(result, result.gate))[0]
    assert [(case.get("name"), [child.tag for child in case]) for case in suite.iter("testcase")] == [
        ("agreement with host", ["failure"]),
        ("accuracy", []),
        ("latency>+2%", ["properties"]),
        ("accuracy<-1pp(paired)", ["properties"]),
        ("arena>+0", ["properties", "failure"]),
    ]
    lines = gate_table(result, result.gate).splitlines()
    assert lines[0] == "### ❌ vww on m4: 1 of 3 conditions violated"
    assert lines[6] == f"| `arena>+0` | {now.arena_bytes - 8:,} B | {now.arena_bytes:,} B | +8 B | **broken** |"
    assert "Baseline: a\\|b.json, 2026-05-04T03:02:01+00:00, firmware `older`, the same model." in lines[8]


def test_verdicts_know_samples_by_their_content(tmp_path: Path) -> None:
    (accuracy,) = full_result(tmp_path).findings
    verdicts: Sequence[SampleVerdict] = accuracy.sample_verdicts()
    assert [verdict.right for verdict in verdicts] == [True, False, True, True]

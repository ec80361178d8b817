"""Output about models and boards whose names contain control characters or markup."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

from tinyhost.cli.safe_console import SafeConsole
from tinyhost.tasks.classes import Accuracy
from tinyhost.views.bench import bench_view

from tests.unit.bench.samples import full_result


def test_labels_and_units_in_brackets_are_text_not_markup(tmp_path: Path) -> None:
    result = full_result(tmp_path)
    (accuracy,) = result.findings
    assert isinstance(accuracy, Accuracy)
    names = dict(zip(accuracy.labels, ("[red]", "[/]"), strict=True))
    samples = tuple(replace(sample, label=names[sample.label]) for sample in accuracy.samples)
    strange = replace(
        result,
        latency=replace(result.latency, unit="[/u]"),
        findings=(replace(accuracy, labels=tuple(names.values()), samples=samples),),
    )
    out = io.StringIO()
    SafeConsole(file=out, width=120).print(bench_view(strange, 120))
    assert "[red]" in out.getvalue()
    assert "latency, [/u]" in out.getvalue()


def test_no_text_commands_the_terminal() -> None:
    out = io.StringIO()
    console = SafeConsole(file=out, width=80, force_terminal=True, color_system="truecolor")
    console.print("a\x1b]0;owned\x07\x9b2J\u202eb\tc", style="bold")
    assert out.getvalue() == "\x1b[1ma\ufffd]0;owned\ufffd2J\ufffdb    c\x1b[0m\n"

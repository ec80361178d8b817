"""The completions that a shell gets for a command line."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import click
import pytest
from tinyhost.cli.completing import VALUES, completer

from tests.commands import TINYHOST, run_tinyhost


def completed(line: str) -> set[str]:
    """Return the words that bash is offered for the last word of a line; a file's name is told as `file`."""
    words = line.split(" ")
    done = run_tinyhost(COMP_WORDS=line, COMP_CWORD=str(len(words) - 1), _TINYHOST_COMPLETE="bash_complete")
    assert (done.code, done.err) == (0, "")
    offers = [offer.split(",", 1) for offer in done.out.splitlines() if offer]
    return {kind if kind == "file" else word for kind, word in offers}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("tinyhost mo", {"monitor", "model", "models"}),
        ("tinyhost data in", {"info"}),
        ("tinyhost flash v", {"vww"}),
        ("tinyhost bench --app an", {"anomaly"}),
        ("tinyhost monitor --board nano33emu", {"file", "nano33emu", "nano33emu:rev2"}),
        ("tinyhost monitor --board sock", {"file", "socket://"}),
        ("tinyhost settings per", {"period_ms="}),
        ("tinyhost monitor --scene machine:im", {"file", "machine:imbalance"}),
        ("tinyhost synth machine --fault loose", {"looseness"}),
        ("tinyhost hil run --rig hil/rigs/v", {"file", "hil/rigs/virtual.toml"}),
        ("tinyhost model fetch person", {"person_detect"}),
        ("tinyhost data fetch speech_c", {"speech_commands"}),
        ("tinyhost capture --sensor c", {"camera"}),
        ("tinyhost push --lab", {"--labels"}),
        ("tinyhost completion f", {"fish"}),
        ("tinyhost nothing x", set()),
    ],
)
def test_a_line_goes_on(line: str, words: set[str]) -> None:
    assert completed(line) == words


def test_a_port_is_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    class Port:
        device = "/dev/ttyACM7"

    monkeypatch.setattr("tinyhost.boards.list_boards", lambda: [])
    monkeypatch.setattr("tinyhost.boards.usb_ports.system_ports", lambda: [Port])
    assert completed("tinyhost monitor --board /dev/ttyACM") == {"file", "/dev/ttyACM7"}


def test_a_configuration_that_is_wrong_does_not_disturb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tinyhost.toml").write_text("bord = 1")
    monkeypatch.chdir(tmp_path)
    assert completed("tinyhost flash k") == {"kws"}


@pytest.mark.parametrize("kind", VALUES)
def test_every_kind_has_values(kind: str) -> None:
    assert completer(kind)(click.Context(click.Command("any")), click.Option(["--any"]), "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_can_be_taught(shell: str) -> None:
    assert f"_TINYHOST_COMPLETE={shell}_complete" in run_tinyhost("completion", shell).out


def test_bash_reads_the_script_and_completes_with_it(tmp_path: Path) -> None:
    bash = shutil.which("bash")
    assert bash, "bash is not installed"
    script = tmp_path / "tinyhost.bash"
    script.write_text(run_tinyhost("completion", "bash").out)
    asking = "COMP_WORDS=(tinyhost flash v); COMP_CWORD=2; _tinyhost_completion tinyhost; echo ${COMPREPLY[@]}"
    done = subprocess.run(
        [bash, "-c", f"source {script}; {asking}"],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": f"{TINYHOST.parent}:/usr/bin:/bin", "HOME": str(tmp_path)},
    )
    assert (done.stdout, done.stderr) == ("vww\n", "")

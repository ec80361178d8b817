"""How much more a rig of several boards gets done than one board, on work that waits for sensors.

Each test listens to a virtual microphone for some seconds, which takes that long however fast the computer is. One
board takes its tests, then N boards share N times as many: the ratio of tests per second is N if nothing else costs
time.

    python -m scripts.bench_sharing --boards 8 --tests 150 --seconds 3
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from tinyhost.hil.results import RigResult
from tinyhost.hil.rigs import load_rig
from tinyhost.hil.runner import RunOptions, run_rig

_SCENE = Path(__file__).resolve().parent.parent / "hil/scenes/words?gap=1"
_TESTS = """
import pytest
from tinyhost.protocol.messages import StreamId

@pytest.mark.parametrize("n", range({n_tests}))
def test_listens(device, n):
    wanted, heard = round({seconds} * 16_000), 0
    with device.stream(StreamId.SAMPLES) as items:
        while heard < wanted:
            item = items.get(20.0)
            assert item is not None
            heard += len(item.samples)
"""


def run(folder: Path, n_boards: int, n_tests: int, seconds: float) -> RigResult:
    """Return the result of the given number of boards with the given number of tests each."""
    (folder / "tests").mkdir(parents=True)
    (folder / "tests/test_it.py").write_text(_TESTS.format(n_tests=n_boards * n_tests, seconds=seconds))
    boards = "".join(
        f'[[board]]\nname = "b{n}"\ntype = "native"\napp = "kws"\nscene = "{_SCENE}"\n' for n in range(n_boards)
    )
    (folder / "rig.toml").write_text(f'name = "sharing"\ntests = "tests"\n{boards}')
    return run_rig(load_rig(folder / "rig.toml"), folder=folder / "out", options=RunOptions(share=True, reruns=1))


def main() -> None:
    """Measure both, and print tests per second and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--boards", type=int, default=8)
    parser.add_argument("--tests", type=int, default=150, help="for each board")
    parser.add_argument("--seconds", type=float, default=3.0, help="that a test listens")
    options = parser.parse_args()
    rates = []
    with tempfile.TemporaryDirectory() as folder:
        for n_boards in (1, options.boards):
            result = run(Path(folder) / str(n_boards), n_boards, options.tests, options.seconds)
            n_passed = result.counts["passed"]
            rates.append(n_passed / result.seconds)
            each = ", ".join(str(board.counts["passed"]) for board in result.boards)
            print(
                f"{n_boards} boards: {n_passed} of {n_boards * options.tests} tests in {result.seconds:.1f} s, "
                f"{rates[-1]:.3f} tests/s; of each board {each}",
                flush=True,
            )
            if not result.passed:
                print(result.verdict(), flush=True)
    print(f"{options.boards} boards get {rates[1] / rates[0]:.2f} times as much done as one")


if __name__ == "__main__":
    main()

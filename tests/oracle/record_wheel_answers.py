"""Record what the `tflite-micro` wheel answers: .venv/bin/python -m tests.oracle.record_wheel_answers [--draw]

Runs the tests that compare with recorded answers (recorded.py), and writes the wheel's instead. With --draw it first
draws the random models again; which ones depends on the version of hypothesis, so commit them with their answers.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.oracle.net import Model
from tests.oracle.oracle import ORACLE_IS_TFLM, describe_oracle
from tests.oracle.recorded import ANSWERS, MODELS, Recorder, recorded_models, write_models
from tests.oracle.strategies import OPERATOR_MODELS

_N_MODELS = 40
_MAX_BYTES = 6000
"""Of a model that is kept: random weights do not compress."""
_BY_OPERATOR = "test_operator_answers_as_recorded_from_tflm"
_TESTS = (
    "oracle/test_against_tflm.py",
    "oracle/test_dense_rows.py",
    "oracle/test_rounding.py",
    "oracle/test_shipped_model.py",
    "oracle/test_streaming.py",
    "unit/compiler/passes/test_last_step.py",
)


def main() -> int:
    """Record; 1 if the wheel is not there or a test failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--draw",
        nargs="*",
        choices=sorted(OPERATOR_MODELS),
        metavar="OPERATOR",
        help="draw the random models again; of some operators: and record these alone",
    )
    arguments = parser.parse_args()
    if not ORACLE_IS_TFLM:
        print(f"expected tflite-micro, got {describe_oracle()}", file=sys.stderr)  # noqa: T201
        return 1
    wanted: list[str] = arguments.draw or sorted(OPERATOR_MODELS)
    if arguments.draw is not None:
        drawn = {operator: _draw(operator) for operator in wanted}
        write_models({name: drawn.get(name) or recorded_models(name) for name in sorted(OPERATOR_MODELS)})
    tests = [f"{_TESTS[0]}::{_BY_OPERATOR}[{operator}]" for operator in wanted] if arguments.draw else _TESTS
    folder = Path(__file__).resolve().parents[1]
    with Recorder() as recorder:
        code = pytest.main(["-q", "-n0", "-p", "no:cacheprovider", *(str(folder / name) for name in tests)])
    if code != pytest.ExitCode.OK:
        return 1
    recorder.write(keep_others=bool(arguments.draw))
    print(f"{len(recorder.answers)} names in {ANSWERS.name}; {MODELS.stat().st_size:,} bytes of models")  # noqa: T201
    return 0


def _draw(operator: str) -> Sequence[Model]:
    drawn: dict[bytes, Model] = {}

    @seed(0)
    @settings(
        max_examples=_N_MODELS,
        phases=[Phase.generate],
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(model=OPERATOR_MODELS[operator])
    def draw(model: Model) -> None:
        if len(model.data) <= _MAX_BYTES:
            drawn[model.data] = model

    draw()
    return list(drawn.values())


if __name__ == "__main__":
    sys.exit(main())

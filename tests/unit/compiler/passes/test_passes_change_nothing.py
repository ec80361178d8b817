"""All passes together, on networks made for them: outputs stay equal to the bit."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, given, settings

from tests.oracle.net import Model
from tests.unit.compiler.passes.networks import assert_same, inputs_of, networks

_EXAMPLES = int(os.environ.get("TINYHOST_ORACLE_EXAMPLES", "60"))


@settings(
    max_examples=_EXAMPLES,
    derandomize="TINYHOST_ORACLE_EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck),
)
@given(model=networks())
def test_outputs_stay_the_same(model: Model) -> None:
    assert_same(model.data, inputs_of(model))

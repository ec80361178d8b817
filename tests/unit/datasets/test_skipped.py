"""Skipped samples are reported, and too many of them are an error."""

from __future__ import annotations

from pathlib import Path

import pytest
from tinyhost.datasets.skipped import Skipped, check_skipped
from tinyhost.errors import DatasetError


def left_out(n: int) -> list[Skipped]:
    return [Skipped(what=f"yes/{i}.wav", reason=f"data/yes/{i}.wav: cut short") for i in range(n)]


def test_up_to_one_per_cent_may_be_left_out() -> None:
    check_skipped(Path("data"), [], 0, allow=False)
    check_skipped(Path("data"), left_out(1), 99, allow=False)
    with pytest.raises(DatasetError, match=r"data: 1 of 99 samples left out \(1.0 %\)"):
        check_skipped(Path("data"), left_out(1), 98, allow=False)


def test_more_is_an_error_that_names_the_first_and_the_option() -> None:
    with pytest.raises(
        DatasetError, match=r"2 of 8 samples left out \(25.0 %\).*the first: data/yes/0.wav: cut"
    ) as error:
        check_skipped(Path("data"), left_out(2), 6, allow=False)
    assert "--allow-skipped" in error.value.hint


def test_any_number_is_accepted_when_asked_for() -> None:
    check_skipped(Path("data"), left_out(8), 0, allow=True)

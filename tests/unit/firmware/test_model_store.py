"""The firmware's model store keeps its promises under any order of pushes, rollbacks, settings and power cuts."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from tinyhost import _firmware

PAGE = 4096
N_SLOT_PAGES = 2
# Lengths around words and pages; the last one fills a slot.
IMAGES = [bytes([seed]) * n for seed, n in enumerate((1, 3, 4, 500, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE), start=1)]


def push(store: _firmware.SimulatedStore, image: bytes, chunk: int) -> None:
    offset, _, _ = store.begin(hashlib.sha256(image).digest(), len(image))
    while offset < len(image):
        offset = store.write(offset, image[offset : offset + chunk])
    store.commit()


class StoreMachine(RuleBasedStateMachine):
    """Tracks which images may be active: one, or two after a power cut during a change."""

    def __init__(self) -> None:
        super().__init__()
        self.store = _firmware.SimulatedStore(N_SLOT_PAGES)
        self.active: bytes | None = None
        self.values: dict[int, int] = {}

    @rule(image=st.sampled_from(IMAGES), chunk=st.sampled_from([64, 1000, PAGE, 10_000]))
    def push(self, image: bytes, chunk: int) -> None:
        push(self.store, image, chunk)
        self.active = image

    @rule(image=st.sampled_from(IMAGES), n_bytes=st.integers(0, 2 * PAGE))
    def push_a_part(self, image: bytes, n_bytes: int) -> None:
        offset, _, present = self.store.begin(hashlib.sha256(image).digest(), len(image))
        if not present:
            self.store.write(offset, image[offset : offset + n_bytes])

    @rule(
        image=st.sampled_from(IMAGES),
        n_operations=st.one_of(st.integers(0, 40), st.integers(0, 2 * PAGE // 4 + 40)),
        tear=st.integers(0, 2),
        seed=st.integers(0, 2**32 - 1),
    )
    def push_and_lose_power(self, image: bytes, n_operations: int, tear: int, seed: int) -> None:
        self.store.cut_after(n_operations, tear, seed)
        try:
            push(self.store, image, PAGE)
        except _firmware.StatusError:
            assert not self.store.is_powered
        self.store.reboot()
        assert self.store.active_image in (self.active, image)
        self.active = self.store.active_image

    @rule()
    def push_what_does_not_load(self) -> None:
        with pytest.raises(_firmware.StatusError):
            push(self.store, b"X" * 100, 100)

    @precondition(lambda self: self.active is not None)
    @rule(tear=st.integers(0, 2), n_operations=st.integers(0, 5))
    def roll_back_and_lose_power(self, tear: int, n_operations: int) -> None:
        self.store.cut_after(n_operations, tear, n_operations)
        before = self.store.active_image
        after = before
        try:
            self.store.rollback()
            after = self.store.active_image
        except _firmware.StatusError:
            pass
        self.store.reboot()
        assert self.store.active_image is not None
        if after == before:
            assert self.store.active_image in (before, *IMAGES)
        self.active = self.store.active_image

    @rule(key=st.integers(0, 5), value=st.integers(-(2**31), 2**31 - 1))
    def set_value(self, key: int, value: int) -> None:
        self.store.set_value(key, value)
        self.values[key] = value

    @rule(
        key=st.integers(0, 5),
        value=st.integers(-(2**31), 2**31 - 1),
        n_operations=st.integers(0, 4),
        tear=st.integers(0, 2),
        seed=st.integers(0, 2**32 - 1),
    )
    def set_value_and_lose_power(self, key: int, value: int, n_operations: int, tear: int, seed: int) -> None:
        self.store.cut_after(n_operations, tear, seed)
        try:
            self.store.set_value(key, value)
        except _firmware.StatusError:
            assert not self.store.is_powered
        self.store.reboot()
        kept = self.store.value(key)
        assert kept in (self.values.get(key), value)
        if kept is not None:
            self.values[key] = kept

    @rule()
    def reboot(self) -> None:
        self.store.reboot()

    @invariant()
    def holds_what_was_promised(self) -> None:
        assert self.store.active_image == self.active
        assert all(self.store.value(key) == value for key, value in self.values.items())
        assert self.store.n_rewrites == 0


TestStore = StoreMachine.TestCase
TestStore.settings = settings(max_examples=60, stateful_step_count=25)


def test_a_push_goes_on_where_power_was_lost() -> None:
    image = bytes(range(256)) * 30
    store = _firmware.SimulatedStore(N_SLOT_PAGES)
    store.begin(hashlib.sha256(image).digest(), len(image))
    assert store.write(0, image[: PAGE + 10]) == PAGE + 10
    store.reboot()
    assert store.begin(hashlib.sha256(image).digest(), len(image)) == (PAGE, 0, False)
    push(store, image, 1000)
    assert store.active_image == image
    assert store.begin(hashlib.sha256(image).digest(), len(image)) == (len(image), 0, True)

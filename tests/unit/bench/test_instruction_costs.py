"""Cycles of instructions, read from a disassembly (scripts/cycles)."""

from __future__ import annotations

from scripts.cycles.costs import parse_listing

_LISTING = """
00000100 <loop>:
     100:\tldr\tr0, [r1], #4
     104:\tldrsb.w\tr2, [r3, #1]
     108:\tsmlad\tr4, r0, r2, r4
     10c:\tstmia.w\tr5!, {r0, r2, r6}
     110:\tldrd\tr0, r1, [sp, #8]
     114:\tsdiv\tr0, r0, r1
     118:\tcmp\tr0, r1
     11a:\tbne.n\t100 <loop>
     11c:\tbic.w\tr0, r0, #1
     120:\tpop\t{r4, r5, pc}
     122:\t.word\t0x00000108
"""


def test_costs_follow_the_manual() -> None:
    found = {item.address: item for item in parse_listing(_LISTING)}
    assert {address: item.cost.likely for address, item in found.items()} == {
        0x100: 2,
        0x104: 1,  # pipelined behind a load
        0x108: 1,
        0x10C: 4,
        0x110: 3,
        0x114: 6,
        0x118: 1,
        0x11A: 1,
        0x11C: 1,
        0x120: 4,
    }
    assert {address for address, item in found.items() if item.taken} == {0x11A, 0x120}
    assert {address for address, item in found.items() if item.always_taken} == {0x120}

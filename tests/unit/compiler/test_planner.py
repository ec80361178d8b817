from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tinyhost.compiler.image_format import IMAGE_ALIGNMENT, PIXELS_IN_FLIGHT, ConvParams
from tinyhost.compiler.overlap import window_distance
from tinyhost.compiler.planner import Buffer, plan_arena


@st.composite
def chains_of_buffers(draw: st.DrawFn) -> list[Buffer]:
    """Buffers of random lives; some may overlap a buffer that dies when they are born, some of them by whole pixels."""
    n = draw(st.integers(1, 12))
    buffers: list[Buffer] = []
    for i in range(n):
        first = draw(st.integers(0, 6))
        dying = []
        for j, other in enumerate(buffers[:i]):
            if other.last == first and other.first < first and draw(st.booleans()):
                dying.append((j, draw(st.integers(0, other.n_bytes))))
        last = draw(st.integers(first, 8))
        size = draw(st.integers(1, 300))
        pitch = draw(st.sampled_from([1, 1, 3, 16, 30]))
        buffers.append(Buffer(n_bytes=size, first=first, last=last, dying_inputs=tuple(dying), pitch=pitch))
    return buffers


@given(chains_of_buffers())
def test_no_two_live_buffers_collide(buffers: list[Buffer]) -> None:
    offsets, size = plan_arena(buffers)
    assert all(offset >= 0 and offset % IMAGE_ALIGNMENT == 0 for offset in offsets)
    assert max(offset + b.n_bytes for offset, b in zip(offsets, buffers, strict=True)) <= size
    for i, a in enumerate(buffers):
        for j, b in enumerate(buffers[:i]):
            if a.first > b.last or b.first > a.last:
                continue
            disjoint = offsets[i] + a.n_bytes <= offsets[j] or offsets[j] + b.n_bytes <= offsets[i]
            distance = dict(a.dying_inputs).get(j)
            before = offsets[j] - offsets[i]
            assert disjoint or (distance is not None and before >= distance and before % a.pitch == 0)


def test_a_buffer_may_take_the_place_of_the_input_that_dies() -> None:
    chain = [
        Buffer(n_bytes=100, first=0, last=1),
        Buffer(n_bytes=100, first=1, last=2, dying_inputs=((0, 0),)),
        Buffer(n_bytes=100, first=2, last=3, dying_inputs=((1, 0),)),
    ]
    offsets, size = plan_arena(chain)
    assert offsets == [0, 0, 0]
    assert size == 112


def test_a_buffer_of_pixels_starts_whole_pixels_before_the_input_that_dies() -> None:
    chain = [
        Buffer(n_bytes=480, first=0, last=1),
        Buffer(n_bytes=480, first=1, last=2, dying_inputs=((0, 31),), pitch=30),
    ]
    assert plan_arena(chain) == ([240, 0], 720)


def test_plans_are_repeatable() -> None:
    buffers = [Buffer(n_bytes=37 * i % 90 + 1, first=i % 5, last=i % 5 + i % 3) for i in range(30)]
    assert plan_arena(buffers) == plan_arena(buffers)


def _brute_force(params: ConvParams, input_shape: tuple[int, ...], output_shape: tuple[int, ...]) -> int:
    """Return the distance from its definition: every pixel's window, every tap."""
    _, height, width, depth = input_shape
    _, out_height, out_width, out_depth = output_shape
    reads = []
    for row in range(out_height):
        for column in range(out_width):
            ys = [row * params.stride_height - params.pad_top + k for k in range(params.filter_height)]
            xs = [column * params.stride_width - params.pad_left + k for k in range(params.filter_width)]
            inside = [(y * width + x) * depth for y in ys for x in xs if 0 <= y < height and 0 <= x < width]
            reads.append(min(inside))
    total = out_height * out_width * out_depth
    written = [min(total, (p + PIXELS_IN_FLIGHT) * out_depth) for p in range(len(reads))]
    return max(written[p] - min(reads[p:]) for p in range(len(reads)))


@given(
    st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(1, 4)),
    st.integers(1, 4),
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.tuples(st.integers(1, 4), st.integers(1, 4)),
)
def test_window_distance_covers_every_read(
    size: tuple[int, int, int], out_depth: int, stride: tuple[int, int], filter_size: tuple[int, int]
) -> None:
    height, width, depth = size
    outputs = [-(-s // t) for s, t in zip((height, width), stride, strict=True)]
    pads = [max(0, (o - 1) * t + f - s) // 2 for o, t, f, s in zip(outputs, stride, filter_size, size[:2], strict=True)]
    params = ConvParams(
        filter_height=filter_size[0],
        filter_width=filter_size[1],
        stride_height=stride[0],
        stride_width=stride[1],
        pad_top=pads[0],
        pad_left=pads[1],
    )
    shapes = (1, height, width, depth), (1, outputs[0], outputs[1], out_depth)
    assert window_distance(params, *shapes) == max(0, _brute_force(params, *shapes))

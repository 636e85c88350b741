"""The structure behind scrolling, against the simplest thing that could be right."""

from hypothesis import given, settings
from hypothesis import strategies as st

from kimi_tui.tui.timeline.heights import HeightIndex

OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.integers(0, 50), st.just(0)),
        st.tuples(st.just("set"), st.integers(0, 10_000), st.integers(0, 50)),
        st.tuples(st.just("cut"), st.integers(0, 10_000), st.just(0)),
    ),
    max_size=60,
)


@settings(deadline=None, max_examples=80)
@given(st.lists(st.integers(0, 50), max_size=40), OPERATIONS, st.integers(-5, 3_000))
def test_it_agrees_with_a_plain_list(start: list[int], operations: list[tuple[str, int, int]], line: int) -> None:
    plain, heights = list(start), HeightIndex(start)
    for kind, first, second in operations:
        if kind == "append":
            plain.append(first)
            heights.append(first)
        elif kind == "cut":
            count = first % (len(plain) + 1)
            del plain[count:]
            heights.truncate(count)
        elif plain:
            plain[first % len(plain)] = second
            heights[first % len(plain)] = second
    assert [heights[index] for index in range(len(heights))] == plain
    assert heights.total == sum(plain)
    assert [heights.offset(index) for index in range(len(plain) + 1)] == [sum(plain[:i]) for i in range(len(plain) + 1)]
    if 0 <= line < sum(plain):
        index, rest = heights.find(line)
        assert sum(plain[:index]) + rest == line
        assert 0 <= rest < plain[index]


def test_a_line_beyond_the_end_is_the_end_of_the_last() -> None:
    assert HeightIndex([3, 4]).find(99) == (1, 4)
    assert HeightIndex().find(0) == (0, 0)

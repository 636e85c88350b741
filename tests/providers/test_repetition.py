"""One thing again and again, and texts that only look like it."""

import pytest

from kimi_tui.providers.base import ProviderError
from kimi_tui.providers.repetition import find_repetition
from tests.providers.test_reply_assembler import assemble, delta


@pytest.mark.parametrize(
    ("text", "thing"),
    [
        ("!!!!" * 3_000, "!"),
        ("word " * 1_000, "word"),
        ("The answer is 5. " + "no " * 4_000, "no"),
        ("a line of some length, again\n" * 90, "a line of some length, again"),
        ("\u6570\u5b57" * 2_000, "\u6570\u5b57"),
        ("-----" * 300, ""),
        ("The answer is 5, for many reasons. " * 3, ""),
        (" ".join(str(n) for n in range(3_000)), ""),
        ("\n".join(f"| {n} | 2 |" for n in range(600)), ""),
        ("A long answer of ordinary words, then a rule. " * 40 + "-" * 900, ""),
        ("", ""),
    ],
)
def test_repeated_thing_is_found_at_the_end_of_most_of_a_text(text: str, thing: str) -> None:
    found = find_repetition(text)
    assert bool(found) == bool(thing)
    assert sorted(set(found.strip())) == sorted(set(thing))


@pytest.mark.parametrize("finish", ["stop", "length", None])
def test_reply_of_one_thing_without_end_is_empty_however_it_ended(finish: str | None) -> None:
    with pytest.raises(ProviderError) as caught:
        assemble(*[delta(content="!!!!")] * 3_000, delta(finish))
    assert (caught.value.kind, caught.value.message) == ("empty", "The reply is '!' again and again.")

"""Quotes in a text: what counts as one."""

import pytest

from kimi_tui.evidence.quotes import find_quotes, remove_quotes


@pytest.mark.parametrize(
    ("text", "quotes"),
    [
        ('He said "one two three" twice', ["one two three"]),
        ('The "EU" directive says that the "UK" leaves', []),
        ('The "EU" said "one two three".', ["one two three"]),
        ("“one two three” and „four five six“", ["one two three", "four five six"]),
        ("« un deux trois » und »eins zwei drei«", ["un deux trois", "eins zwei drei"]),
        ('a 15" model and a 13" model here', []),
        ('in 2024"one two three"', ["one two three"]),
        ('" one two three "', ["one two three"]),
        ('"one “two” three four"', ["one “two” three four"]),
        ('"one two three”', ["one two three"]),
        ("「売上高は増加した」", ["売上高は増加した"]),
        ("「売上」", []),
        ('""', []),
        ('"one two\nthree four"', ["one two\nthree four"]),
        ('no end "one two three', []),
        ("don't 'one two three' it's", []),
    ],
)
def test_a_text_has_these_quotes(text: str, quotes: list[str]) -> None:
    assert list(find_quotes(text)) == quotes
    assert all(quote not in remove_quotes(text) for quote in quotes)

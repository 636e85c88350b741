"""A page reduced to what a reader is shown."""

import pytest

from tests.tools.desk_pages import desk, text_of


def test_deleted_words_are_said_to_be_deleted_and_lists_keep_their_numbers() -> None:
    text = text_of(desk("<p>It was <del>$5</del> <ins>$7</ins>, <s>3%</s> 4%.</p><ol start=5><li>five<li>six</ol>"))
    assert "It was [deleted: $5] $7, [deleted: 3%] 4%." in text
    assert "5. five\n6. six" in text


@pytest.mark.parametrize(
    ("html", "numbers"),
    [
        ("<ol type=a><li>x<li>y</ol>", ["a. x", "b. y"]),
        ("<ol type=I start=4><li>x<li>y</ol>", ["IV. x", "V. y"]),
        ("<ol><li>x<li value=9>y<li>z</ol>", ["1. x", "9. y", "10. z"]),
        ("<ol reversed><li>x<li>y</ol>", ["2. x", "1. y"]),
    ],
)
def test_lists_are_numbered_as_a_browser_shows_them(html: str, numbers: list[str]) -> None:
    assert [line for line in text_of(desk(html)).splitlines() if line] == numbers

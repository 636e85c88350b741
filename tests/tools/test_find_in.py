"""`find_in`: each place of a phrase, in every notation, with its part or row."""

import re

import pytest

from kimi_tui.sources import Part
from kimi_tui.tools.base import ToolContext, ToolError
from kimi_tui.tools.desk.find_in import find_matches
from tests.tools.retrieved import find


async def test_each_match_names_its_part(context: ToolContext) -> None:
    lines = (await find(context, "filings/report.pdf", "RAISED to  0.55")).text.split("\n")
    assert lines[0] == '1 match for "RAISED to 0.55" in [S1] Annual report 2024.'
    assert re.fullmatch(r"\[S1 p\.7\] ….* The dividend was raised to 0\.55 per share\.", lines[1])


async def test_a_match_in_a_table_names_its_row(context: ToolContext) -> None:
    assert (await find(context, "quarters.csv", "q77")).text.split("\n")[1] == "[S1 row 77] …row 77: Q77 | 7700…"


async def test_words_apart_are_found_when_the_phrase_is_nowhere(context: ToolContext) -> None:
    assert "[S1 §2] The supply of cobalt." in (await find(context, "notes.md", "cobalt supply")).text


async def test_more_matches_than_the_limit_are_counted(context: ToolContext) -> None:
    lines = (await find(context, "filings/report.pdf", "grew by", 2)).text.split("\n")
    assert lines[0].startswith("1,200 matches")
    assert len(lines) == 4
    assert lines[-1] == "More: 1,198 matches. Pass a limit over 2."


async def test_no_match_is_not_found(context: ToolContext) -> None:
    with pytest.raises(ToolError, match='0 matches for "xylophone"') as caught:
        await find(context, "notes.md", "xylophone")
    assert caught.value.status == "not-found"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("the company\u2019s long\u2013term view", "company's long-term"),
        ("a \u201cquoted\u201d word", '"quoted" word'),
        ("the end\nof a line", "end of a"),
        ("costs (net) of $5.00*", "(net) of $5.00*"),
        ("Größe der STRASSE", "größe DER strasse"),
    ],
)
def test_phrase_is_found_while_it_is_typed(text: str, wanted: str) -> None:
    assert len(find_matches([Part("§1", text)], wanted)) == 1


@pytest.mark.parametrize("wanted", ['"', "((((", "\\", " ", "a" * 500, "\x00", ".*"])
def test_odd_phrases_are_just_text(wanted: str) -> None:
    assert find_matches([Part("§1", "plain text")], wanted) == []


def test_a_number_is_found_in_every_notation() -> None:
    parts = (Part("p.1", "sales of 1,234.5 and 1.234,5 and 1234.5, not 12,345 or 1,234"),)
    assert len(find_matches(parts, "1234.5")) == 3
    assert len(find_matches(parts, "1,234.5")) == 3
    assert len(find_matches(parts, "sales of 1234.5")) == 1

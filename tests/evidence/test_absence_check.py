"""Statements that something is not mentioned: what they say is absent, and what a search of the source gives."""

import pytest

from kimi_tui.evidence.absence_check import absent_subject, check_absence
from kimi_tui.sources import Part, Source
from tests.evidence.kit import source

PAGES = (
    Part("p.1", "Revenue grew by a tenth. The plant in Ohio was closed."),
    Part("p.2", "Litigation on the BRAND patents goes on."),
    Part("p.3", "Our properties are old. R&D goes on. Stockholders met. The \ufb01nance team left."),
)


def filing(*parts: Part) -> Source:
    return source("S1", "document", "acme.pdf", parts)


@pytest.mark.parametrize(
    ("sentence", "absent"),
    [
        ("The report does not mention weather.", "weather"),
        ("It doesn't mention weather", "weather"),
        ("It doesn\u2019t mention weather", "weather"),
        ("No mention of weather is made.", "weather"),
        ("There is no information on dividends", "dividends"),
        ("Nothing is said about the merger, though", "the merger, though"),
        ("The filing is silent on the merger", "the merger"),
        ("Weather was not mentioned", ""),
        ("The report mentions weather.", ""),
        ("It does not mention it", "it"),
        ("It does not mention weather in the report", "weather"),
        ("No indication of fraud could be found there", "fraud"),
        ("", ""),
        ("DOES NOT MENTION WEATHER", "WEATHER"),
    ],
)
def test_absent_subject_is_what_a_sentence_says_is_missing(sentence: str, absent: str) -> None:
    assert absent_subject(sentence) == absent


def test_absent_subject_ends_at_the_sentence_and_the_citation() -> None:
    assert absent_subject("It does not mention weather [S1 p.2]. Sales rose.") == "weather"
    assert absent_subject("It does not mention weather; sales rose.") == "weather"


@pytest.mark.parametrize(
    ("sentence", "part"),
    [
        ("The report does not mention litigation.", "p.2"),
        ("The report does not mention LITIGATION ON BRAND.", "p.2"),
        ("There is no mention of the plant in Ohio.", "p.1"),
        ("There is no information about growth.", "p.1"),
        ("The report does not mention properties.", "p.3"),
        ("The report does not mention R&D.", "p.3"),
        ("The report does not mention research and development.", "p.3"),
        ("The report does not mention shareholders.", "p.3"),
        ("The report does not mention finance.", "p.3"),
    ],
)
def test_check_absence_of_what_is_there_is_contradicted_with_its_place(sentence: str, part: str) -> None:
    found = check_absence(sentence, [filing(*PAGES)])

    assert found is not None
    assert (found.finding, found.by) == ("contradicted", "words")
    assert f"S1 {part} speaks of it" in found.reason


@pytest.mark.parametrize("sources", [[], [filing()], [filing(*PAGES)], [filing(Part("p.1", ""))]])
def test_check_absence_of_what_is_not_found_is_never_proven(sources: list[Source]) -> None:
    found = check_absence("The report does not mention volcanoes.", sources)

    assert found is not None
    assert found.finding == "unchecked"
    assert "proves nothing" in found.reason


def test_check_absence_needs_all_words_in_one_sentence() -> None:
    scattered = filing(Part("p.1", "The Ohio plant runs. The closure of a shop followed."))

    found = check_absence("The report does not mention the closure of the Ohio plant.", [scattered])
    assert found is not None
    assert found.finding == "unchecked"


@pytest.mark.parametrize("sentence", ["Sales rose.", "", "It does not mention the of and."])
def test_check_absence_of_another_statement_is_none(sentence: str) -> None:
    assert check_absence(sentence, [filing(*PAGES)]) is None


def test_check_absence_searches_every_source() -> None:
    empty, other = filing(Part("p.1", "Nothing here.")), source("S2", "page", "https://x.example/", PAGES)

    found = check_absence("The report does not mention litigation.", [empty, other])
    assert found is not None
    assert "S2 p.2 speaks of it" in found.reason

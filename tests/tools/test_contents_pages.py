"""A table of contents and the titles that it gives to pages."""

import pytest

from kimi_tui.sources import Part
from kimi_tui.tools.desk.contents_pages import MIN_ENTRIES, titles_from_contents

TITLES = ("Letter to shareholders", "Business review", "Risk factors", "Financial statements", "Notes", "Glossary")


def document(*, entries: tuple[tuple[str, int], ...] = (), pages: int = 20, printed: str = "{0}") -> tuple[Part, ...]:
    """A document with contents on its second page, whose printed numbers are two less than their places."""
    listed = entries or tuple((title, 2 * at + 1) for at, title in enumerate(TITLES))
    contents = "Contents\n" + "\n".join(f"{title} ........ {number}" for title, number in listed)
    texts = ["Cover", contents, *(f"Some text\n{printed.format(at - 2)}" for at in range(3, pages + 1))]
    return tuple(Part(f"p.{number}", text) for number, text in enumerate(texts, 1))


def test_titles_from_contents_go_to_the_pages_with_the_printed_numbers() -> None:
    found = titles_from_contents(document())
    assert found == {2 * at + 2: [title] for at, title in enumerate(TITLES)}


@pytest.mark.parametrize(
    "printed", ["Page {0}", "- {0} -", "p. {0}", "{0} Acme annual report", "Acme annual report {0}"]
)
def test_titles_from_contents_read_printed_numbers_in_several_forms(printed: str) -> None:
    assert titles_from_contents(document(printed=printed))[2] == [TITLES[0]]


def test_titles_from_contents_of_one_page_are_all_kept() -> None:
    entries = tuple((title, 3) for title in TITLES)
    assert titles_from_contents(document(entries=entries)) == {4: list(TITLES)}


@pytest.mark.parametrize(
    "parts",
    [
        (),
        (Part("\u00a71", "Contents\n" + "\n".join(f"{title} .... 5" for title in TITLES)),),
        tuple(Part(f"p.{number}", "text") for number in range(1, 9)),
        document(entries=tuple((title, at) for at, title in enumerate(TITLES[: MIN_ENTRIES - 1]))),
        document(entries=tuple((title, 90 - at) for at, title in enumerate(TITLES))),
        document(entries=tuple((f"Revenue {at}00", at) for at in range(6))),
        document(printed="no number"),
    ],
    ids=["nothing", "sections", "no contents", "too few", "falling numbers", "figures", "no printed numbers"],
)
def test_titles_from_contents_of_other_documents_are_none(parts: tuple[Part, ...]) -> None:
    assert titles_from_contents(parts) == {}


def test_titles_from_contents_beyond_the_document_are_left_out() -> None:
    entries = tuple((title, 10 * at + 1) for at, title in enumerate(TITLES))
    assert sorted(titles_from_contents(document(entries=entries))) == [2, 12]
